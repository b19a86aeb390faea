//! Translations as files: what goes out, what comes back days later, what the memory knows and what a machine proposes.

use std::io::{self, BufRead, Cursor};

use cms_core::{
    access::{Act, Actor, Grant},
    cms::translations::import::{File, ImportTranslation, ImportTranslationError, Report},
    exchange::Languages,
    id::EntryId,
    queries::{
        segments::{Asked, Of, Row, SegmentTable},
        translation_export::{Format, Wanted},
    },
    segment::{Origin, SegmentState},
    translation::SegmentStatus,
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    http_acts::desk::Desk,
    site::{Site, locale},
};

mod hostile;
mod machine;
mod memory;
mod tools;

const TELL: &str = "Tell an *adult* whom you trust what has happened.";
const CALL: &str = "Call **{{route:line.phone}}** or read [this page](https://example.org/en).";
const KEEP: &str = "Keep the messages: they are evidence later on.";

/// A file in memory.
struct InMemory(Vec<u8>);

impl File for InMemory {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

fn source(texts: &[&str]) -> Value {
    json!({"title": "Blackmail", "body": format!("# What to do\n\n{}", texts.join("\n\n"))})
}

/// A site with an entry whose source is published.
fn site() -> (Site, EntryId) {
    let site = Site::new();
    site.import(&[crate::site::route("line", "+441234567890")]);
    let entry = site.create("guidance", "plan");
    site.save_and_publish(entry, "en", &source(&[TELL, CALL]));
    (site, entry)
}

fn wanted(open: bool) -> Wanted {
    let languages = Languages { source: locale("en"), target: locale("fr") };
    let type_name = Some("guidance".parse().unwrap());
    Wanted { languages, type_name, agency: None, entries: [].into(), open }
}

fn exported(site: &Site, format: Format, open: bool) -> String {
    assert!(wait_for(site.cms.all_remembered()));
    let out = (format, Vec::new());
    let wanted = wanted(open);
    let written = site.cms.export_translations(&site.administrator, &wanted, out);
    String::from_utf8(wait_for(written).unwrap().1).unwrap()
}

fn act(format: Format) -> ImportTranslation {
    ImportTranslation { format, dry_run: false, note: None }
}

fn imported(site: &Site, format: Format, text: &str) -> Report {
    let (mut file, act) = (InMemory(text.as_bytes().to_vec()), act(format));
    wait_for(site.cms.import_translation(&site.administrator, &mut file, &act)).unwrap()
}

fn table(site: &Site, entry: EntryId) -> SegmentTable {
    let fr = locale("fr");
    let asked = Asked { entry, locale: &fr, live: false, of: Of::Shown };
    wait_for(site.cms.segments(asked)).unwrap().unwrap()
}

fn row<'t>(table: &'t SegmentTable, source: &str) -> &'t Row {
    table.rows.iter().find(|row| row.source.as_deref() == Some(source)).unwrap()
}

fn codes(report: &Report) -> Vec<&str> {
    report.named.iter().map(|one| one.violations[0].code.as_str()).collect()
}

/// The file with a target for a segment, whose source is known by how it begins.
fn answered(xliff: &str, begins: &str, target: &str) -> String {
    let source = format!("<source>{begins}");
    let at = xliff.find(&source).unwrap_or_else(|| panic!("{begins}\n{xliff}"));
    let end = at + xliff[at..].find("</source>").unwrap() + "</source>".len();
    let rest = xliff[end..].trim_start();
    let rest = match rest.strip_prefix("<target>") {
        Some(old) => &old[old.find("</target>").unwrap() + "</target>".len()..],
        None => rest,
    };
    let state = xliff[..at].rfind("state=\"initial\"").filter(|state| at - state < 80);
    let before = match state {
        Some(state) => xliff[..state].to_owned() + "state=\"translated\"" + &xliff[state + 15..at],
        None => xliff[..at].to_owned(),
    };
    format!("{before}{}<target>{target}</target>{rest}", &xliff[at..end])
}

const FRENCH_CALL: &str =
    "Appelez <pc id=\"1\"><ph id=\"2\"/></pc> ou lisez <pc id=\"3\">cette page</pc>.";

fn all_answered(xliff: &str) -> String {
    let words = [
        ("Blackmail", "Chantage"),
        ("What to do", "Que faire"),
        ("Tell an", "Parlez-en à un <pc id=\"1\">adulte</pc>."),
        ("Call ", FRENCH_CALL),
    ];
    words.iter().fold(xliff.to_owned(), |xliff, (begins, target)| answered(&xliff, begins, target))
}

#[test]
fn a_file_goes_out_comes_back_and_is_taken_in_one_append() {
    let (site, entry) = site();
    let xliff = exported(&site, Format::Xliff, false);
    assert!(
        xliff.contains(&format!("<file id=\"{entry}\" original=\"guidance/plan\">")),
        "{xliff}"
    );
    assert!(xliff.contains("<note category=\"context\">What to do</note>"), "{xliff}");
    let untouched = imported(&site, Format::Xliff, &xliff);
    assert_eq!((untouched.segments, untouched.empty, untouched.taken), (4, 4, 0));
    let events = site.cms.log().last();
    let report = imported(&site, Format::Xliff, &all_answered(&xliff));
    assert_eq!((report.taken, report.refused, report.entries), (4, 0, 1), "{report:?}");
    assert_eq!(site.cms.log().last(), events + 1, "one append");
    let saved = table(&site, entry);
    let call = row(&saved, CALL);
    let said = "Appelez **{{route:line.phone}}** ou lisez [cette page](https://example.org/en).";
    assert_eq!(call.target(), Some(said));
    let record = call.record.as_ref().unwrap();
    assert_eq!((record.origin, record.state), (Origin::Import, SegmentState::Translated));
    site.publish(entry, "fr");
    let french = site.json("/v1/entries/guidance/chantage?locale=fr");
    assert_eq!(french["data"]["translation"]["status"], "current");
}

#[test]
fn what_goes_out_and_comes_back_as_it_was_changes_nothing() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    let own = json!({"title": "Chantage", "body": "# Que faire\n\nParlez-en.\n\n[La page](https://example.org/fr) ou {{route:line.phone}} ou [x](/y)."});
    for content in [None, Some(own)] {
        if let Some(content) = content {
            site.save(entry, "fr", &content);
        }
        let before = (site.cms.log().last(), table(&site, entry));
        for format in [Format::Xliff, Format::Po] {
            let file = exported(&site, format, false);
            let report = imported(&site, format, &file);
            assert_eq!((report.unchanged, report.taken, report.refused), (4, 0, 0), "{file}");
        }
        assert_eq!((site.cms.log().last(), table(&site, entry)), before);
    }
}

#[test]
fn a_file_that_comes_back_late_is_merged_segment_by_segment() {
    let (site, entry) = site();
    let xliff = exported(&site, Format::Xliff, false);
    // Meanwhile the source moves on, and somebody translates a segment.
    let quick = answered(&xliff, "Blackmail", "Extorsion");
    assert_eq!(imported(&site, Format::Xliff, &quick).taken, 1);
    site.save_and_publish(entry, "en", &source(&["Tell somebody *today*.", CALL, KEEP]));
    let late = all_answered(&xliff);
    let stranger = "00000000-0000-7000-8000-00000000abcd";
    let late = late.replace("</xliff>", &format!(
        "<file id=\"{stranger}\"><unit id=\"a\"><segment><source>a</source><target>b</target></segment></unit></file></xliff>"
    ));
    let late = late.replacen("</file>", "<unit id=\"0123456789abcdef\"><segment><source>a</source><target>b</target></segment></unit></file>", 1);
    let mut file = InMemory(late.clone().into_bytes());
    let dry = ImportTranslation { dry_run: true, ..act(Format::Xliff) };
    let events = site.cms.log().last();
    let told = wait_for(site.cms.import_translation(&site.administrator, &mut file, &dry)).unwrap();
    assert_eq!(site.cms.log().last(), events, "a dry run changes nothing");
    let report = imported(&site, Format::Xliff, &late);
    assert_eq!((told.taken, told.refused), (report.taken, report.refused));
    assert_eq!(report.taken, 2, "{report:?}");
    let mut found = codes(&report);
    found.sort_unstable();
    assert_eq!(found, ["source_changed", "target_newer", "unknown_entry_id", "unknown_segment"]);
    assert!(report.named.iter().all(|one| one.line > 1 && !one.segment.is_empty()));
    let after = table(&site, entry);
    assert_eq!(
        row(&after, "Blackmail").target(),
        Some("Extorsion"),
        "nothing newer is overwritten"
    );
    assert_eq!(row(&after, KEEP).status, SegmentStatus::Missing);
    // What is to be done goes out again, with what the source said.
    let open = exported(&site, Format::Xliff, true);
    assert!(open.contains("Keep the messages") && !open.contains("<source>Blackmail"), "{open}");
}

#[test]
fn broken_codes_and_what_checks_refuse_keep_nothing_else_out() {
    let (site, entry) = site();
    let xliff = exported(&site, Format::Xliff, false);
    let bad = answered(&xliff, "Call ", "Appelez.");
    let bad = answered(&bad, "Tell an", "Parlez-en.\n\nÀ un adulte.");
    let bad = answered(&bad, "What to do", "Que faire");
    let report = imported(&site, Format::Xliff, &bad);
    assert_eq!(report.taken, 1);
    assert_eq!(codes(&report), ["broken_code", "leaves_its_place"]);
    assert_eq!(row(&table(&site, entry), "What to do").target(), Some("Que faire"));
}

#[test]
fn a_po_file_says_what_is_fuzzy_and_what_the_source_said() {
    let (site, entry) = site();
    imported(&site, Format::Xliff, &all_answered(&exported(&site, Format::Xliff, false)));
    site.publish(entry, "fr");
    site.save_and_publish(entry, "en", &source(&["Tell an *adult* whom you trust at once.", CALL]));
    let po = exported(&site, Format::Po, true);
    assert!(po.contains(&format!("#, fuzzy\n#| msgid \"{TELL}\"\n")), "{po}");
    assert_eq!(imported(&site, Format::Po, &po).taken, 0, "what is fuzzy still is not done");
    let done = po
        .replace("#, fuzzy\n", "")
        .replace("\"Parlez-en à un *adulte*.\"", "\"Parlez-en tout de suite à un *adulte*.\"");
    let report = imported(&site, Format::Po, &done);
    assert_eq!((report.taken, report.refused), (1, 0), "{report:?}");
    let after = table(&site, entry);
    let told = row(&after, "Tell an *adult* whom you trust at once.");
    assert_eq!(
        (told.status, told.target()),
        (SegmentStatus::Current, Some("Parlez-en tout de suite à un *adulte*."))
    );
}

#[test]
fn over_http_a_file_goes_out_and_back_with_the_reasons_in_the_readers_language() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    desk.save(&format!("{entry}/en"), "\"0\"", "Page");
    desk.done(&format!("{entry}/en"), "publish", "\"1\"", &Value::Null);
    let bearer = format!("Bearer {}", desk.token);
    let ask = |method: Method, path: &str, body: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/xliff+xml"),
            ("Accept-Language", "fr"),
        ];
        desk.app.send(method, &format!("/manage/v1/{path}"), &headers, body)
    };
    let file = ask(Method::Get, "translations/export?to=fr&type=guidance", "");
    assert_eq!((file.status, file.header("content-type")), (200, Some("application/xliff+xml")));
    let bad = answered(&file.text(), "Page", "Page <ph id=\"9\"/>");
    let good = answered(&bad, "Text.", "Texte.");
    let report = ask(Method::Post, "translations/import", &good).json();
    assert_eq!((&report["taken"], &report["refused"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!(report["errors"][0]["errors"][0]["code"], "broken_code");
    let detail = report["errors"][0]["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Le code 9"), "{detail}");
    let cut = ask(Method::Post, "translations/import", good.trim_end().trim_end_matches('>'));
    assert_eq!(cut.status, 422, "{cut:?}");
    assert_eq!(cut.json()["errors"][0]["code"], "file_malformed");
    let filled = ask(Method::Post, "translations/pretranslate?to=fr&provider=pseudo", "").json();
    assert_eq!(filled["machine"], 1, "{filled}");
    let unknown = ask(Method::Get, "memory?source=Page&to=de", "");
    assert_eq!(unknown.faults(), [("to".to_owned(), "unknown_locale".to_owned())]);
    let found = ask(Method::Get, "memory?source=Page&to=fr", "").json();
    assert_eq!(found["data"], json!([]));
}

#[test]
fn a_translator_takes_in_their_language_alone() {
    let (site, entry) = site();
    let xliff = all_answered(&exported(&site, Format::Xliff, false));
    let acts = vec![Act::Read, Act::Write];
    let grant = |tag: &str| Grant {
        acts: acts.clone(),
        agency: None,
        type_name: None,
        locale: Some(locale(tag)),
    };
    let spanish = Actor { account: site.administrator.account, grants: vec![grant("es")] };
    let (mut file, act) = (InMemory(xliff.clone().into_bytes()), act(Format::Xliff));
    let refused = wait_for(site.cms.import_translation(&spanish, &mut file, &act)).unwrap();
    assert_eq!((refused.taken, refused.refused), (0, 4));
    assert_eq!(codes(&refused), ["unknown_entry_id"; 4]);
    // A translator says of nothing that it is right.
    let french = Actor { account: site.administrator.account, grants: vec![grant("fr")] };
    let mut file = InMemory(xliff.replace("state=\"translated\"", "state=\"final\"").into_bytes());
    let taken = wait_for(site.cms.import_translation(&french, &mut file, &act)).unwrap();
    assert_eq!((taken.taken, taken.refused), (4, 0), "{taken:?}");
    let after = table(&site, entry);
    assert!(
        after.rows.iter().all(|row| row.record.as_ref().unwrap().state == SegmentState::Translated)
    );
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_changes_nothing() {
    let (site, _) = site();
    let whole = all_answered(&exported(&site, Format::Xliff, false));
    let last = site.cms.log().last();
    for cut in [10, whole.len() / 2, whole.len() - 4] {
        let cut = (0..=cut).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        let mut file = InMemory(whole.as_bytes()[..cut].to_vec());
        let act = act(Format::Xliff);
        let refused = wait_for(site.cms.import_translation(&site.administrator, &mut file, &act));
        assert!(matches!(refused, Err(ImportTranslationError::Fault(_))), "{refused:?}");
    }
    let wrong = whole.replace("trgLang=\"fr\"", "trgLang=\"xx\"");
    let mut file = InMemory(wrong.into_bytes());
    let act = act(Format::Xliff);
    let refused = wait_for(site.cms.import_translation(&site.administrator, &mut file, &act));
    let Err(ImportTranslationError::Fault(fault)) = refused else { panic!("{refused:?}") };
    assert_eq!(fault.violation.code, "unknown_locale");
    assert_eq!(site.cms.log().last(), last);
}
