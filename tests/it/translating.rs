//! Translating segment by segment: what a translator sees and saves, who may do what, and what readers get of it.

use std::fs;

use cms_core::{
    access::Act,
    commands::save_segments::{SaveSegments, Saved, SegmentEdit, SegmentRefusal},
    content_type,
    event::ChangeClass,
    id::EntryId,
    quality::Check,
    queries::segments::{Asked, Of, Row, SegmentTable},
    segment::{Origin, SegmentState},
    translation::SegmentStatus,
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    http_acts::desk::Desk,
    site::{Site, fields, locale, part_of},
};

const TELL: &str = "Tell an adult whom you trust what has happened.";
const CALL: &str = "Call {{route:line.phone}} at any time of the day.";
const KEEP: &str = "Keep the messages: they are evidence later on.";

fn source(texts: &[&str]) -> Value {
    json!({"title": "Blackmail", "body": format!("# What to do\n\n{}", texts.join("\n\n"))})
}

/// A site with an entry whose source is published.
fn site() -> (Site, EntryId) {
    let site = Site::new();
    site.import(&[crate::site::route("line", "+448081570111")]);
    let entry = site.create("guidance", "plan");
    site.save_and_publish(entry, "en", &source(&[TELL, CALL]));
    (site, entry)
}

fn table(site: &Site, entry: EntryId) -> SegmentTable {
    let fr = locale("fr");
    let asked = Asked { entry, locale: &fr, live: false, of: Of::Shown };
    wait_for(site.cms.segments(asked)).unwrap().unwrap()
}

fn row<'t>(table: &'t SegmentTable, source: &str) -> &'t Row {
    table.rows.iter().find(|row| row.source.as_deref() == Some(source)).unwrap()
}

fn edit(row: &Row, target: &str, state: SegmentState) -> SegmentEdit {
    SegmentEdit {
        id: row.id,
        of: row.digest.unwrap(),
        target: target.to_owned(),
        state,
        origin: Origin::Human,
        overrides: Vec::new(),
    }
}

/// Saves what some segments say.
fn say(site: &Site, entry: EntryId, words: &[(&str, &str)]) -> Saved {
    let table = table(site, entry);
    let edits = words
        .iter()
        .map(|(source, target)| edit(row(&table, source), target, SegmentState::Translated));
    let act = SaveSegments::new(entry, locale("fr"), edits.collect());
    wait_for(site.cms.save_segments(&site.administrator, act)).unwrap()
}

fn draft(site: &Site, entry: EntryId) -> Value {
    let editing = site.cms.editing();
    let head = editing.entry(entry).unwrap().unwrap().heads[&part_of("fr")].clone();
    json!(wait_for(editing.fields(head.draft.event)).unwrap())
}

const WHAT: &str = "What to do";

fn all_of(site: &Site, entry: EntryId) -> Saved {
    let words = [
        ("Blackmail", "Chantage"),
        (WHAT, "Que faire"),
        (TELL, "Parlez-en."),
        (CALL, "Appelez le {{route:line.phone}}."),
    ];
    say(site, entry, &words)
}

#[test]
fn a_translation_grows_segment_by_segment_and_a_gap_says_nothing() {
    let (site, entry) = site();
    let before = table(&site, entry);
    assert_eq!((before.revision, before.source_revision), (0, 1));
    assert!(before.rows.iter().all(|row| row.status == SegmentStatus::Missing));
    assert_eq!(row(&before, TELL).under, [WHAT]);
    let saved = say(&site, entry, &[(TELL, "Parlez-en.")]);
    assert_eq!((saved.revision, saved.taken.len(), saved.refused.len()), (1, 1, 0));
    assert_eq!(draft(&site, entry), json!({"body": "# \n\nParlez-en.\n\n"}));
    let after = table(&site, entry);
    let told = row(&after, TELL);
    assert_eq!((told.target(), told.status), (Some("Parlez-en."), SegmentStatus::Current));
    assert_eq!(told.translated.unwrap().0, site.administrator.account);
    assert_eq!(row(&after, CALL).status, SegmentStatus::Missing);
    let again = say(&site, entry, &[(TELL, "Parlez-en.")]);
    assert_eq!((again.revision, again.taken.len()), (1, 1), "what is there is not saved again");
    let saved = all_of(&site, entry);
    assert_eq!((saved.revision, saved.refused), (2, Vec::new()));
    assert_eq!(
        draft(&site, entry),
        json!({"title": "Chantage", "body": "# Que faire\n\nParlez-en.\n\nAppelez le {{route:line.phone}}."})
    );
    site.publish(entry, "fr");
    let french = site.json("/v1/entries/guidance/chantage?locale=fr");
    assert_eq!(french["data"]["translation"]["status"], "current");
    wait_for(site.cms.rebuild(|_| {})).unwrap();
    assert_eq!(table(&site, entry), after_publication(&site, entry));
}

/// The table again, with what the publication changed of it.
fn after_publication(site: &Site, entry: EntryId) -> SegmentTable {
    let fr = locale("fr");
    let asked = Asked { entry, locale: &fr, live: true, of: Of::Newest };
    wait_for(site.cms.segments(asked)).unwrap().unwrap()
}

#[test]
fn a_segment_that_moved_or_whose_neighbours_changed_keeps_its_name_and_its_translation() {
    let (site, entry) = site();
    all_of(&site, entry);
    site.publish(entry, "fr");
    let before = table(&site, entry);
    let longer = format!("{TELL} Do it today.");
    site.save_and_publish(entry, "en", &source(&[&longer, KEEP, CALL]));
    let after = table(&site, entry);
    for (text, was) in [(WHAT, WHAT), (CALL, CALL), (longer.as_str(), TELL)] {
        assert_eq!(row(&after, text).id, row(&before, was).id, "{text}");
    }
    assert_eq!(row(&after, KEEP).status, SegmentStatus::Missing);
    let changed = row(&after, &longer);
    assert_eq!(changed.status, SegmentStatus::Outdated);
    assert_eq!((changed.previous.as_deref(), changed.target()), (Some(TELL), Some("Parlez-en.")));
    let saved = say(&site, entry, &[(KEEP, "Gardez les messages.")]);
    assert_eq!(saved.refused, []);
    assert_eq!(
        draft(&site, entry)["body"],
        "# Que faire\n\nParlez-en.\n\nGardez les messages.\n\nAppelez le {{route:line.phone}}."
    );
    site.publish(entry, "fr");
    let told = site.json("/v1/entries/guidance/chantage?locale=fr");
    assert_eq!(told["data"]["translation"]["status"], "outdated", "one segment still is");
    say(&site, entry, &[(&longer, "Parlez-en dès aujourd'hui.")]);
    site.publish(entry, "fr");
    let told = site.json("/v1/entries/guidance/chantage?locale=fr");
    assert_eq!(told["data"]["translation"]["status"], "current");
    // What moved is translated still, and what is taken out is kept for when it comes back.
    site.save_and_publish(entry, "en", &source(&[CALL, &longer]));
    say(&site, entry, &[(CALL, "Téléphonez au {{route:line.phone}}.")]);
    assert_eq!(
        draft(&site, entry)["body"],
        "# Que faire\n\nTéléphonez au {{route:line.phone}}.\n\nParlez-en dès aujourd'hui."
    );
    let kept = table(&site, entry);
    let kept = kept.rows.iter().find(|row| row.status == SegmentStatus::Obsolete).unwrap();
    assert_eq!(kept.target(), Some("Gardez les messages."));
    site.save_and_publish(entry, "en", &source(&[CALL, &longer, KEEP]));
    say(&site, entry, &[(CALL, "Appelez le {{route:line.phone}}.")]);
    assert!(draft(&site, entry)["body"].as_str().unwrap().ends_with("Gardez les messages."));
}

#[test]
fn what_cannot_be_taken_is_told_and_keeps_nothing_else_out() {
    let (site, entry) = site();
    let first = table(&site, entry);
    let stale = edit(row(&first, TELL), "Parlez-en.", SegmentState::Translated);
    site.save_and_publish(entry, "en", &source(&[&format!("{TELL} Now."), CALL, KEEP]));
    let table = table(&site, entry);
    let now = row(&table, &format!("{TELL} Now.")).digest.unwrap();
    let good =
        |source: &str, target: &str| edit(row(&table, source), target, SegmentState::Translated);
    let unknown = SegmentEdit { id: "0123456789abcdef".parse().unwrap(), ..stale.clone() };
    let edits = vec![
        stale,
        unknown,
        good(CALL, "Appelez le 116 111."),
        good(KEEP, "Gardez les messages.\n\n# Tout"),
        good("Blackmail", "Chantage"),
        good("Blackmail", "Extorsion"),
        good(WHAT, ""),
    ];
    let act = SaveSegments::new(entry, locale("fr"), edits);
    let saved = wait_for(site.cms.save_segments(&site.administrator, act)).unwrap();
    assert_eq!(saved.taken, [row(&table, "Blackmail").id]);
    let codes: Vec<String> =
        saved.refused.iter().flat_map(|(_, it)| it.told("")).map(|it| it.code).collect();
    assert_eq!(
        codes,
        [
            "source_changed",
            "unknown_segment",
            "broken_codes",
            "leaves_its_place",
            "segment_repeated",
            "empty_target"
        ]
    );
    assert_eq!(saved.refused[0].1, SegmentRefusal::SourceChanged { now });
    assert_eq!(draft(&site, entry), json!({"title": "Chantage"}));
    // What the field can't hold keeps only its own segment out.
    let long = "x".repeat(10_000);
    let edits = vec![good("Blackmail", &long), good(KEEP, "Gardez les messages.")];
    let act = SaveSegments::new(entry, locale("fr"), edits);
    let saved = wait_for(site.cms.save_segments(&site.administrator, act)).unwrap();
    assert_eq!(saved.taken, [row(&table, KEEP).id]);
    assert_eq!(saved.refused[0].1.told("")[0].pointer, "/fields/title");
    // Work that comes back later doesn't overwrite what is newer.
    let mut act = SaveSegments::new(
        entry,
        locale("fr"),
        vec![good(KEEP, "Conservez tout."), good(WHAT, "Que faire")],
    );
    act.seen = Some(1);
    let saved = wait_for(site.cms.save_segments(&site.administrator, act)).unwrap();
    assert_eq!(saved.refused[0].1, SegmentRefusal::TargetNewer { revision: 2 });
    assert_eq!(saved.taken, [row(&table, WHAT).id]);
}

#[test]
fn a_text_that_was_written_as_a_whole_is_replaced_as_a_whole_and_keeps_what_was_reviewed() {
    let (site, entry) = site();
    let whole = json!({"title": "Chantage", "body": "Parlez-en, et appelez."});
    site.save(entry, "fr", &whole);
    let before = table(&site, entry);
    assert_eq!(before.unpaired.len(), 1);
    assert_eq!(row(&before, "Blackmail").target(), Some("Chantage"), "what can be paired is");
    let refused = say(&site, entry, &[(TELL, "Parlez-en."), ("Blackmail", "Le chantage")]);
    assert_eq!(refused.refused[0].1, SegmentRefusal::Unpaired);
    assert_eq!(
        draft(&site, entry),
        json!({"title": "Le chantage", "body": "Parlez-en, et appelez."})
    );
    let saved = all_of(&site, entry);
    assert_eq!(saved.refused, []);
    let table_now = table(&site, entry);
    assert_eq!(table_now.unpaired, []);
    let reviewed = edit(row(&table_now, TELL), "Parlez-en.", SegmentState::Reviewed);
    let act = SaveSegments::new(entry, locale("fr"), vec![reviewed]);
    wait_for(site.cms.save_segments(&site.administrator, act)).unwrap();
    let mut edited = draft(&site, entry);
    edited["title"] = "Un chantage".into();
    site.save(entry, "fr", &edited);
    let after = table(&site, entry);
    let state = |source: &str| row(&after, source).record.as_ref().unwrap().state;
    assert_eq!(
        (state(TELL), state("Blackmail")),
        (SegmentState::Reviewed, SegmentState::Translated)
    );
}

/// A desk whose guidance asks for four eyes, with an entry whose English is published.
fn desk() -> (Desk, String) {
    let desk = Desk::new();
    let shipped = content_type::shipped();
    let file = shipped.into_iter().find(|(name, _)| name.as_str() == "guidance").unwrap().1;
    let mut schema: Value = serde_json::from_str(file).unwrap();
    schema["x-four-eyes"] = false.into();
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    wait_for(desk.app.cms.save_type(&administrator, &schema)).unwrap();
    let entry = desk.entry("guidance");
    desk.save(&format!("{entry}/en"), "\"0\"", "Page");
    desk.done(&format!("{entry}/en"), "publish", "\"1\"", &Value::Null);
    schema["x-four-eyes"] = true.into();
    wait_for(desk.app.cms.save_type(&administrator, &schema)).unwrap();
    (desk, entry)
}

fn segment_named(list: &Value, source: &str) -> Value {
    let all = list["segments"].as_array().unwrap();
    all.iter().find(|it| it["source"] == source).unwrap().clone()
}

fn body_of(segment: &Value, target: &str, state: &str) -> Value {
    json!({"segments": [{"id": segment["id"], "of": segment["of"], "target": target, "state": state}]})
}

#[test]
fn over_http_a_translator_saves_and_another_person_holds_it_to_be_right() {
    let (desk, entry) = desk();
    let path = format!("{entry}/fr/segments");
    let translator = desk.token_for(&[Act::Read, Act::Write], None, Some("fr"));
    let list = desk.ask_as(&translator, (Method::Get, &path), None, &Value::Null);
    assert_eq!((list.status, list.header("etag")), (200, Some("\"0\"")), "{list:?}");
    let title = segment_named(&list.json(), "Page");
    let patch = |token: &str, tag: Option<&str>, body: &Value| {
        desk.ask_as(token, (Method::Patch, &path), tag, body)
    };
    assert_eq!(patch(&translator, None, &body_of(&title, "Page", "translated")).status, 428);
    let saved = patch(&translator, Some("\"0\""), &body_of(&title, "La page", "translated"));
    assert_eq!((saved.status, saved.header("etag")), (200, Some("\"1\"")), "{saved:?}");
    assert_eq!(saved.json()["taken"], json!([title["id"]]));
    assert_eq!(
        patch(&translator, Some("\"0\""), &body_of(&title, "Une page", "translated")).status,
        412
    );
    let code =
        |answer: &crate::app::Answer| answer.json()["refused"][0]["errors"][0]["code"].clone();
    let own = patch(&translator, Some("\"1\""), &body_of(&title, "La page", "reviewed"));
    assert_eq!(code(&own), "segment_not_allowed");
    let both = desk.token_for(&[Act::Read, Act::Write, Act::Review], None, Some("fr"));
    let mine = patch(&both, Some("\"1\""), &body_of(&title, "Ma page", "reviewed"));
    assert_eq!(code(&mine), "own_translation", "{mine:?}");
    let reviewer = desk.token_for(&[Act::Read, Act::Review], None, Some("fr"));
    let words = patch(&reviewer, Some("\"1\""), &body_of(&title, "Sa page", "translated"));
    assert_eq!(code(&words), "segment_not_allowed", "a reviewer doesn't translate");
    let right = patch(&reviewer, Some("\"1\""), &body_of(&title, "La page", "final"));
    assert_eq!((right.status, right.json()["refused"].clone()), (200, json!([])), "{right:?}");
    let told = desk.ask_as(&reviewer, (Method::Get, &path), None, &Value::Null).json();
    let title_now = segment_named(&told, "Page");
    assert_eq!((&title_now["state"], &title_now["status"]), (&json!("final"), &json!("current")));
    assert_ne!(title_now["translated"]["by"], title_now["reviewed"]["by"]);
    let late = patch(&translator, Some("\"2\""), &body_of(&title, "Page", "translated"));
    assert_eq!(code(&late), "segment_final");
}

#[test]
fn over_http_who_translates_french_does_nothing_in_thai_and_what_is_malformed_is_told_with_its_place()
 {
    let (desk, entry) = desk();
    let french = desk.token_for(&[Act::Read, Act::Write], None, Some("fr"));
    let (path, thai) = (format!("{entry}/fr/segments"), format!("{entry}/th/segments"));
    let list = desk.ask_as(&french, (Method::Get, &path), None, &Value::Null).json();
    let title = segment_named(&list, "Page");
    for method in [Method::Get, Method::Patch] {
        let answer = desk.ask_as(
            &french,
            (method, &thai),
            Some("\"0\""),
            &body_of(&title, "x", "translated"),
        );
        assert_eq!(answer.status, 404, "{method}");
    }
    // Drafts of the source are for those who may read them.
    let newest =
        desk.ask_as(&french, (Method::Get, &format!("{path}?source=newest")), None, &Value::Null);
    assert_eq!(newest.status, 404);
    for (body, place, rule) in [
        (json!({}), "/segments", "required"),
        (json!({"segments": {}}), "/segments", "not_a_list"),
        (json!({"segments": [1]}), "/segments/0", "not_an_object"),
        (json!({"segments": [{"id": "x", "of": title["of"]}]}), "/segments/0/id", "bad_segment_id"),
        (
            json!({"segments": [{"id": title["id"], "of": "x"}]}),
            "/segments/0/of",
            "bad_segment_digest",
        ),
        (
            json!({"segments": [{"id": title["id"], "of": title["of"], "state": "done"}]}),
            "/segments/0/state",
            "bad_segment_state",
        ),
        (
            json!({"segments": [{"id": title["id"], "of": title["of"], "overrides": [{"check": "spelling", "reason": "x"}]}]}),
            "/segments/0/overrides/0",
            "bad_override",
        ),
        (json!({"segments": [], "seen": "x"}), "/seen", "unknown_revision"),
        (json!({"segments": [], "by": "me"}), "/by", "unknown_member"),
    ] {
        let answer = desk.ask_as(&french, (Method::Patch, &path), Some("\"0\""), &body);
        assert_eq!(answer.faults(), [(place.to_owned(), rule.to_owned())], "{body}");
    }
    let english = desk.ask(
        (Method::Patch, &format!("{entry}/en/segments")),
        Some("\"1\""),
        &json!({"segments": []}),
    );
    assert_eq!(english.faults(), [("/locale".to_owned(), "not_a_translation".to_owned())]);
}

#[test]
fn an_editorial_change_leaves_a_translation_made_by_segments_current() {
    let (site, entry) = site();
    all_of(&site, entry);
    site.publish(entry, "fr");
    let typo = TELL.replace("adult", "adlut");
    site.save(entry, "en", &source(&[&typo, CALL]));
    let act = cms_core::commands::publish::Publish {
        change_class: Some(ChangeClass::Editorial),
        ..cms_core::commands::publish::Publish::new(entry, part_of("en"))
    };
    wait_for(site.cms.publish(&site.administrator, act)).unwrap();
    let now = table(&site, entry);
    assert_eq!(row(&now, &typo).status, SegmentStatus::Current);
    assert_eq!(row(&now, &typo).previous.as_deref(), Some(TELL));
    // It stays so when another segment is translated anew.
    say(&site, entry, &[("Blackmail", "Le chantage")]);
    site.publish(entry, "fr");
    let french = site.json("/v1/entries/guidance/chantage?locale=fr");
    assert_eq!(french["data"]["translation"]["status"], "current");
    assert_eq!(fields(&draft(&site, entry)).len(), 2);
}

#[test]
fn the_weights_of_checks_are_told_as_they_are() {
    let page = fs::read_to_string(crate::demo::root().join("schemas/README.md")).unwrap();
    for check in Check::ALL {
        let row = format!("| `{check}` | {} |", check.level().as_str());
        assert!(page.contains(&row), "{row}");
    }
}
