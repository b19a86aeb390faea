//! The memory: what is remembered, who sees it, what it fills; and what a machine fills where it knows nothing.

use cms_core::{
    access::{Act, Actor, Grant},
    cms::translations::{
        import::ImportTranslationError,
        pretranslate::{Filled, Pretranslate, PretranslateError},
    },
    commands::{CommandError, import_memory::ImportMemory},
    exchange::tmx,
    id::EntryId,
    queries::{memory::Sought, translation_export::Format},
    segment::{Origin, SegmentState},
    translation::{
        machine::{Provider, ProviderError, pseudo::Pseudo},
        memory::Direction,
    },
};
use rocket::{async_trait, http::Method};

use super::{CALL, InMemory, KEEP, all_answered, exported, imported, row, site, source, table};
use crate::{
    app::wait_for,
    http_acts::desk::Desk,
    site::{Site, locale},
};

fn like(site: &Site, actor: &Actor, text: &str) -> Vec<(u8, String)> {
    assert!(wait_for(site.cms.all_remembered()));
    let direction = Direction { source: locale("en"), target: locale("fr") };
    let found = site.cms.recollection().like(actor, &Sought::text(direction, text), 5).unwrap();
    found.into_iter().map(|likely| (likely.percent, likely.pair.target)).collect()
}

#[test]
fn what_was_published_is_remembered_and_fills_gaps_elsewhere() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    assert_eq!(like(&site, &site.administrator, "What to do"), [], "a draft is not remembered");
    site.publish(entry, "fr");
    assert_eq!(like(&site, &site.administrator, "What to do"), [(100, "Que faire".to_owned())]);
    let other = site.create("guidance", "other");
    let text = "Tell an *adult* whom you know what has happened.";
    site.save_and_publish(other, "en", &source(&[text, CALL, KEEP]));
    let xliff = exported(&site, Format::Xliff, true);
    assert!(
        xliff.contains("type=\"icm\" similarity=\"100\" origin=\"guidance/plan/title\""),
        "{xliff}"
    );
    let act = Pretranslate { entry: other, locale: locale("fr"), dry_run: false };
    let filled = wait_for(site.cms.pretranslate(&site.administrator, &act, None)).unwrap();
    assert_eq!((filled.memory, filled.machine, filled.left), (3, 0, 2), "{filled:?}");
    assert_eq!(filled.like.len(), 1);
    assert_eq!((filled.like[0].source.as_str(), filled.like[0].likely.percent), (text, 88));
    let after = table(&site, other);
    let record = row(&after, CALL).record.clone().unwrap();
    assert_eq!((record.origin, record.state), (Origin::Memory, SegmentState::Initial));
    // Made again from the log, it is the same.
    let before = like(&site, &site.administrator, CALL);
    wait_for(site.cms.rebuild(|_| {})).unwrap();
    assert_eq!(like(&site, &site.administrator, CALL), before);
    assert_eq!(before.len(), 1);
}

#[test]
fn the_memory_shows_nobody_what_they_may_not_read() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    site.publish(entry, "fr");
    let account = site.administrator.account;
    let grant = |tag: &str| {
        vec![Grant {
            acts: vec![Act::Read],
            agency: None,
            type_name: None,
            locale: Some(locale(tag)),
        }]
    };
    let (french, spanish) =
        (Actor { account, grants: grant("fr") }, Actor { account, grants: grant("es") });
    let nobody = Actor { account, grants: Vec::new() };
    assert_eq!(like(&site, &spanish, "What to do").len(), 1, "what readers get, editors may see");
    assert_eq!(like(&site, &nobody, "What to do"), []);
    let withdrawal = cms_core::event::Withdrawal::Gone { replacement: None };
    site.try_unpublish(entry, "fr", withdrawal).unwrap();
    assert_eq!(like(&site, &spanish, "What to do"), []);
    assert_eq!(like(&site, &french, "What to do").len(), 1);
    wait_for(site.cms.erase(&site.administrator, entry)).unwrap();
    assert_eq!(like(&site, &site.administrator, "What to do"), [], "what is erased is forgotten");
}

/// A machine that answers what it is told to.
#[derive(Debug)]
struct Answers(fn(&str) -> String);

#[async_trait]
impl Provider for Answers {
    fn name(&self) -> &'static str {
        "answers"
    }

    fn at_once(&self) -> (usize, usize) {
        (2, 1_000)
    }

    async fn translate(
        &self,
        _: &Direction,
        texts: &[String],
    ) -> Result<Vec<String>, ProviderError> {
        assert!(texts.len() <= 2);
        Ok(texts.iter().map(|text| (self.0)(text)).collect())
    }
}

fn filled(
    site: &Site,
    entry: EntryId,
    provider: &dyn Provider,
) -> Result<Filled, PretranslateError> {
    let act = Pretranslate { entry, locale: locale("fr"), dry_run: false };
    wait_for(site.cms.pretranslate(&site.administrator, &act, Some(provider)))
}

#[test]
fn a_machines_proposals_are_marked_drafts_and_broken_ones_are_dropped() {
    let (site, entry) = site();
    let broken = filled(&site, entry, &Answers(|text| text.replace('⟦', ""))).unwrap();
    assert_eq!((broken.machine, broken.dropped.len()), (2, 2), "{broken:?}");
    assert!(broken.dropped.iter().all(|(_, wrong)| wrong[0].code == "broken_proposal"));
    let done = filled(&site, entry, &Pseudo).unwrap();
    assert_eq!((done.machine, done.left, done.dropped.len()), (2, 0, 0), "{done:?}");
    let after = table(&site, entry);
    let call = row(&after, CALL);
    let said =
        "[!!! Ƈȧŀŀ **{{route:line.phone}}** ǿř řḗȧḓ [ŧħīş ƥȧɠḗ](https://example.org/en). !!!]";
    assert_eq!(call.target(), Some(said));
    let record = call.record.as_ref().unwrap();
    assert_eq!((record.origin, record.state), (Origin::Machine, SegmentState::Initial));
    assert!(filled(&site, entry, &Answers(|_| unreachable!("nothing is left"))).is_ok());
}

#[test]
fn the_memory_goes_out_as_tmx() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    site.publish(entry, "fr");
    assert!(wait_for(site.cms.all_remembered()));
    let direction = Direction { source: locale("en"), target: locale("fr") };
    let (pairs, bytes) =
        site.cms.export_memory(&site.administrator, &direction, Vec::new()).unwrap();
    assert_eq!(pairs, 4);
    let mut read = Vec::new();
    let languages = (&direction.source, &direction.target);
    tmx::read(bytes.as_slice(), languages, &mut |pair| {
        read.push((pair.source, pair.target));
        Ok(())
    })
    .unwrap();
    read.sort();
    assert_eq!(read[0], ("Blackmail".to_owned(), "Chantage".to_owned()));
    assert_eq!(read[1].0, CALL);
}

#[test]
fn a_memory_of_elsewhere_is_remembered_for_those_of_its_agency() {
    let (site, _) = site();
    let row = |at: usize| {
        format!(
            "<tu><tuv xml:lang=\"en-GB\"><seg>Stop writing, {at}</seg></tuv><tuv xml:lang=\"fr\"><seg>Arrêtez d'écrire, {at}</seg></tuv></tu>"
        )
    };
    let rows: String = (0..1_500).map(row).collect();
    let text = format!("<tmx version=\"1.4\"><header/><body>{rows}</body></tmx>");
    let agency = site.cms.editing().site().unwrap().unwrap().default_agency;
    let direction = Direction { source: locale("en"), target: locale("fr") };
    let act = ImportMemory { agency, name: "old".to_owned(), direction };
    let import = |text: &str| {
        let mut file = InMemory(text.as_bytes().to_vec());
        wait_for(site.cms.import_memory(&site.administrator, &mut file, &act))
    };
    let last = site.cms.log().last();
    assert!(import(&text[..text.len() - 3]).is_err());
    assert_eq!(site.cms.log().last(), last, "a file that can't be read changes nothing");
    let (pairs, event) = import(&text).unwrap();
    assert_eq!((pairs, event), (1_500, last + 2));
    let expected = [(100, "Arrêtez d'écrire, 1234".to_owned())];
    assert_eq!(like(&site, &site.administrator, "Stop writing, 1234")[..1], expected);
    import(&text).unwrap();
    assert!(wait_for(site.cms.all_remembered()));
    assert_eq!(site.cms.recollection().index().count(), 1_500, "twice is once");
    let account = site.administrator.account;
    let of = |agency| {
        let grant = Grant { acts: vec![Act::Read], agency, type_name: None, locale: None };
        Actor { account, grants: vec![grant] }
    };
    assert_eq!(like(&site, &of(Some(agency)), "Stop writing, 1234")[..1], expected);
    let other = cms_core::id::AgencyId::from_bytes([7; 16]);
    assert_eq!(like(&site, &of(Some(other)), "Stop writing, 1234"), []);
    let mut file = InMemory(text.into_bytes());
    let refused = wait_for(site.cms.import_memory(&of(None), &mut file, &act));
    assert!(matches!(refused, Err(ImportTranslationError::Command(CommandError::Forbidden))));
}

/// The files of the memory's index that hold these bytes, as they stand or compressed.
fn holding(site: &Site, word: &str) -> Vec<String> {
    fn look(folder: &std::path::Path, word: &[u8], found: &mut Vec<String>) {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                look(&path, word, found);
            } else if std::fs::read(&path).unwrap().windows(word.len()).any(|held| held == word) {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    look(site.folder.path(), word.as_bytes(), &mut found);
    found.retain(|path| path.contains("memory"));
    found
}

/// A word that compression leaves as it is.
const WORD: &str = "q7zxk9wvj3hfp2rtb8nmd5ycg4s6";

#[test]
fn what_is_erased_leaves_the_files_of_the_memory() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    site.publish(entry, "fr");
    let secret = site.create("guidance", "secret");
    site.save_and_publish(secret, "en", &source(&[&format!("Nobody knows {WORD}.")]));
    let french = serde_json::json!({"title": "Chantage", "body": format!("# Quoi\n\nPersonne ne connaît {WORD}.")});
    site.save_and_publish(secret, "fr", &french);
    assert!(wait_for(site.cms.all_remembered()));
    assert_ne!(holding(&site, WORD), [""; 0], "the test looks at the right files");
    wait_for(site.cms.erase(&site.administrator, secret)).unwrap();
    assert!(wait_for(site.cms.all_remembered()));
    assert_eq!(holding(&site, WORD), [""; 0]);
    assert_eq!(like(&site, &site.administrator, "What to do").len(), 1, "the rest is there");
}

#[test]
fn a_memory_of_elsewhere_can_be_taken_out_again_and_stays_out() {
    let (site, _) = site();
    let agency = site.cms.editing().site().unwrap().unwrap().default_agency;
    let direction = Direction { source: locale("en"), target: locale("fr") };
    let import = |name: &str, word: &str| {
        let text = format!(
            "<tmx version=\"1.4\"><header/><body><tu><tuv xml:lang=\"en\"><seg>Stop {word}</seg></tuv><tuv xml:lang=\"fr\"><seg>Halte {word}</seg></tuv></tu></body></tmx>"
        );
        let act = ImportMemory { agency, name: name.to_owned(), direction: direction.clone() };
        let mut file = InMemory(text.into_bytes());
        wait_for(site.cms.import_memory(&site.administrator, &mut file, &act)).unwrap();
    };
    import("old/one", WORD);
    import("new", "writing");
    assert!(wait_for(site.cms.all_remembered()));
    let names = |site: &Site| {
        let found = site.cms.recollection().imports(&site.administrator).unwrap();
        found.into_iter().map(|((_, name), pairs)| (name, pairs)).collect::<Vec<_>>()
    };
    assert_eq!(names(&site), [("new".to_owned(), 1), ("old/one".to_owned(), 1)]);
    let forget =
        |actor: &Actor, name: &str| wait_for(site.cms.forget_memory(actor, (agency, name)));
    let account = site.administrator.account;
    let writer =
        Grant { acts: vec![Act::Read, Act::Write], agency: None, type_name: None, locale: None };
    let writer = Actor { account, grants: vec![writer] };
    assert!(matches!(forget(&writer, "old/one"), Err(CommandError::Forbidden)));
    let last = site.cms.log().last();
    assert_eq!(forget(&site.administrator, "old/one").unwrap(), last + 1, "it is in the log");
    assert!(matches!(forget(&site.administrator, "old/one"), Err(CommandError::NotFound(_))));
    assert!(wait_for(site.cms.all_remembered()));
    assert_eq!(holding(&site, WORD), [""; 0]);
    assert_eq!(names(&site), [("new".to_owned(), 1)]);
    wait_for(site.cms.rebuild(|_| {})).unwrap();
    assert!(wait_for(site.cms.all_remembered()));
    assert_eq!(names(&site), [("new".to_owned(), 1)], "nor does it come back");
    // The name is free again.
    import("old/one", "again");
    assert!(wait_for(site.cms.all_remembered()));
    assert_eq!(names(&site).len(), 2);
}

#[test]
fn over_http_a_memory_of_elsewhere_is_listed_and_taken_out() {
    let desk = Desk::new();
    let text = "<tmx version=\"1.4\"><header/><body><tu><tuv xml:lang=\"en\"><seg>Stop</seg></tuv><tuv xml:lang=\"fr\"><seg>Halte</seg></tuv></tu></body></tmx>";
    let ask = |token: &str, method: Method, path: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        desk.app.send(method, &format!("/manage/v1/memory{path}"), &headers, body)
    };
    assert_eq!(ask(&desk.token, Method::Post, "?to=fr&name=old%2Fone", text).status, 200);
    assert!(wait_for(desk.app.cms.all_remembered()));
    let list = ask(&desk.token, Method::Get, "/imports", "").json();
    let agency = list["data"][0]["agency"].as_str().unwrap().to_owned();
    assert_eq!(list["data"][0]["name"], "old/one");
    assert_eq!(list["data"][0]["pairs"], 1);
    let path = format!("/imports/{agency}/old%2Fone");
    let writer = desk.token_for(&[Act::Read, Act::Write], None, None);
    assert_eq!(ask(&writer, Method::Delete, &path, "").status, 403);
    assert_eq!(ask(&desk.token, Method::Delete, "/imports/nobody/old", "").status, 404);
    assert_eq!(ask(&desk.token, Method::Delete, &path, "").status, 204);
    assert_eq!(ask(&desk.token, Method::Delete, &path, "").status, 404);
    assert!(wait_for(desk.app.cms.all_remembered()));
    assert_eq!(ask(&desk.token, Method::Get, "/imports", "").json()["data"], serde_json::json!([]));
}
