//! A site's own glossary: what is agreed binds translations once it is published, helps translators, goes out as files
//! and comes in as drafts.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, Cursor},
};

use cms_core::{
    access::{Act, Actor, Grant},
    cms::translations::import::{File, ImportTranslationError},
    commands::{
        CommandError,
        import_glossary::{GlossaryReport, ImportGlossary},
    },
    event::Withdrawal,
    exchange::{Languages, terms::Format},
    id::EntryId,
    queries::translation_export::{Format as Segments, Wanted},
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    http_acts::desk::Desk,
    site::{Site, line, locale, shared, translated},
};

/// A file in memory.
struct InMemory(String);

impl File for InMemory {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(Cursor::new(self.0.clone().into_bytes())))
    }
}

/// A site with a term in English and French.
fn site() -> (Site, EntryId) {
    let site = Site::new();
    let english = json!({
        "title": "abuse material", "definition": "Evidence of abuse.", "variants": ["CSAM"],
        "forbidden": [{"wording": "child pornography", "reason": "It is no pornography."}],
    });
    let french = json!({
        "title": "matériel d'abus sexuels",
        "forbidden": [{"wording": "pédopornographie", "reason": "Ce n'en est pas."}],
        "exempt": ["loi sur la pédopornographie"],
    });
    site.import(&[
        shared(line("term", "csam", &english), json!({"part_of_speech": "noun"})),
        translated("term", "csam", "fr", &french),
    ]);
    let id = site.id("term", "csam");
    (site, id)
}

fn page(site: &Site, english: &str, french: &str) -> EntryId {
    let entry = site.create("guidance", &format!("page-{}", site.cms.log().last()));
    site.save_and_publish(entry, "en", &json!({"title": "Page one", "body": english}));
    site.save(entry, "fr", &json!({"title": "Première page", "body": french}));
    entry
}

/// What the glossary's check tells of the French draft: what is missing, and what is too much.
fn told(site: &Site, entry: EntryId) -> Vec<(Vec<String>, Vec<String>)> {
    let editing = site.cms.editing();
    let entry = editing.entry(entry).unwrap().unwrap();
    let (kind, _) = editing.content_type(&entry.type_name).unwrap().unwrap();
    let found = wait_for(editing.checked(&entry, &kind, (&locale("fr"), false))).unwrap();
    let told = found.told.into_iter().filter(|it| it.finding.check.as_str() == "check_glossary");
    told.map(|it| (it.finding.missing, it.finding.surplus)).collect()
}

fn lists(missing: &[&str], surplus: &[&str]) -> (Vec<String>, Vec<String>) {
    let [missing, surplus] = [missing, surplus];
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    (owned(missing), owned(surplus))
}

const AGREED: &str = "matériel d'abus sexuels";

#[test]
fn what_is_agreed_binds_translations_while_it_is_published() {
    let (site, term) = site();
    let lacks = page(&site, "Report all **abuse materials** here.", "Signalez-le ici.");
    let says = page(&site, "Report *CSAM* here.", "Signalez les *matériels d’abus sexuel* ici.");
    let wrong = page(&site, "Report it to us here.", "Signalez la pédopornographie ici.");
    let law = page(&site, "See the law.", "Voir la loi sur la pédopornographie ici.");
    assert_eq!(told(&site, lacks), [lists(&[AGREED], &[])]);
    assert_eq!(told(&site, says), []);
    assert_eq!(told(&site, wrong), [lists(&[AGREED], &["pédopornographie"])]);
    assert_eq!(told(&site, law), [], "a law is called what it is called");
    // A draft binds nobody, and what is taken away no longer does.
    site.save(term, "fr", &json!({"title": "contenu pédocriminel"}));
    assert_eq!(told(&site, lacks), [lists(&[AGREED], &[])]);
    site.publish(term, "fr");
    assert_eq!(told(&site, lacks), [lists(&["contenu pédocriminel"], &[])]);
    site.try_unpublish(term, "fr", Withdrawal::Gone { replacement: None }).unwrap();
    assert_eq!(told(&site, lacks), []);
    let built_in = told(&site, wrong);
    assert_eq!(built_in.len(), 1, "nobody should say that");
    assert_ne!(built_in, [lists(&[AGREED], &["pédopornographie"])]);
    site.publish(term, "fr");
    wait_for(site.cms.rebuild(|_| {})).unwrap();
    assert_eq!(told(&site, lacks), [lists(&["contenu pédocriminel"], &[])]);
    wait_for(site.cms.erase(&site.administrator, term)).unwrap();
    assert_eq!(told(&site, lacks), []);
}

#[test]
fn terms_are_read_as_a_list_and_not_found_where_help_is_looked_for() {
    let (site, _) = site();
    assert_eq!(site.slugs("/v1/entries/term?locale=fr"), ["csam-fr"]);
    let term = site.json("/v1/entries/term/csam?locale=en");
    assert_eq!(term["data"]["fields"]["forbidden"][0]["wording"], "child pornography");
    assert_eq!(site.json("/v1/search?q=abuse+material&locale=en")["data"], json!([]));
}

#[test]
fn the_terms_of_a_unit_go_out_with_it() {
    let (site, _) = site();
    page(&site, "Report *CSAM* here.", "");
    page(&site, "Nothing to see here.", "");
    let languages = Languages { source: locale("en"), target: locale("fr") };
    let type_name = Some("guidance".parse().unwrap());
    let wanted = Wanted { languages, type_name, agency: None, entries: [].into(), open: false };
    let out = (Segments::Xliff, Vec::new());
    let written = site.cms.export_translations(&site.administrator, &wanted, out);
    let xliff = String::from_utf8(wait_for(written).unwrap().1).unwrap();
    let glossary = "<gls:glossEntry><gls:term>abuse material</gls:term>\
        <gls:translation>matériel d'abus sexuels</gls:translation>\
        <gls:definition>Evidence of abuse.</gls:definition></gls:glossEntry>";
    assert!(xliff.contains(glossary), "{xliff}");
    assert_eq!(xliff.matches("<gls:glossary>").count(), 1);
}

fn exported(site: &Site, actor: &Actor, format: Format) -> String {
    let everywhere = BTreeSet::new();
    let written = site.cms.export_glossary(actor, &everywhere, (format, Vec::new()));
    String::from_utf8(wait_for(written).unwrap().1).unwrap()
}

fn try_import(
    site: &Site,
    actor: &Actor,
    (format, text): (Format, &str),
    act: &ImportGlossary,
) -> Result<GlossaryReport, ImportTranslationError> {
    let mut file = InMemory(text.to_owned());
    wait_for(site.cms.import_glossary(actor, (&mut file, format), act))
}

fn imported(site: &Site, format: Format, text: &str) -> GlossaryReport {
    try_import(site, &site.administrator, (format, text), &ImportGlossary::default()).unwrap()
}

/// Each draft of the terms, as it stands.
fn drafts(site: &Site) -> Vec<String> {
    let lines = site.export(true);
    lines.lines().filter(|line| line.contains("\"type\":\"term\"")).map(str::to_owned).collect()
}

#[test]
fn what_goes_out_and_comes_back_as_it_was_changes_nothing() {
    let (site, _) = site();
    let cased =
        json!({"title": "ICE", "forbidden": [{"wording": "=1+1"}, {"wording": ".*(a+)+$"}]});
    let found = json!({"case_sensitive": true, "inflection": "exact", "review_due": "2027-01-01"});
    let mut odd = shared(line("term", "0/odd&key\"", &cased), found);
    odd["slug"] = "odd".into();
    site.import(&[odd]);
    for format in [Format::Tbx, Format::Csv] {
        let before = (site.cms.log().last(), drafts(&site));
        let file = exported(&site, &site.administrator, format);
        let report = imported(&site, format, &file);
        assert_eq!((report.terms, report.unchanged, report.event), (2, 2, 0), "{file}");
        assert_eq!((site.cms.log().last(), drafts(&site)), before);
        // And a site that knows nothing gets all that the format can tell.
        let other = Site::new();
        let report = imported(&other, format, &file);
        assert_eq!((report.created, report.changed), (2, 0), "{file}");
        assert_eq!(exported(&other, &other.administrator, format), file);
        let again = imported(&other, format, &file);
        assert_eq!((again.unchanged, again.event), (2, 0));
    }
}

#[test]
fn what_a_file_says_becomes_drafts_and_what_it_cannot_say_stays() {
    let (site, term) = site();
    let tbx = exported(&site, &site.administrator, Format::Tbx);
    let changed = tbx.replace(">matériel d'abus sexuels<", ">contenu pédocriminel<");
    let dry = ImportGlossary { dry_run: true, ..ImportGlossary::default() };
    let last = site.cms.log().last();
    let told = try_import(&site, &site.administrator, (Format::Tbx, &changed), &dry).unwrap();
    assert_eq!((told.changed, told.event, site.cms.log().last()), (1, 0, last));
    let report = imported(&site, Format::Tbx, &changed);
    assert_eq!((report.changed, report.event), (1, last + 1), "one append, of French alone");
    let editing = site.cms.editing();
    let head = editing.entry(term).unwrap().unwrap().heads[&crate::site::part_of("fr")].clone();
    assert!(head.published().is_some_and(|live| live.saved != head.draft), "a draft");
    let fields = json!(wait_for(editing.fields(head.draft.event)).unwrap());
    assert_eq!(fields["title"], "contenu pédocriminel");
    assert_eq!(fields["exempt"], json!(["loi sur la pédopornographie"]), "TBX can't tell");
    // Two terms that are called the same, and one of another source.
    let same = "key,locale,term\na,en,victim\nb,en,victim\n";
    assert_eq!(imported(&site, Format::Csv, same).created, 2);
    let act = ImportGlossary { prefix: "iate-".to_owned(), ..ImportGlossary::default() };
    let report = try_import(&site, &site.administrator, (Format::Csv, same), &act).unwrap();
    assert_eq!(report.created, 2);
    assert_ne!(site.id("term", "iate-a"), site.id("term", "a"));
}

#[test]
fn a_file_in_which_something_is_wrong_changes_nothing_and_all_of_it_is_told() {
    let (site, _) = site();
    let last = site.cms.log().last();
    let import = |text: &str, act: &ImportGlossary| {
        try_import(&site, &site.administrator, (Format::Csv, text), act)
    };
    let any = ImportGlossary::default();
    let long = "x".repeat(201);
    let text = format!(
        "key,locale,term,inflection\ngood,en,fine,stem\nlong,en,{long},\nbad,en,x,regex\nde,de,nur deutsch,\nk k,en,x,\n"
    );
    let Err(ImportTranslationError::Command(CommandError::Invalid(wrong))) = import(&text, &any)
    else {
        panic!("it is refused")
    };
    let told: Vec<_> = wrong.iter().map(|it| (it.pointer.as_str(), it.code.as_str())).collect();
    assert_eq!(
        told,
        [
            ("/lines/3/title", "too_long"),
            ("/lines/4/inflection", "not_allowed_value"),
            ("/lines/5", "unknown_locale"),
            ("/lines/5", "file_missing"),
            ("/lines/6", "bad_key"),
        ]
    );
    assert_eq!(site.cms.log().last(), last);
    let english = ImportGlossary { locales: [locale("en")].into(), ..ImportGlossary::default() };
    let two = "key,locale,term\na,en,victim\na,de,Opfer\n";
    assert!(import(two, &any).is_err(), "the site has no German");
    assert_eq!(import(two, &english).unwrap().created, 1);
    assert!(import("key,locale,term\na,en,\"victim\na,fr,victime\n", &any).is_err());
}

#[test]
fn who_works_in_french_reads_and_writes_french_terms_alone() {
    let (site, _) = site();
    let grant = |acts: &[Act], tag: Option<&str>| Grant {
        acts: acts.to_vec(),
        agency: None,
        type_name: None,
        locale: tag.map(locale),
    };
    let account = site.administrator.account;
    let french = Actor { account, grants: vec![grant(&[Act::Read, Act::Write], Some("fr"))] };
    let csv = exported(&site, &french, Format::Csv);
    assert!(csv.contains(AGREED) && !csv.contains(",en,"), "{csv}");
    let import =
        |text: &str| try_import(&site, &french, (Format::Csv, text), &ImportGlossary::default());
    assert_eq!(import("key,locale,term\ncsam,fr,contenu\n").unwrap().changed, 1);
    let last = site.cms.log().last();
    for text in ["key,locale,term\ncsam,en,content\n", "key,locale,term\nnew,en,content\n"] {
        assert!(matches!(import(text), Err(ImportTranslationError::Command(_))), "{text}");
    }
    let nobody = Actor { account, grants: Vec::new() };
    assert!(!exported(&site, &nobody, Format::Csv).contains("csam"));
    assert_eq!(site.cms.log().last(), last);
}

/// A desk with a term and a page, both published in English, and the term in French too.
fn desk() -> (Desk, String) {
    let desk = Desk::new();
    let term = desk.entry("term");
    for (part, title) in [("en", "password"), ("fr", "mot de passe")] {
        let part = format!("{term}/{part}");
        let body =
            json!({"fields": {"title": title, "forbidden": [{"wording": format!("{title} x")}]}});
        let saved = desk.ask((Method::Patch, &part), Some("\"0\""), &body);
        assert_eq!(saved.status, 200, "{saved:?}");
        desk.done(&part, "publish", "\"1\"", &Value::Null);
    }
    let page = desk.entry("guidance");
    desk.save(&format!("{page}/en"), "\"0\"", "Choose a new password.");
    desk.done(&format!("{page}/en"), "publish", "\"1\"", &Value::Null);
    (desk, page)
}

fn manage(desk: &Desk, token: &str, (method, path): (Method, &str), body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Accept-Language", "fr")];
    desk.app.send(method, &format!("/manage/v1/{path}"), &headers, body)
}

/// Has the first revision of a part approved, by somebody else.
fn approve(desk: &Desk, part: &str) {
    desk.done(part, "submit", "\"1\"", &Value::Null);
    let reviewer = desk.token_for(&[Act::Read, Act::Review], None, None);
    let place = format!("{part}/approve");
    let done = desk.ask_as(&reviewer, (Method::Post, &place), Some("\"1\""), &Value::Null);
    assert_eq!(done.status, 200, "{done:?}");
    assert!(wait_for(desk.app.cms.all_remembered()));
}

fn segment(list: &Value, source: &str) -> Value {
    let all = list["segments"].as_array().unwrap();
    all.iter().find(|it| it["source"] == source).unwrap().clone()
}

#[test]
fn over_http_a_segment_comes_with_its_terms_and_with_what_is_like_it() {
    let (desk, page) = desk();
    let other = desk.entry("guidance");
    desk.save(&format!("{other}/en"), "\"0\"", "Choose a new password today.");
    desk.done(&format!("{other}/en"), "publish", "\"1\"", &Value::Null);
    let read = |token: &str, query: &str| {
        let path = format!("{page}/fr/segments{query}");
        let answer = desk.ask_as(token, (Method::Get, &path), None, &Value::Null);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let title = segment(&read(&desk.token, ""), "Choose a new password.");
    let agreed = &title["glossary"][0];
    assert_eq!((&agreed["term"], &agreed["found"]), (&json!("password"), &json!("password")));
    assert_eq!(agreed["approved"], json!(["mot de passe"]));
    assert_eq!(agreed["forbidden"], json!([{"wording": "mot de passe x"}]));
    assert_eq!(title.get("matches"), None);
    // Somebody approves the other page's translation: it isn't published.
    let body = json!({"fields": {"title": "Choisissez un mot de passe.", "body": "Texte."}});
    let part = format!("{other}/fr");
    assert_eq!(desk.ask((Method::Patch, &part), Some("\"0\""), &body).status, 200);
    approve(&desk, &part);
    let title = segment(&read(&desk.token, ""), "Choose a new password.");
    let found = &title["matches"][0];
    assert_eq!((&found["kind"], &found["percent"]), (&json!("fuzzy"), &json!(80)), "{title}");
    assert_eq!(found["target"], "Choisissez un mot de passe.");
    assert!(found["origin"].as_str().unwrap().ends_with("/title"), "{found}");
    let text = segment(&read(&desk.token, ""), "Text.");
    let found = &text["matches"][0];
    assert_eq!((&found["kind"], &found["percent"]), (&json!("context"), &json!(101)), "{text}");
    let bare = segment(&read(&desk.token, "?aids=false"), "Text.");
    assert_eq!((bare.get("matches"), bare.get("glossary")), (None, None));
    // Who may not read that page's French gets nothing of it.
    let statistics = desk.token_for(&[Act::Read], Some("term"), Some("fr"));
    let guidance = desk.token_for(&[Act::Read], Some("guidance"), Some("fr"));
    let hidden = format!("{page}/fr/segments");
    assert_eq!(desk.ask_as(&statistics, (Method::Get, &hidden), None, &Value::Null).status, 404);
    assert!(segment(&read(&guidance, ""), "Text.").get("matches").is_some());
}

#[test]
fn over_http_nothing_of_a_draft_is_proposed_to_who_may_not_read_it() {
    let (desk, page) = desk();
    let topic = desk.entry("topic");
    let body = json!({"fields": {"title": "Text."}});
    assert_eq!(desk.ask((Method::Patch, &format!("{topic}/en")), Some("\"0\""), &body).status, 200);
    desk.done(&format!("{topic}/en"), "publish", "\"1\"", &Value::Null);
    let part = format!("{topic}/fr");
    let body = json!({"fields": {"title": "Secret."}});
    assert_eq!(desk.ask((Method::Patch, &part), Some("\"0\""), &body).status, 200);
    approve(&desk, &part);
    let of = |token: &str| {
        let path = format!("{page}/fr/segments");
        let list = desk.ask_as(token, (Method::Get, &path), None, &Value::Null).json();
        segment(&list, "Text.").get("matches").map(|it| it[0]["target"].clone())
    };
    assert_eq!(of(&desk.token), Some(json!("Secret.")));
    assert_eq!(of(&desk.token_for(&[Act::Read], Some("guidance"), Some("fr"))), None);
}

#[test]
fn over_http_checks_tell_what_they_find_to_who_may_read_it_in_their_language() {
    let (desk, page) = desk();
    let part = format!("{page}/fr");
    let body = json!({"fields": {"title": "Choisissez un code  secret.", "body": "Texte. Appelez le 112."}});
    assert_eq!(desk.ask((Method::Patch, &part), Some("\"0\""), &body).status, 200);
    let one = manage(&desk, &desk.token, (Method::Get, &format!("entries/{part}/checks")), "");
    assert_eq!(one.status, 200, "{one:?}");
    let report = one.json();
    assert_eq!((&report["translations"], &report["truncated"]), (&json!(1), &json!(false)));
    let found = |report: &Value| -> Vec<(String, String)> {
        let data = report["data"].as_array().unwrap().iter();
        let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        let mut all: Vec<_> = data.map(|it| (text(it, "check"), text(it, "level"))).collect();
        all.sort();
        all
    };
    let expected =
        [("check_glossary", "warning"), ("double_space", "warning"), ("short-code", "error")];
    let expected = expected.map(|(check, level)| (check.to_owned(), level.to_owned()));
    let all = found(&report);
    assert!(expected.iter().all(|it| all.contains(it)), "{all:?}");
    let data = report["data"].as_array().unwrap();
    let glossary = data.iter().find(|it| it["check"] == "check_glossary").unwrap();
    assert_eq!((&glossary["pointer"], &glossary["locale"]), (&json!("/title"), &json!("fr")));
    let detail = glossary["detail"].as_str().unwrap();
    assert!(detail.starts_with("Un terme") && detail.contains("mot de passe"), "{detail}");
    assert_eq!(glossary["target"], "Choisissez un code  secret.");
    let ask = |token: &str, query: &str| {
        manage(&desk, token, (Method::Get, &format!("translations/checks{query}")), "")
    };
    assert_eq!(found(&ask(&desk.token, "?into=fr&type=guidance").json()), all);
    let errors = ask(&desk.token, "?into=fr&level=error").json();
    assert!(found(&errors).iter().all(|(_, level)| level == "error") && !found(&errors).is_empty());
    assert_eq!(ask(&desk.token, "?into=th").json()["translations"], 0);
    assert_eq!(ask(&desk.token, "?target=live&type=guidance").json()["translations"], 0);
    let thai = desk.token_for(&[Act::Read], None, Some("th"));
    assert_eq!(ask(&thai, "").json()["data"], json!([]));
    let hidden = manage(&desk, &thai, (Method::Get, &format!("entries/{part}/checks")), "");
    assert_eq!(hidden.status, 404);
    let wrong = ask(&desk.token, "?into=x&type=X&entry=1&level=all");
    assert_eq!(wrong.status, 400, "{wrong:?}");
    let source =
        manage(&desk, &desk.token, (Method::Get, &format!("entries/{page}/en/checks")), "");
    assert_eq!(source.status, 404, "a source translates nothing");
}

#[test]
fn over_http_a_glossary_goes_out_and_comes_back() {
    let (desk, _) = desk();
    for (format, kind) in [("tbx", "application/x-tbx+xml"), ("csv", "text/csv; charset=utf-8")] {
        let file =
            manage(&desk, &desk.token, (Method::Get, &format!("glossary?format={format}")), "");
        assert_eq!((file.status, file.header("content-type")), (200, Some(kind)));
        let back = manage(&desk, &desk.token, (Method::Post, "glossary"), &file.text());
        assert_eq!(back.status, 200, "{back:?}");
        let expected = json!({"terms": 1, "created": 0, "changed": 0, "unchanged": 1});
        assert_eq!(back.json(), expected, "{}", file.text());
        let cut = manage(
            &desk,
            &desk.token,
            (Method::Post, &format!("glossary?format={format}")),
            "<tbx>\n",
        );
        assert_eq!(cut.status, 422, "{cut:?}");
    }
    let bomb = "<!DOCTYPE tbx [<!ENTITY a \"ha\">]><tbx>&a;</tbx>";
    let refused = manage(&desk, &desk.token, (Method::Post, "glossary"), bomb);
    assert_eq!(refused.faults(), [("/lines/1".to_owned(), "file_declares".to_owned())]);
    let wrong = manage(&desk, &desk.token, (Method::Post, "glossary"), "key,locale,term\na,xx,x\n");
    assert_eq!(wrong.faults()[0], ("/lines/2".to_owned(), "unknown_locale".to_owned()));
    let reader = desk.token_for(&[Act::Read], None, None);
    let refused = manage(&desk, &reader, (Method::Post, "glossary"), "key,locale,term\na,en,x\n");
    assert_eq!(refused.status, 403);
    let asked = manage(&desk, &desk.token, (Method::Post, "glossary?agency=x&from=xx"), "");
    assert_eq!(asked.status, 400);
}
