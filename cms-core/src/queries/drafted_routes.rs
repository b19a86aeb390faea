//! The directory as it would be with all drafts of routes in it: for editors, who want to know what readers will be
//! told before they are.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Editing, ReadError, directory};
use crate::{
    access::{Act, Actor, Scope, allows},
    entry::Entry,
    event::{Fields, Part},
    id::{EntryId, TypeName},
    locale::Locale,
    route::{Directory, Route},
};

/// How many entries are read together.
const STEP: usize = 500;

impl Editing {
    /// A directory in which drafts that the actor may read stand in the places of what is published.
    ///
    /// What a draft lacks it lacks here, too: one without an operator or a title is left out.
    ///
    /// # Errors
    /// [`ReadError`] when the view or the log cannot be read.
    pub async fn with_drafts(
        &self,
        actor: &Actor,
        published: &Directory,
    ) -> Result<Directory, ReadError> {
        let concerns = published.concerns.iter().map(|it| (it.id.to_string(), it.name.clone()));
        let audiences = published.audiences.iter().map(|it| (it.id.to_string(), it.name.clone()));
        let names: HashMap<String, String> = concerns.chain(audiences).collect();
        let mut routes: HashMap<EntryId, Route> =
            published.routes.iter().map(|route| (route.id, route.clone())).collect();
        let Ok(type_name) = TypeName::parse("route") else { return Ok(published.clone()) };
        let mut after = None;
        loop {
            let ids = self.entries(&type_name, after, STEP)?;
            for id in &ids {
                let Some(entry) = self.entry(*id)? else { continue };
                let drafted = self.drafted(actor, &entry, (&published.locale, &names)).await?;
                routes.extend(drafted.map(|route| (*id, route)));
            }
            after = ids.last().copied();
            if ids.len() < STEP {
                break;
            }
        }
        let Directory { locale, texts, concerns, audiences, .. } = published.clone();
        Ok(Directory::new(locale, texts, concerns, audiences, routes.into_values().collect()))
    }

    /// A route as its drafts have it.
    async fn drafted(
        &self,
        actor: &Actor,
        entry: &Entry,
        (locale, names): (&Locale, &HashMap<String, String>),
    ) -> Result<Option<Route>, ReadError> {
        let may_read = |part: &Part| {
            let locale = match part {
                Part::Locale(locale) => Some(locale),
                Part::Shared => None,
            };
            let agency = Some(entry.agency);
            allows(actor, Act::Read, &Scope { agency, type_name: Some(&entry.type_name), locale })
        };
        let own = [locale, &entry.source_locale].map(|locale| Part::Locale(locale.clone()));
        let mut heads = own.iter().filter_map(|part| Some((part, entry.heads.get(part)?)));
        let (Some((part, head)), Some(shared)) = (heads.next(), entry.heads.get(&Part::Shared))
        else {
            return Ok(None);
        };
        let Part::Locale(served) = part else { return Ok(None) };
        if !may_read(part) || !may_read(&Part::Shared) {
            return Ok(None);
        }
        let mut fields = self.fields(shared.draft.event).await?;
        fields.extend(self.fields(head.draft.event).await?);
        let notes = fields.iter().find(|(name, _)| name.as_str() == "channel_notes");
        let notes = notes.map(|(_, notes)| notes.clone());
        let mut value = named(fields, names);
        if let Some(operator) = value.pointer_mut("/operator/organisation") {
            let id = operator.as_str().and_then(|id| id.parse::<EntryId>().ok());
            let title = match id {
                Some(id) => self.title(id, served).await?,
                None => None,
            };
            *operator = title.map_or(Value::Null, |title| json!({"id": id, "title": title}));
        }
        let slug = head.draft.slug.clone().unwrap_or_else(|| entry.id.to_string());
        let about = json!({
            "id": entry.id, "key": entry.key.as_ref().map(ToString::to_string), "slug": slug, "locale": served,
            "dir": served.direction(), "href": "",
        });
        if let (Value::Object(members), Value::Object(about)) = (&mut value, about) {
            members.extend(about);
        }
        let route = serde_json::from_value::<Route>(value).ok();
        Ok(route.map(|mut route| {
            directory::annotate(&mut route, notes.as_ref());
            route
        }))
    }

    /// What an entry is called in its drafts.
    async fn title(&self, id: EntryId, locale: &Locale) -> Result<Option<String>, ReadError> {
        let Some(entry) = self.entry(id)? else { return Ok(None) };
        let own = [locale, &entry.source_locale].map(|locale| Part::Locale(locale.clone()));
        let Some(head) = own.iter().find_map(|part| entry.heads.get(part)) else { return Ok(None) };
        let fields = self.fields(head.draft.event).await?;
        let title = fields.iter().find(|(name, _)| name.as_str() == "title");
        Ok(title.and_then(|(_, title)| title.as_str().map(str::to_owned)))
    }
}

/// The fields with the names of concerns and audiences for their ids. One that isn't published is for nobody's
/// question: a route for it alone is no route for everything.
fn named(fields: Fields, names: &HashMap<String, String>) -> Value {
    let name = |id: &Value| {
        let name = id.as_str().and_then(|id| names.get(id));
        Value::from(name.map_or(directory::UNPUBLISHED, String::as_str))
    };
    let mut value: Value =
        fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    for list in ["concerns", "audiences"] {
        if let Some(ids) = value.get_mut(list).and_then(Value::as_array_mut) {
            for id in ids {
                *id = name(id);
            }
        }
    }
    let excludes = value.get_mut("excludes").and_then(Value::as_array_mut);
    for excluded in excludes.into_iter().flatten() {
        if let Some(concern) = excluded.get_mut("concern") {
            *concern = name(concern);
        }
    }
    value
}
