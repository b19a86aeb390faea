//! Rebuilding: all derived data made again from the log gives the same bytes, while the old serves.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cms_core::event::Withdrawal;
use serde_json::json;

use crate::{
    app::wait_for,
    site::{Site, line, route, route_shared, shared, translated},
};

/// A site with something of everything that a rebuild could get wrong.
fn lived_in() -> Site {
    let site = Site::new();
    let mut lines = vec![
        route("line", "0800 111"),
        line("topic", "scams", &json!({"title": "Scams"})),
        line("page", "home", &json!({"title": "Home", "body": "{{entry:g-1.summary}}"})),
    ];
    for n in 0..12 {
        let key = format!("g-{n}");
        let content = json!({"title": format!("G {n}"), "summary": format!("S {n}"),
            "body": "Call {{route:line.phone}}.\n\n# Über\n\n| a |\n|---|\n| b |"});
        lines.push(shared(
            line("guidance", &key, &content),
            json!({"topics": ["key:scams"], "age_min": n}),
        ));
        lines.push(translated("guidance", &key, "fr", &content));
    }
    site.import(&lines);
    let id = |key: &str| site.id("guidance", key);
    site.save_as(id("g-0"), "en", "moved", &json!({"title": "Moved", "body": "b"}));
    site.publish(id("g-0"), "en");
    site.save(id("g-1"), "en", &json!({"title": "A draft", "body": "b"}));
    let notice = Some("Superseded".to_owned());
    let withdrawn = Withdrawal::Withdrawn { notice, replacement: Some(id("g-0")) };
    site.try_unpublish(id("g-2"), "en", withdrawn).unwrap();
    site.try_unpublish(id("g-3"), "fr", Withdrawal::Gone { replacement: None }).unwrap();
    site.try_unpublish(id("g-4"), "en", Withdrawal::Gone { replacement: None }).unwrap();
    site.publish(id("g-4"), "en");
    wait_for(site.cms.erase(&site.administrator, id("g-5"))).unwrap();
    let route = site.id("route", "line");
    site.save(route, "shared", &route_shared("0800 222"));
    site.publish(route, "shared");
    site
}

/// What readers get at every address that there is, and the header fields that depend on content.
fn everything(site: &Site) -> Vec<(String, u16, Option<String>, String)> {
    let mut paths: Vec<String> =
        ["/v1", "/v1/locales", "/v1/types", "/v1/sitemap.xml", "/v1/changes?limit=1000"]
            .map(str::to_owned)
            .to_vec();
    for tag in ["en", "fr", "ar"] {
        paths.push(format!("/v1/feed.atom?locale={tag}"));
        for type_name in ["guidance", "page", "route", "topic"] {
            paths.push(format!("/v1/entries/{type_name}?locale={tag}&limit=100&count=exact"));
            paths.push(format!("/v1/entries/{type_name}?locale={tag}&sort=title&limit=3"));
        }
        paths.push(format!(
            "/v1/entries/guidance?locale={tag}&filter[age_min][gte]=6&facet=topics&fields=title,body&include=topics"
        ));
        for n in 0..12 {
            for name in
                [format!("g-{n}"), format!("key:g-{n}"), format!("g-{n}-fr"), "moved".to_owned()]
            {
                paths.push(format!("/v1/entries/guidance/{name}?locale={tag}"));
            }
        }
        paths.push(format!("/v1/entries/page/home?locale={tag}"));
    }
    let answer = |path: String| {
        let answer = site.get(&path);
        assert!(answer.status < 500, "{path}: {}", answer.text());
        let etag = answer.header("etag").map(str::to_owned);
        let body = if answer.status < 400 { answer.text() } else { answer.code() };
        (path, answer.status, etag, body)
    };
    paths.into_iter().map(answer).collect()
}

#[test]
fn a_rebuild_gives_the_same_bytes() {
    let site = lived_in();
    let before = everything(&site);
    assert!(before.iter().filter(|(_, status, ..)| *status == 200).count() > 100);
    let exported = site.export(true);
    let (tell, told) = std::sync::mpsc::channel();
    wait_for(site.cms.rebuild(move |event| tell.send(event).unwrap())).unwrap();
    assert!(told.iter().count() > 0, "it tells how far it is");
    assert!(wait_for(site.cms.settled()));
    for (before, after) in before.iter().zip(everything(&site)) {
        assert_eq!(*before, after);
    }
    assert_eq!(site.export(true), exported);
    // And the new data follows what happens next, also after the next start.
    site.import(&[line("guidance", "later", &json!({"title": "Later", "body": "b"}))]);
    assert_eq!(site.get("/v1/entries/guidance/later?locale=en").status, 200);
    let before = everything(&site);
    let site = Site::over(site.close());
    assert!(wait_for(site.cms.settled()));
    assert_eq!(everything(&site), before);
}

#[test]
fn the_old_data_serves_until_the_new_is_there() {
    let site = lived_in();
    let path = "/v1/entries/guidance/moved?locale=en&fields=title";
    let expected = site.get(path).text();
    let delivery = site.cms.delivery();
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let cms = &site.cms;
        let reader = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let counts = cms.delivery().counts().unwrap();
                assert!(
                    counts
                        .iter()
                        .any(|((_, name), count)| name.as_str() == "guidance" && *count > 5)
                );
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..3 {
            wait_for(cms.rebuild(|_| ())).unwrap();
        }
        done.store(true, Ordering::Release);
        reader.join().unwrap();
    });
    assert!(asked.into_inner() > 0);
    assert_eq!(site.get(path).text(), expected);
    // Whoever asked before still has answers.
    assert!(delivery.counts().unwrap().iter().any(|(_, count)| *count > 5));
    let folders: Vec<_> = std::fs::read_dir(site.folder.path().join("derived"))
        .unwrap()
        .map(|item| item.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.parse::<u32>().is_ok())
        .collect();
    assert_eq!(folders.len(), 1, "what no longer serves is gone: {folders:?}");
}

#[test]
fn damaged_or_missing_derived_data_is_made_again_at_the_start() {
    let site = lived_in();
    let before = everything(&site);
    let folder = site.close();
    std::fs::remove_dir_all(folder.path().join("derived")).unwrap();
    let site = Site::over(folder);
    assert!(wait_for(site.cms.settled()));
    assert_eq!(everything(&site), before);
}
