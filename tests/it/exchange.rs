//! Import and export: the same content, whichever way it went.

use cms_core::event::Withdrawal;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    demo::{bring_pictures, demo_lines},
    site::{Site, line, locale, pair, pairs, route, shared, text, translated},
};

/// A new site with these lines.
fn with(lines: &str) -> Site {
    let site = Site::over(tempfile::tempdir().unwrap());
    bring_pictures(&site.cms);
    let report = site.import_text(lines, false);
    assert_eq!(report.refused, []);
    site
}

#[test]
fn export_import_export_is_identical_over_the_demo_content() {
    let first = with(&demo_lines());
    let exported = first.export(false);
    assert!(exported.lines().count() > 200);
    assert_eq!(exported, first.export(false), "the same store gives the same bytes");
    let second = with(&exported);
    assert_eq!(second.export(false), exported);
    let read = |site: &Site, tag: &str| {
        let list = site.json(&format!("/v1/entries/guidance?locale={tag}&limit=100&sort=title"));
        let fresh = |item: &Value| {
            json!([
                item["key"],
                item["slug"],
                item["published_at"],
                item["fields"]["title"],
                item["translation"]["status"],
                item["locale"]
            ])
        };
        list["data"].as_array().unwrap().iter().map(fresh).collect::<Vec<_>>()
    };
    for tag in ["en", "fr", "es", "ar", "ja", "th"] {
        assert_eq!(read(&first, tag), read(&second, tag), "readers get the same in {tag}");
    }
    let report = second.import_text(&exported, false);
    assert_eq!(report.accepted, 0, "importing the export again changes nothing");
    assert_eq!(second.export(false), exported);
}

#[test]
fn export_import_export_is_identical_with_drafts_and_what_was_taken_away() {
    let site = Site::new();
    let content = |title: &str| json!({"title": title, "summary": "S", "body": "b {{route:line}}"});
    site.import(&[
        route("line", "0800 111"),
        line("topic", "scams", &json!({"title": "Scams"})),
        shared(
            line("guidance", "a", &content("A")),
            json!({"topics": ["key:scams"], "age_min": 3}),
        ),
        translated("guidance", "a", "fr", &content("A fr")),
        shared(line("guidance", "b", &content("B")), json!({"age_min": 4, "related": ["key:a"]})),
        translated("guidance", "b", "fr", &content("B fr")),
        line("guidance", "c", &content("C")),
    ]);
    let id = |key: &str| site.id("guidance", key);
    site.save(id("a"), "en", &content("A draft"));
    site.save(id("a"), "shared", &json!({"age_min": 5}));
    site.save(id("a"), "ar", &json!({"title": "Only a draft"}));
    // Published in French alone: its shared fields are still published.
    site.try_unpublish(id("b"), "en", Withdrawal::Gone { replacement: None }).unwrap();
    site.try_unpublish(id("c"), "en", Withdrawal::Gone { replacement: None }).unwrap();
    for drafts in [false, true] {
        let exported = site.export(drafts);
        let second = with(&exported);
        assert_eq!(second.export(drafts), exported, "drafts: {drafts}");
        let french = second.json("/v1/entries/guidance/key:b?locale=fr");
        assert_eq!(french["data"]["fields"]["age_min"], 4);
        assert_eq!(second.get("/v1/entries/guidance/key:c?locale=en").status, 404);
        let english = second.json("/v1/entries/guidance/key:a?locale=en");
        assert_eq!(english["data"]["fields"]["title"], "A");
        assert_eq!(english["data"]["fields"]["age_min"], 3);
    }
}

#[test]
fn a_line_is_accepted_once_however_it_is_written() {
    let site = Site::new();
    let row =
        shared(line("guidance", "a", &json!({"title": "A", "body": "b"})), json!({"age_min": 3}));
    site.import(std::slice::from_ref(&row));
    let last = site.cms.log().last();
    for again in
        [row.to_string(), format!("{row:#}").replace('\n', " "), format!("\u{feff}{row}\n\n")]
    {
        let report = site.import_text(&again, false);
        assert_eq!((report.unchanged, report.accepted), (1, 0), "{again}");
    }
    assert_eq!(site.cms.log().last(), last);
}

#[test]
fn bad_lines_are_told_and_good_ones_land_unless_it_is_all_or_nothing() {
    let lines = text(&[
        line("guidance", "a", &json!({"title": "A", "body": "b"})),
        line("guidance", "b", &json!({"title": "B", "text": "b"})),
        line("guidance", "c", &json!({"title": "C", "body": "c"})),
    ]);
    let site = Site::new();
    let last = site.cms.log().last();
    let kept_out = site.import_text(&lines, true);
    assert!(kept_out.kept_out && kept_out.accepted == 0);
    assert_eq!(site.cms.log().last(), last, "all or nothing: nothing");
    let report = site.import_text(&lines, false);
    assert_eq!((report.accepted, report.refused.len()), (2, 1));
    assert_eq!(report.refused[0].line, 2);
    assert_eq!(pairs(&report.refused[0].violations), [pair("/fields/text", "unknown_field")]);
    assert_eq!(site.slugs("/v1/entries/guidance?locale=en&sort=title"), ["a", "c"]);
    // What was refused left nothing behind.
    let key = "b".parse().unwrap();
    let found = site.cms.editing().entry_by_key(&"guidance".parse().unwrap(), &key).unwrap();
    assert_eq!(found, None);
}

#[test]
fn a_translation_is_of_the_source_that_is_live_when_the_import_ends() {
    let site = Site::new();
    let source = |text: &str| line("guidance", "a", &json!({"title": "A", "body": text}));
    let french = translated("guidance", "a", "fr", &json!({"title": "A fr", "body": "b"}));
    site.import(&[french.clone(), source("one"), source("two")]);
    let status = || {
        site.json("/v1/entries/guidance/a-fr?locale=fr")["data"]["translation"]["status"].clone()
    };
    assert_eq!(status(), "current");
    site.import(&[source("three")]);
    assert_eq!(status(), "outdated");
    let mut again = french;
    again["fields"]["body"] = "c".into();
    site.import(&[again]);
    assert_eq!(status(), "current");
}

#[test]
fn an_import_needs_an_administrator() {
    let site = Site::new();
    let nobody =
        cms_core::access::Actor { account: site.administrator.account, grants: Vec::new() };
    let mut lines = crate::site::Text(text(&[line("guidance", "a", &json!({"title": "A"}))]));
    let options = cms_core::commands::import::ImportOptions::default();
    let refused =
        wait_for(async { site.cms.import(&nobody, &mut lines, &options, &|_, _| ()).await });
    assert!(refused.is_err());
    let locales = site.cms.editing().locales().unwrap();
    assert!(locales.all().iter().all(|known| known.tag != locale("de")));
}
