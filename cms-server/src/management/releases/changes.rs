//! What is to be changed of a release, as a body says it.

use cms_core::{
    commands::change_release::{NewItem, WantedItem},
    event::Part,
    id::EntryId,
    locale::Locale,
    violation::Violation,
};
use serde_json::Value;

use crate::{guards::body::Members, management::acts::withdrawal, problem::Problem};

pub(super) type Changes = (Vec<NewItem>, Vec<(EntryId, Part)>);

/// What to add and what to take out, or all that is wrong with the lists.
pub(super) fn changes(body: Value) -> Result<Changes, Problem> {
    let mut members = Members::of(Some(body))?;
    let mut wrong = Vec::new();
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for name in ["add", "remove"] {
        let list = match members.value(name) {
            None => continue,
            Some(Value::Array(list)) => list,
            Some(_) => {
                members.refuse(Violation::new(format!("/{name}"), "not_a_list"));
                continue;
            }
        };
        for (at, item) in list.into_iter().enumerate() {
            let Ok(mut item) = Members::of(Some(item)) else {
                wrong.push(Violation::new(format!("/{name}/{at}"), "not_an_object"));
                continue;
            };
            let id = item.parsed("id", "not_an_id", |text| text.parse::<EntryId>().ok());
            let id = item.required("id", id);
            let part = item.parsed("part", "not_a_locale", parsed_part);
            let part = item.required("part", part);
            let wanted = if name == "add" { Some(wanted(&mut item)) } else { None };
            wrong.extend(item.wrong().into_iter().map(|it| it.under(&format!("/{name}/{at}"))));
            let (Some(entry), Some(part)) = (id, part) else { continue };
            match wanted {
                Some(wanted) => add.push(NewItem { entry, part, wanted }),
                None => remove.push((entry, part)),
            }
        }
    }
    for violation in wrong {
        members.refuse(violation);
    }
    members.finish()?;
    Ok((add, remove))
}

fn parsed_part(text: &str) -> Option<Part> {
    if text == "shared" { Some(Part::Shared) } else { Locale::parse(text).ok().map(Part::Locale) }
}

/// What is to happen to a part, as an item says; without `act` it is published.
fn wanted(item: &mut Members) -> WantedItem {
    let act = item.parsed("act", "bad_scheduled_act", |text| {
        ["publish", "unpublish"].into_iter().find(|act| *act == text)
    });
    if act == Some("unpublish") {
        return WantedItem::Unpublish(withdrawal(item));
    }
    let revision = item.value("revision").and_then(|value| {
        let revision = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if revision.is_none() {
            item.refuse(Violation::new("/revision", "unknown_revision"));
        }
        revision
    });
    WantedItem::Publish(revision)
}
