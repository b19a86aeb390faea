//! Random acts by random people, against a simple model of the rules: every answer is the one that the model gives, and
//! readers get what the model says that they get.

use std::{collections::BTreeSet, sync::Arc};

use cms_core::{
    Cms,
    access::{Act, Actor, Grant},
    cms::Options,
    commands::{
        Accepted, CommandError, approve::Approve, configure_site::ConfigureSite,
        create_entry::CreateEntry, discard::Discard, publish::Publish,
        request_changes::RequestChanges, roll_back::RollBack, save_account::CreateAccount,
        save_agency::SaveAgency, save_draft::SaveDraft, submit::Submit, unpublish::Unpublish,
    },
    content_type,
    event::{Fields, Part, SiteLocale, Withdrawal},
    id::{AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
    queries::entry::{EntryFound, EntryQuestion},
    store::memory::MemoryLog,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::app::wait_for;

const LOCALES: [&str; 2] = ["en", "fr"];
const ENTRIES: usize = 2;

/// What somebody does to a part.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Save,
    Submit,
    RequestChanges,
    Approve,
    Publish,
    Unpublish,
    Discard,
    /// To the revision at this place among all, and perhaps one that isn't there.
    RollBack(prop::sample::Index),
    Erase,
}

/// One step: who does what where, and whether they have seen what is there.
#[derive(Debug, Clone, Copy)]
struct Step {
    who: usize,
    entry: usize,
    locale: usize,
    deed: Deed,
    is_stale: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let deed = prop_oneof![
        8 => Just(Deed::Save),
        5 => Just(Deed::Submit),
        2 => Just(Deed::RequestChanges),
        5 => Just(Deed::Approve),
        6 => Just(Deed::Publish),
        2 => Just(Deed::Unpublish),
        2 => Just(Deed::Discard),
        2 => any::<prop::sample::Index>().prop_map(Deed::RollBack),
        1 => Just(Deed::Erase),
    ];
    let who = prop_oneof![4 => Just(0_usize), 4 => Just(1), 4 => Just(2), 1 => Just(3), 2 => Just(4), 1 => Just(5)];
    (who, 0..ENTRIES, 0..LOCALES.len(), deed, prop::bool::weighted(0.1)).prop_map(
        |(who, entry, locale, deed, is_stale)| Step { who, entry, locale, deed, is_stale },
    )
}

/// What an act answered, as far as the model knows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// Done; the revision that it is about.
    Done(u32),
    Forbidden,
    Missing,
    Stale(u32),
    Wrong(BTreeSet<&'static str>),
}

fn wrong(codes: &[&'static str]) -> Answer {
    Answer::Wrong(codes.iter().copied().collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Review {
    None,
    Submitted,
    ChangesRequested,
    Approved,
}

/// A part, as the model has it.
#[derive(Debug, Clone)]
struct PartModel {
    /// The title and the author of each revision that was ever saved.
    saved: Vec<(String, usize)>,
    draft: usize,
    live: Option<usize>,
    is_public: bool,
    review: Review,
}

impl PartModel {
    fn is_live_draft(&self) -> bool {
        self.live == Some(self.draft)
    }

    fn number(&self) -> u32 {
        u32::try_from(self.draft).unwrap() + 1
    }
}

/// The rules, said once more and as plainly as can be.
struct Model {
    four_eyes: bool,
    entries: Vec<Option<[Option<PartModel>; 2]>>,
}

impl Model {
    /// Whether person `who` may do this: the same grants as in `people`.
    fn may(who: usize, act: Act, entry: usize, locale: Option<usize>) -> bool {
        use Act as A;
        match who {
            0 => true,
            1 => entry == 0 && matches!(act, A::Read | A::Write),
            2 => {
                entry == 0
                    && locale == Some(1)
                    && matches!(act, A::Read | A::Write | A::Review | A::Publish)
            }
            3 => entry == 0 && act == A::Read,
            4 => entry == 1 && matches!(act, A::Read | A::Write | A::Review | A::Publish),
            _ => false,
        }
    }

    fn answer(&mut self, step: &Step, expected: u32, revision: u32, title: &str) -> Answer {
        let Step { who, entry, locale, deed, .. } = *step;
        let act = match deed {
            Deed::Save | Deed::Submit | Deed::Discard | Deed::RollBack(_) => Act::Write,
            Deed::RequestChanges | Deed::Approve => Act::Review,
            Deed::Publish | Deed::Unpublish => Act::Publish,
            Deed::Erase => Act::Erase,
        };
        let place = if matches!(deed, Deed::Erase) { None } else { Some(locale) };
        let four_eyes = self.four_eyes;
        let Some(parts) = self.entries[entry].as_mut() else { return Answer::Missing };
        if !Self::may(who, act, entry, place) {
            let reads = Self::may(who, Act::Read, entry, place);
            return if reads { Answer::Forbidden } else { Answer::Missing };
        }
        if matches!(deed, Deed::Erase) {
            self.entries[entry] = None;
            return Answer::Done(0);
        }
        let part = &mut parts[locale];
        let newest = part.as_ref().map_or(0, |part| part.saved.len());
        let text = if let Deed::RollBack(_) = deed {
            let old = usize::try_from(revision).unwrap().checked_sub(1);
            let old = old.and_then(|old| part.as_ref()?.saved.get(old));
            let Some((text, _)) = old else { return Answer::Missing };
            Some(text.clone())
        } else {
            matches!(deed, Deed::Save).then(|| title.to_owned())
        };
        let current = part.as_ref().map_or(0, PartModel::number);
        if let Some(text) = text {
            if expected != current {
                return Answer::Stale(current);
            }
            let before = part.take();
            let mut saved = before.as_ref().map(|part| part.saved.clone()).unwrap_or_default();
            saved.push((text, who));
            *part = Some(PartModel {
                saved,
                draft: newest,
                live: before.as_ref().and_then(|part| part.live),
                is_public: before.is_some_and(|part| part.is_public),
                review: Review::None,
            });
            return Answer::Done(u32::try_from(newest).unwrap() + 1);
        }
        let Some(part) = part.as_mut() else { return Answer::Missing };
        if let Deed::Publish = deed
            && four_eyes
            && part.review != Review::Approved
        {
            return wrong(&["not_approved"]);
        }
        if expected != current {
            return Answer::Stale(current);
        }
        part.act(who, deed)
    }
}

impl PartModel {
    /// What an act on a draft that is there and was seen answers, and does.
    fn act(&mut self, who: usize, deed: Deed) -> Answer {
        let done = Answer::Done(self.number());
        match deed {
            Deed::Submit => {
                if self.is_live_draft()
                    || matches!(self.review, Review::Submitted | Review::Approved)
                {
                    return wrong(&["not_a_draft"]);
                }
                self.review = Review::Submitted;
            }
            Deed::RequestChanges => {
                if self.is_live_draft()
                    || !matches!(self.review, Review::Submitted | Review::Approved)
                {
                    return wrong(&["not_in_review"]);
                }
                self.review = Review::ChangesRequested;
            }
            Deed::Approve => {
                let since = self.live.map_or(0, |live| live + 1);
                let is_author = self.saved[self.draft].1 == who
                    || self
                        .saved
                        .get(since..=self.draft)
                        .unwrap_or_default()
                        .iter()
                        .any(|(_, by)| *by == who);
                return self.approve(is_author, done);
            }
            Deed::Publish => {
                if self.is_live_draft() && self.is_public {
                    return wrong(&["already_published"]);
                }
                (self.live, self.is_public, self.review) = (Some(self.draft), true, Review::None);
            }
            Deed::Unpublish => {
                if !self.is_public {
                    return wrong(&["not_published"]);
                }
                self.is_public = false;
            }
            Deed::Discard => {
                let Some(live) = self.live else { return wrong(&["never_published"]) };
                if live == self.draft {
                    return wrong(&["nothing_to_discard"]);
                }
                (self.draft, self.review) = (live, Review::None);
                return Answer::Done(self.number());
            }
            Deed::Save | Deed::RollBack(_) | Deed::Erase => unreachable!("done before"),
        }
        done
    }

    fn approve(&mut self, is_author: bool, done: Answer) -> Answer {
        let mut codes = BTreeSet::new();
        match self.review {
            Review::Submitted => {}
            // Nobody is an approver twice, and one is enough.
            Review::Approved | Review::None | Review::ChangesRequested => {
                codes.insert("not_in_review");
            }
        }
        if is_author {
            codes.insert("author_approves");
        }
        if codes.is_empty() {
            self.review = Review::Approved;
            return done;
        }
        Answer::Wrong(codes)
    }
}

/// The store, and who acts on it.
struct Office {
    cms: Cms,
    entries: Vec<EntryId>,
    people: Vec<Actor>,
    _folder: tempfile::TempDir,
}

fn locale(at: usize) -> Locale {
    Locale::parse(LOCALES[at]).unwrap()
}

fn page() -> TypeName {
    TypeName::parse("page").unwrap()
}

async fn office(four_eyes: bool) -> Office {
    let folder = tempfile::tempdir().unwrap();
    let shipped = content_type::shipped();
    let mut files = shipped.iter().map(|(_, file)| serde_json::from_str::<Value>(file).unwrap());
    let mut file = files.find(|file| file["x-type"] == "page").unwrap();
    file["x-four-eyes"] = json!(four_eyes);
    let options = Options { types: Some(vec![file]), ..Options::default() };
    let cms = Cms::over(Arc::new(MemoryLog::default()), folder.path(), options).await.unwrap();
    let administrator = cms.administrator().unwrap().unwrap();
    let site = cms.editing().site().unwrap().unwrap();
    let known = |at: usize| SiteLocale {
        tag: locale(at),
        name: locale(at).own_name().to_owned(),
        fallback: None,
    };
    let act = ConfigureSite {
        default_locale: locale(0),
        locales: vec![known(0), known(1)],
        default_agency: site.default_agency,
    };
    cms.configure_site(&administrator, act).await.unwrap();
    let act = SaveAgency {
        agency: None,
        key: ExternalKey::parse("other").unwrap(),
        names: [(locale(0), "Other".to_owned())].into(),
    };
    let (other, _) = cms.save_agency(&administrator, act).await.unwrap();
    let agencies = [site.default_agency, other];
    let people = people(&cms, &administrator, agencies).await;
    let mut entries = Vec::new();
    for agency in agencies {
        let act = CreateEntry {
            type_name: page(),
            agency: Some(agency),
            source_locale: locale(0),
            key: None,
        };
        entries.push(cms.create_entry(&administrator, act).await.unwrap().0);
    }
    Office { cms, entries, people, _folder: folder }
}

/// An administrator, and people with rights of all sizes.
async fn people(cms: &Cms, administrator: &Actor, [one, two]: [AgencyId; 2]) -> Vec<Actor> {
    let all = vec![Act::Read, Act::Write, Act::Review, Act::Publish];
    let grant = |acts: Vec<Act>, agency, tag: Option<usize>| Grant {
        acts,
        agency: Some(agency),
        type_name: None,
        locale: tag.map(locale),
    };
    let mut people = vec![administrator.clone()];
    for (name, grants) in [
        ("writer", vec![grant(vec![Act::Read, Act::Write], one, None)]),
        ("french", vec![grant(all.clone(), one, Some(1))]),
        ("reader", vec![grant(vec![Act::Read], one, None)]),
        ("elsewhere", vec![grant(all, two, None)]),
        ("nobody", Vec::new()),
    ] {
        let act = CreateAccount { name: name.to_owned(), grants };
        let (account, _) = cms.create_account(administrator, act).await.unwrap();
        people.push(cms.editing().actor(account).unwrap().unwrap());
    }
    people
}

fn told(outcome: Result<Accepted, CommandError>) -> Answer {
    const CODES: [&str; 9] = [
        "not_approved",
        "not_a_draft",
        "not_in_review",
        "author_approves",
        "approved_already",
        "already_published",
        "not_published",
        "never_published",
        "nothing_to_discard",
    ];
    match outcome {
        Ok(accepted) => Answer::Done(accepted.revision),
        Err(CommandError::Forbidden) => Answer::Forbidden,
        Err(CommandError::NotFound(_)) => Answer::Missing,
        Err(CommandError::Stale { current }) => Answer::Stale(current),
        Err(CommandError::Invalid(found)) => Answer::Wrong(
            found
                .iter()
                .map(|one| *CODES.iter().find(|code| **code == one.code).unwrap_or(&"another"))
                // To have approved it is to find it out of review, for the model.
                .map(|code| if code == "approved_already" { "not_in_review" } else { code })
                .collect(),
        ),
        Err(other) => panic!("{other:?}"),
    }
}

impl Office {
    async fn act(&self, step: &Step, expected: u32, revision: u32, title: &str) -> Answer {
        let (actor, entry) = (&self.people[step.who], self.entries[step.entry]);
        let (part, expected) = (Part::Locale(locale(step.locale)), Some(expected));
        let (cms, note) = (&self.cms, None);
        told(match step.deed {
            Deed::Save => {
                let fields: Fields = [("title", title), ("body", "Text.")]
                    .map(|(name, value)| (name.parse().unwrap(), json!(value)))
                    .into();
                let save = SaveDraft { expected, ..SaveDraft::new(entry, part, fields) };
                cms.save_draft(actor, save).await
            }
            Deed::Submit => cms.submit(actor, Submit { entry, part, expected, note }).await,
            Deed::RequestChanges => {
                let note = Some("Please.".to_owned());
                cms.request_changes(actor, RequestChanges { entry, part, expected, note }).await
            }
            Deed::Approve => cms.approve(actor, Approve { entry, part, expected, note }).await,
            Deed::Publish => {
                cms.publish(
                    actor,
                    Publish { entry, part, expected, published_at: None, change_class: None },
                )
                .await
            }
            Deed::Unpublish => {
                let withdrawal = Withdrawal::Gone { replacement: None };
                let locale = locale(step.locale);
                let act = Unpublish { entry, locale, expected, withdrawal, recall: false };
                cms.unpublish(actor, act).await
            }
            Deed::Discard => cms.discard(actor, Discard { entry, part, expected }).await,
            Deed::RollBack(_) => {
                cms.roll_back(actor, RollBack { entry, part, expected, revision, note }).await
            }
            Deed::Erase => cms.erase(actor, entry).await,
        })
    }

    /// The title that readers get.
    fn read(&self, entry: usize, at: usize) -> Option<String> {
        let name = self.entries[entry].to_string();
        let question = EntryQuestion {
            type_name: &page(),
            name: &name,
            locale: &locale(at),
            explicit: true,
            fallback: false,
            fields: None,
            include: &[],
        };
        let EntryFound::Entry(answer) = self.cms.delivery().entry(&question).unwrap() else {
            return None;
        };
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        Some(told["data"]["fields"]["title"].as_str().unwrap().to_owned())
    }
}

async fn run(steps: &[Step], four_eyes: bool) {
    let office = office(four_eyes).await;
    let mut model = Model { four_eyes, entries: vec![Some([None, None]), Some([None, None])] };
    for (at, step) in steps.iter().enumerate() {
        let part = model.entries[step.entry].as_ref().and_then(|parts| parts[step.locale].as_ref());
        let current = part.map_or(0, PartModel::number);
        let saved = part.map_or(0, |part| part.saved.len());
        let expected = if step.is_stale { current + 1 } else { current };
        let revision = if let Deed::RollBack(index) = step.deed {
            u32::try_from(index.index(saved + 2)).unwrap()
        } else {
            0
        };
        let title = format!("Page {} {} {at}", step.entry, LOCALES[step.locale]);
        let last = office.cms.log().last();
        let found = office.act(step, expected, revision, &title).await;
        let answer = model.answer(step, expected, revision, &title);
        assert_eq!(found, answer, "step {at}: {step:?}");
        let is_done = matches!(answer, Answer::Done(_));
        assert_eq!(
            office.cms.log().last() > last,
            is_done,
            "what is refused changes nothing: {step:?}"
        );
        for entry in 0..ENTRIES {
            for place in 0..LOCALES.len() {
                let part = model.entries[entry].as_ref().and_then(|parts| parts[place].as_ref());
                let public = part
                    .filter(|part| part.is_public)
                    .and_then(|part| Some(part.saved[part.live?].0.clone()));
                assert_eq!(office.read(entry, place), public, "after step {at}: {step:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn every_act_is_answered_as_the_rules_say(
        steps in prop::collection::vec(step(), 1..60),
        four_eyes in any::<bool>(),
    ) {
        wait_for(run(&steps, four_eyes));
    }
}
