//! Approvals: by others than the authors, and by as many as the type asks for.

use cms_core::{
    Cms,
    access::{Act, Actor, Grant},
    cms::Options,
    commands::{
        CommandError, approve::Approve, create_entry::CreateEntry, publish::Publish,
        request_changes::RequestChanges, save_account::CreateAccount, save_draft::SaveDraft,
        submit::Submit,
    },
    content_type,
    event::{ChangeClass, Fields, Part},
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

/// A page of a type that needs one approval, and two where safety is concerned; and four people who may do all.
async fn office() -> Office {
    let folder = tempfile::tempdir().unwrap();
    let shipped = content_type::shipped();
    let mut page: Value = shipped
        .iter()
        .map(|(_, file)| serde_json::from_str(file).unwrap())
        .find(|file: &Value| file["x-type"] == "page")
        .unwrap();
    page["x-four-eyes"] = json!(true);
    page["x-safety-approvals"] = json!(2);
    let options = Options { types: Some(vec![page]), ..Options::default() };
    let cms = Cms::open_with(folder.path(), options).await.unwrap();
    let administrator = cms.administrator().unwrap().unwrap();
    let mut people = Vec::new();
    for name in ["Ada", "Ben", "Chi", "Dan"] {
        let acts = vec![Act::Read, Act::Write, Act::Review, Act::Publish];
        let grants = vec![Grant { acts, agency: None, type_name: None, locale: None }];
        let act = CreateAccount { name: name.to_owned(), grants };
        let (account, _) = cms.create_account(&administrator, act).await.unwrap();
        people.push(cms.editing().actor(account).unwrap().unwrap());
    }
    let type_name = "page".parse().unwrap();
    let act = CreateEntry { type_name, agency: None, source_locale: Locale::english(), key: None };
    let (entry, _) = cms.create_entry(&people[0], act).await.unwrap();
    Office { cms, entry, people, _folder: folder }
}

fn part() -> Part {
    Part::Locale(Locale::english())
}

fn codes<T: std::fmt::Debug>(outcome: Result<T, CommandError>) -> Vec<String> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(CommandError::Invalid(wrong)) => wrong.into_iter().map(|one| one.code).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

impl Office {
    async fn save(&self, who: usize, title: &str, class: ChangeClass) {
        let fields: Fields =
            [("title".parse().unwrap(), json!(title)), ("body".parse().unwrap(), json!("Text."))]
                .into();
        let save = SaveDraft::new(self.entry, part(), fields);
        let save = SaveDraft { change_class: Some(class), ..save };
        self.cms.save_draft(&self.people[who], save).await.unwrap();
    }

    async fn submit(&self, who: usize) {
        let act = Submit { entry: self.entry, part: part(), expected: None, note: None };
        self.cms.submit(&self.people[who], act).await.unwrap();
    }

    async fn approve(&self, who: usize) -> Vec<String> {
        let act = Approve { entry: self.entry, part: part(), expected: None, note: None };
        codes(self.cms.approve(&self.people[who], act).await)
    }

    async fn publish(&self) -> Vec<String> {
        let act = Publish {
            entry: self.entry,
            part: part(),
            expected: None,
            published_at: None,
            change_class: None,
        };
        codes(self.cms.publish(&self.people[3], act).await)
    }
}

#[tokio::test]
async fn a_change_of_safety_takes_two_who_did_not_write_it() {
    let office = office().await;
    office.save(0, "One", ChangeClass::Safety).await;
    assert_eq!(office.publish().await, ["more_approvals"]);
    assert_eq!(office.approve(1).await, ["not_in_review"]);
    office.submit(0).await;
    assert_eq!(office.approve(0).await, ["author_approves"]);
    assert_eq!(office.approve(1).await, Vec::<String>::new());
    assert_eq!(office.publish().await, ["more_approvals"]);
    assert_eq!(office.approve(1).await, ["approved_already"], "one person is one approval");
    assert!(office.approve(2).await.is_empty());
    assert_eq!(office.approve(3).await, ["not_in_review"], "it has as many as it needs");
    assert!(office.publish().await.is_empty());
    // What is no matter of safety takes one, as four eyes want it.
    office.save(0, "Two", ChangeClass::Substantive).await;
    office.submit(0).await;
    assert_eq!(office.publish().await, ["not_approved"]);
    assert!(office.approve(1).await.is_empty());
    assert!(office.publish().await.is_empty());
}

#[tokio::test]
async fn a_later_correction_hides_neither_the_author_nor_the_class() {
    let office = office().await;
    office.save(0, "One", ChangeClass::Safety).await;
    office.save(1, "One, with a comma", ChangeClass::Editorial).await;
    office.submit(1).await;
    assert_eq!(office.approve(0).await, ["author_approves"], "their text is in it");
    assert!(office.approve(2).await.is_empty());
    assert_eq!(office.publish().await, ["more_approvals"], "it is a matter of safety still");
    // Saved again, it has no approval any more.
    office.save(1, "One, with two commas", ChangeClass::Editorial).await;
    office.submit(1).await;
    assert!(office.approve(2).await.is_empty());
    let act = RequestChanges {
        entry: office.entry,
        part: part(),
        expected: None,
        note: Some("Not yet.".to_owned()),
    };
    office.cms.request_changes(&office.people[3], act).await.unwrap();
    assert_eq!(office.publish().await, ["more_approvals"], "a no takes the approvals back");
    office.submit(1).await;
    assert!(office.approve(3).await.is_empty());
    assert!(office.approve(2).await.is_empty());
    assert!(office.publish().await.is_empty());
}
