//! Erasure: as if it had never been, in every answer and, after a compaction, in every file; and it does
//! not come back.

use std::path::Path;

use cms_core::{
    event::Withdrawal,
    store::{LogOptions, sled},
};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, line, pair, pairs, text, translated},
};

/// A word that compression leaves as it is, and that is nowhere else.
const WORD: &str = "q7zxk9wvj3hfp2rtb8nmd5ycg4s6";

fn secret() -> Vec<Value> {
    let content = json!({"title": WORD, "summary": WORD, "body": format!("It says {WORD}.")});
    vec![
        line("guidance", "open", &json!({"title": "Open", "body": "b"})),
        line("guidance", "secret", &content),
        translated("guidance", "secret", "fr", &content),
    ]
}

/// The files under a folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|held| held == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn what_was_erased_is_nowhere_for_readers_and_told_once() {
    let site = Site::new();
    site.import(&secret());
    let secret = site.id("guidance", "secret");
    site.save_as(secret, "en", "another", &json!({"title": WORD, "body": "b"}));
    site.publish(secret, "en");
    let paths = [
        "/v1/entries/guidance/another?locale=en".to_owned(),
        "/v1/entries/guidance/secret?locale=en".to_owned(),
        "/v1/entries/guidance/secret-fr?locale=fr".to_owned(),
        "/v1/entries/guidance/key:secret?locale=en".to_owned(),
        format!("/v1/entries/guidance/{secret}?locale=en"),
    ];
    for path in &paths {
        assert!([200, 308].contains(&site.get(path).status), "{path}");
    }
    let (_, start) = site.changes(None);
    wait_for(site.cms.erase(&site.administrator, secret)).unwrap();
    for path in &paths {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{path}");
    }
    assert_eq!(site.slugs("/v1/entries/guidance?locale=en"), ["open"]);
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr"), ["open"]);
    for path in ["/v1/entries/guidance?locale=en", "/v1/feed.atom?locale=en", "/v1/sitemap.xml"] {
        assert!(!site.get(path).text().contains(WORD), "{path}");
    }
    assert_eq!(site.changes(Some(&start)).0, ["erased guidance/- -"]);
    let from_the_beginning = site.changes(None).0;
    assert_eq!(from_the_beginning, ["published guidance/open en", "erased guidance/- -"]);
    for tag in ["en", "fr"] {
        let feed = site.get(&format!("/v1/feed.atom?locale={tag}")).text();
        assert!(feed.contains(&format!("<at:deleted-entry ref=\"urn:uuid:{secret}\"")), "{feed}");
    }
    assert!(site.cms.editing().entry(secret).unwrap().is_none());
    assert!(!site.export(true).contains(WORD));
}

#[test]
fn an_import_does_not_bring_back_what_was_erased() {
    let site = Site::new();
    site.import(&secret());
    let before = site.export(false);
    wait_for(site.cms.erase(&site.administrator, site.id("guidance", "secret"))).unwrap();
    let last = site.cms.log().last();
    let exported: Vec<_> = before.lines().filter(|line| line.contains("secret")).collect();
    let exported = exported.join("\n");
    for lines in [text(&secret()[1..]), exported] {
        let report = site.import_text(&lines, false);
        let refused: Vec<_> = report.refused.iter().map(|it| pairs(&it.violations)).collect();
        assert_eq!(refused, [[pair("/key", "key_erased")], [pair("/key", "key_erased")]]);
        assert_eq!((report.unchanged, report.accepted), (0, 0));
    }
    assert_eq!(site.cms.log().last(), last, "nothing was written");
    let again = cms_core::commands::create_entry::CreateEntry {
        type_name: "guidance".parse().unwrap(),
        agency: None,
        source_locale: crate::site::locale("en"),
        key: Some("secret".parse().unwrap()),
    };
    let refused = wait_for(site.cms.create_entry(&site.administrator, again));
    assert_eq!(crate::site::wrong(refused), [pair("/key", "key_erased")]);
    // Of another type it is another entry; and its slug is free.
    site.import(&[line("topic", "secret", &json!({"title": "Topic"}))]);
    let mut free = line("guidance", "another", &json!({"title": "T", "body": "b"}));
    free["slug"] = "secret".into();
    site.import(&[free]);
    assert_eq!(site.json("/v1/entries/guidance/secret?locale=en")["data"]["key"], "another");
}

#[test]
fn a_withdrawn_entry_is_erased_with_its_notice() {
    let site = Site::new();
    site.import(&secret());
    let secret = site.id("guidance", "secret");
    let withdrawal = Withdrawal::Withdrawn { notice: Some(WORD.to_owned()), replacement: None };
    site.try_unpublish(secret, "en", withdrawal).unwrap();
    wait_for(site.cms.erase(&site.administrator, secret)).unwrap();
    assert_eq!(site.get("/v1/entries/guidance/secret?locale=en").status, 404);
    assert!(!site.get("/v1/changes").text().contains(WORD));
}

#[test]
fn erased_content_is_gone_from_all_files_after_a_compaction_and_the_tree_is_whole() {
    let site = Site::new();
    site.import(&secret());
    let root = |site: &Site, size| wait_for(site.cms.log().root(size)).unwrap();
    let events = site.cms.log().last();
    let before = root(&site, events);
    wait_for(site.cms.erase(&site.administrator, site.id("guidance", "secret"))).unwrap();
    let after = (site.cms.log().last(), root(&site, site.cms.log().last()));
    let folder = site.close();
    assert_ne!(holding(folder.path(), WORD.as_bytes()), [] as [&str; 0], "or this shows nothing");

    let log = folder.path().join("log");
    sled::compact(&log, &LogOptions::default(), &mut |_| ()).unwrap();
    let site = Site::over(folder);
    wait_for(site.cms.rebuild(|_| ())).unwrap();
    assert!(wait_for(site.cms.settled()));
    assert_eq!(holding(site.folder.path(), WORD.as_bytes()), [] as [&str; 0]);
    assert_eq!((root(&site, events), (after.0, root(&site, after.0))), (before, after));
    assert_eq!(site.slugs("/v1/entries/guidance?locale=en"), ["open"]);
    let report = site.import_text(&text(&secret()), false);
    assert_eq!((report.accepted, report.refused.len()), (0, 2), "its tombstone is still there");
}
