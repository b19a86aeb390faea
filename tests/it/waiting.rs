//! `Prefer: wait` on the changes: the answer comes when there is something to tell, and not before.

use cms_core::commands::{create_entry::CreateEntry, publish::Publish, save_draft::SaveDraft};
use cms_server::config::Config;
use rocket::{http::Header, local::asynchronous::Client};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, fields, line, locale, part_of},
};

/// A reader who waits, with a server whose other answers may take a second.
async fn reader(site: &Site) -> Client {
    let mut config = Config::default();
    config.limits.handler_seconds = 1;
    Client::untracked(cms_server::rocket(&config, &site.cms).unwrap()).await.unwrap()
}

/// The status, what was done of the preference, and the body.
async fn ask(client: &Client, since: &str, prefer: &str) -> (u16, Option<String>, Value) {
    let request = client.get(format!("/v1/changes?since={since}"));
    let answer = request.header(Header::new("Prefer", prefer.to_owned())).dispatch().await;
    let applied = answer.headers().get_one("Preference-Applied").map(str::to_owned);
    (answer.status().code, applied, answer.into_json().await.unwrap())
}

#[test]
fn who_waits_hears_of_the_next_change_and_not_of_drafts() {
    let site = Site::new();
    site.import(&[line("guidance", "a", &json!({"title": "A", "body": "b"}))]);
    let (_, start) = site.changes(None);
    let (status, applied, told) = wait_for(async {
        let client = reader(&site).await;
        let asking = ask(&client, &start, "respond-async, Wait=25");
        let acting = async {
            let new = CreateEntry {
                type_name: "guidance".parse().unwrap(),
                agency: None,
                source_locale: locale("en"),
                key: None,
            };
            let (entry, _) = site.cms.create_entry(&site.administrator, new).await.unwrap();
            for title in ["One", "Two", "Three"] {
                let content = fields(&json!({"title": title, "body": "b"}));
                let save = SaveDraft::new(entry, part_of("en"), content);
                site.cms.save_draft(&site.administrator, save).await.unwrap();
            }
            let act = Publish {
                entry,
                part: part_of("en"),
                expected: None,
                published_at: None,
                change_class: None,
            };
            site.cms.publish(&site.administrator, act).await.unwrap();
        };
        tokio::join!(asking, acting).0
    });
    assert_eq!((status, applied.as_deref()), (200, Some("wait=25")), "{told}");
    let slugs: Vec<_> = told["data"].as_array().unwrap().iter().map(|it| &it["slug"]).collect();
    assert_eq!(slugs, ["one"]);
}

#[test]
fn waiting_is_no_slowness_and_ends_with_an_empty_answer() {
    let site = Site::new();
    let (_, start) = site.changes(None);
    let (status, applied, told) =
        wait_for(async { ask(&reader(&site).await, &start, "wait=2").await });
    assert_eq!((status, applied.as_deref()), (200, Some("wait=2")), "{told}");
    assert_eq!(told["data"], json!([]));
    assert_eq!(site.changes(told["page"]["next"].as_str()).0, [] as [&str; 0]);
}

#[test]
fn who_waits_lets_the_server_stop() {
    let site = Site::new();
    let (_, start) = site.changes(None);
    let (status, _, told) = wait_for(async {
        let client = reader(&site).await;
        let shutdown = client.rocket().shutdown();
        let asking = ask(&client, &start, "wait=30");
        let stopping = async {
            tokio::task::yield_now().await;
            shutdown.notify();
        };
        tokio::join!(asking, stopping).0
    });
    assert_eq!((status, &told["data"]), (200, &json!([])));
}
