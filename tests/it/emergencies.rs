//! Emergency numbers: entries of their own, which two editors must approve before readers get anything of them.

use cms_core::{
    Cms,
    access::{Act, Actor, Grant},
    cms::Options,
    commands::{
        CommandError,
        approve::Approve,
        change_release::{ChangeRelease, NewItem, WantedItem},
        create_entry::CreateEntry,
        publish::Publish,
        publish_release::OnRelease,
        save_account::CreateAccount,
        save_draft::SaveDraft,
        schedule::{ScheduleAct, Wanted},
        submit::Submit,
    },
    event::Part,
    id::EntryId,
    locale::Locale,
};
use serde_json::{Value, json};

struct Office {
    cms: Cms,
    entry: EntryId,
    people: Vec<Actor>,
    _folder: tempfile::TempDir,
}

fn english() -> Part {
    Part::Locale(Locale::english())
}

/// A route with the types as they ship, and four people who may do all.
async fn office() -> Office {
    let folder = tempfile::tempdir().unwrap();
    let cms = Cms::open_with(folder.path(), Options::default()).await.unwrap();
    let administrator = cms.administrator().unwrap().unwrap();
    let mut people = Vec::new();
    for name in ["Ada", "Ben", "Chi", "Dan"] {
        let acts = vec![Act::Read, Act::Write, Act::Review, Act::Publish];
        let grants = vec![Grant { acts, agency: None, type_name: None, locale: None }];
        let act = CreateAccount { name: name.to_owned(), grants };
        let (account, _) = cms.create_account(&administrator, act).await.unwrap();
        people.push(cms.editing().actor(account).unwrap().unwrap());
    }
    let type_name = "route".parse().unwrap();
    let act = CreateEntry { type_name, agency: None, source_locale: Locale::english(), key: None };
    let (entry, _) = cms.create_entry(&people[0], act).await.unwrap();
    Office { cms, entry, people, _folder: folder }
}

fn told<T: std::fmt::Debug>(outcome: Result<T, CommandError>) -> Vec<String> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(CommandError::Invalid(wrong)) => {
            wrong.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
        }
        Err(CommandError::InvalidItems(items)) => {
            let all = items.into_iter().flat_map(|item| item.violations);
            all.map(|it| format!("{} {}", it.pointer, it.code)).collect()
        }
        Err(other) => panic!("{other:?}"),
    }
}

impl Office {
    async fn save(&self, part: Part, fields: Value) {
        let fields = serde_json::from_value(fields).unwrap();
        let save = SaveDraft::new(self.entry, part, fields);
        self.cms.save_draft(&self.people[0], save).await.unwrap();
    }

    async fn save_shared(&self, urgency: &str, kind: &str, number: &str) {
        self.save(
            Part::Shared,
            json!({
                "operator": {"kind": "police"}, "covers": {"countries": ["GB"]}, "identity": "anonymous_ok",
                "urgency": urgency, "channels": [{"id": "call", "kind": kind, "value": number}],
            }),
        )
        .await;
    }

    async fn approved(&self, part: &Part) {
        let act = Submit { entry: self.entry, part: part.clone(), expected: None, note: None };
        self.cms.submit(&self.people[0], act).await.unwrap();
        assert_eq!(self.publish(part).await, [" more_approvals"]);
        for who in [1, 2] {
            assert_eq!(self.approve(who, part).await, [] as [String; 0]);
        }
    }

    async fn approve(&self, who: usize, part: &Part) -> Vec<String> {
        let act = Approve { entry: self.entry, part: part.clone(), expected: None, note: None };
        told(self.cms.approve(&self.people[who], act).await)
    }

    async fn publish(&self, part: &Part) -> Vec<String> {
        let part = part.clone();
        let act = Publish::new(self.entry, part);
        told(self.cms.publish(&self.people[3], act).await)
    }
}

#[tokio::test]
async fn two_who_did_not_write_it_approve_an_emergency_number() {
    let office = office().await;
    office.save_shared("emergency", "emergency_call", "01632 960 999").await;
    office.save(english(), json!({"title": "Emergency call"})).await;
    office.approved(&english()).await;
    // The locale would take the number along, and that has not been approved.
    assert_eq!(office.publish(&english()).await, ["/shared more_approvals"]);
    let wanted = Wanted::Publish;
    let at = office.cms.clock().now().plus_millis(3_600_000);
    let locale = Locale::english();
    let act = ScheduleAct { entry: office.entry, locale, expected: None, wanted, at, zone: None };
    assert_eq!(told(office.cms.schedule(&office.people[3], act).await), ["/shared more_approvals"]);
    let name = "Numbers".to_owned();
    let (release, _) = office.cms.begin_release(&office.people[3], name).await.unwrap();
    let (entry, wanted) = (office.entry, WantedItem::Publish(None));
    let add = vec![NewItem { entry, part: english(), wanted }];
    let act = ChangeRelease { release, expected: None, add, remove: Vec::new() };
    office.cms.change_release(&office.people[3], act).await.unwrap();
    let act = OnRelease { release, expected: None };
    let outcome = office.cms.publish_release(&office.people[3], act).await;
    assert_eq!(told(outcome), ["/shared more_approvals"]);
    office.approved(&Part::Shared).await;
    assert_eq!(office.publish(&english()).await, [] as [String; 0]);
    // Another number; and no emergency number any more.
    for (urgency, kind) in
        [("emergency", "emergency_call"), ("hours", "phone"), ("emergency", "phone")]
    {
        office.save_shared(urgency, kind, "01632 960 998").await;
        office.approved(&Part::Shared).await;
        assert_eq!(office.publish(&Part::Shared).await, [] as [String; 0], "{urgency} {kind}");
    }
}

#[tokio::test]
async fn a_route_that_is_for_no_emergency_needs_no_approval() {
    let office = office().await;
    office.save_shared("hours", "phone", "01632 960 001").await;
    office.save(english(), json!({"title": "A line"})).await;
    assert_eq!(office.publish(&english()).await, [] as [String; 0]);
    office.save_shared("days", "phone", "01632 960 002").await;
    assert_eq!(office.publish(&Part::Shared).await, [] as [String; 0]);
}
