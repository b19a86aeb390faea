//! Translations as files: what goes out, what comes back days later, what the memory knows and what a machine proposes.

use std::io::{self, BufRead, Cursor};

use cms_core::{
    access::{Act, Actor, Grant},
    commands::{
        CommandError,
        import_memory::ImportMemory,
        import_translation::{File, ImportTranslation, ImportTranslationError, Report},
        pretranslate::{Filled, Pretranslate, PretranslateError},
    },
    exchange::{Languages, tmx},
    id::EntryId,
    queries::{
        memory::Sought,
        segments::{Asked, Of, Row, SegmentTable},
        translation_export::{Format, Wanted},
    },
    segment::{Origin, SegmentState},
    translation::{
        SegmentStatus,
        machine::{Provider, ProviderError, pseudo::Pseudo},
        memory::Direction,
    },
};
use rocket::{async_trait, http::Method};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    http_acts::desk::Desk,
    site::{Site, locale},
};

mod hostile;
mod machine;
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
    let written = site.cms.export_translations(&site.administrator, &wanted(open), out);
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
