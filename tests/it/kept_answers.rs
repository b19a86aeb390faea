//! Answers that were kept are given for as long as nothing that they were made from has changed.

use std::sync::Arc;

use cms_core::{
    commands::{publish::Publish, save_draft::SaveDraft},
    id::EntryId,
};
use cms_server::config::Config;
use rocket::local::asynchronous::Client;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, fields, line, part_of, route, route_shared, shared},
};

fn about(title: &str) -> Value {
    json!({"title": title, "body": "b"})
}

#[test]
fn a_list_filtered_by_a_topic_s_slug_follows_the_topic() {
    let site = Site::new();
    site.import(&[
        line("topic", "scams", &json!({"title": "Scams"})),
        shared(line("guidance", "a", &about("A")), json!({"topics": ["key:scams"]})),
    ]);
    let by = |slug: &str| {
        site.slugs(&format!("/v1/entries/guidance?locale=en&filter[topics]={slug}&limit=7"))
    };
    assert_eq!(by("tricks"), [] as [&str; 0]);
    let topic = site.id("topic", "scams");
    site.save_as(topic, "en", "tricks", &json!({"title": "Tricks"}));
    site.publish(topic, "en");
    assert_eq!(by("tricks"), ["a"], "an empty list was kept before");
}

#[test]
fn a_facet_names_its_topics_as_they_are_called_now() {
    let site = Site::new();
    site.import(&[
        line("topic", "scams", &json!({"title": "Scams"})),
        shared(line("guidance", "a", &about("A")), json!({"topics": ["key:scams"]})),
        line("guidance", "b", &about("B")),
    ]);
    // The page itself shows nothing of the topic.
    let path = "/v1/entries/guidance?locale=en&facet=topics&fields=title&limit=1";
    let title = || site.json(path)["facets"]["topics"][0]["title"].clone();
    assert_eq!(title(), "Scams");
    let topic = site.id("topic", "scams");
    site.save_and_publish(topic, "en", &json!({"title": "Fraud"}));
    assert_eq!(title(), "Fraud");
}

#[test]
fn what_is_included_follows_what_it_is_though_the_field_is_left_out() {
    let site = Site::new();
    let guidance = shared(line("guidance", "a", &about("A")), json!({"routes": ["key:line"]}));
    let mut draft = route("line", "0800 111");
    draft["status"] = "draft".into();
    site.import(&[draft, guidance]);
    let route = site.id("route", "line");
    for path in [
        "/v1/entries/guidance/a?locale=en&fields=title&include=routes",
        "/v1/entries/guidance?locale=en&fields=title&include=routes",
    ] {
        assert_eq!(site.json(path)["included"], json!([]), "{path}");
    }
    site.publish(route, "en");
    for path in [
        "/v1/entries/guidance/a?locale=en&fields=title&include=routes",
        "/v1/entries/guidance?locale=en&fields=title&include=routes",
    ] {
        assert_eq!(site.json(path)["included"][0]["slug"], "line", "{path}");
    }
}

#[test]
fn everything_follows_the_site_s_agencies_and_locales() {
    let site = Site::new();
    site.import(&[line("guidance", "a", &about("A"))]);
    let paths = ["/v1/entries/guidance/a?locale=en", "/v1/entries/guidance?locale=en"];
    for path in paths {
        assert!(site.get(path).text().contains("Default agency"), "{path}");
    }
    let before = site.cms.editing().site().unwrap().unwrap();
    let agencies = site.cms.editing().agencies().unwrap();
    let act = cms_core::commands::save_agency::SaveAgency {
        agency: Some(before.default_agency),
        key: agencies[&before.default_agency].key.clone(),
        names: [(crate::site::locale("en"), "Lantern".to_owned())].into(),
    };
    wait_for(site.cms.save_agency(&site.administrator, act)).unwrap();
    for path in paths {
        assert!(site.get(path).text().contains("Lantern"), "{path}");
    }
    assert_eq!(site.get("/v1/entries/guidance/a?locale=de").json()["resolution"]["served"], "en");
    let mut locales = before.locales.clone();
    locales.push(cms_core::event::SiteLocale {
        tag: crate::site::locale("de"),
        name: "Deutsch".to_owned(),
        fallback: Some(vec![crate::site::locale("fr"), crate::site::locale("en")]),
    });
    let act = cms_core::commands::configure_site::ConfigureSite {
        default_locale: before.default_locale,
        locales,
        default_agency: before.default_agency,
    };
    wait_for(site.cms.configure_site(&site.administrator, act)).unwrap();
    let chain = site.json("/v1/entries/guidance/a?locale=de")["resolution"]["chain"].clone();
    assert!(chain.as_array().unwrap().contains(&json!("fr")), "{chain}");
}

/// Makes acts while two readers ask for `path` all the time, so that answers are made at every moment of
/// an act; gives what the next reader gets after each acknowledgement to `check`.
fn while_readers_ask(
    site: &Site,
    path: &'static str,
    rounds: usize,
    act: impl AsyncFn(usize),
    check: impl Fn(usize, &Value),
) {
    wait_for(async {
        let rocket = cms_server::rocket(&Config::default(), &site.cms).unwrap();
        let client = Arc::new(Client::untracked(rocket).await.unwrap());
        let reader = || {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                loop {
                    client.get(path).dispatch().await.into_bytes().await;
                    tokio::task::yield_now().await;
                }
            })
        };
        let readers = [reader(), reader()];
        for round in 0..rounds {
            act(round).await;
            let answer = client.get(path).dispatch().await.into_string().await.unwrap();
            check(round, &serde_json::from_str(&answer).unwrap());
        }
        readers.iter().for_each(tokio::task::JoinHandle::abort);
    });
}

#[test]
fn no_list_made_between_the_view_and_the_index_outlives_the_acknowledgement() {
    let site = Site::new();
    let rows: Vec<Value> =
        (0..20).map(|n| line("guidance", &format!("g-{n}"), &about(&format!("G {n}")))).collect();
    site.import(&rows);
    let entries: Vec<_> = (0..15).map(|n| site.create("guidance", &format!("new-{n}"))).collect();
    for (round, entry) in entries.iter().enumerate() {
        site.save(*entry, "en", &about(&format!("New {round}")));
    }
    while_readers_ask(
        &site,
        "/v1/entries/guidance?locale=en&limit=3&count=exact&facet=topics",
        entries.len(),
        async |round| publish(&site, entries[round], "en").await,
        |round, list| {
            assert_eq!(list["data"][0]["fields"]["title"], format!("New {round}"));
            assert_eq!(list["page"]["count"], 21 + round);
        },
    );
}

#[test]
fn no_page_made_while_a_number_changes_is_kept() {
    let site = Site::new();
    site.import(&[
        route("line", "0800 000"),
        line("guidance", "a", &json!({"title": "A", "body": "{{route:line.phone}}"})),
    ]);
    let route = site.id("route", "line");
    let number = |round: usize| format!("0800 9{round:02}");
    while_readers_ask(
        &site,
        "/v1/entries/guidance/a?locale=en",
        30,
        async |round| {
            let content = fields(&route_shared(&number(round)));
            let save = SaveDraft::new(route, part_of("shared"), content);
            site.cms.save_draft(&site.administrator, save).await.unwrap();
            publish(&site, route, "shared").await;
        },
        |round, page| {
            let html = page["data"]["fields"]["body"]["html"].as_str().unwrap();
            assert!(html.contains(&number(round)), "round {round}: {html}");
        },
    );
}

async fn publish(site: &Site, entry: EntryId, part: &str) {
    let act = Publish {
        entry,
        part: part_of(part),
        expected: None,
        published_at: None,
        change_class: None,
    };
    site.cms.publish(&site.administrator, act).await.unwrap();
}
