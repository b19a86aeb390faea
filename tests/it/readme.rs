//! Every request in the README is made, against the real router over the demo content.

use std::fs;

use cms_server::config::Config;
use rocket::local::blocking::Client;
use serde_json::Value;

use crate::demo::{root, with_demo_content};

const SERVER: &str = "http://127.0.0.1:8000";

/// The addresses that the README asks with curl.
fn addresses(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```sh").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("curl "));
    lines
        .map(|line| line.split('\'').nth(1).unwrap_or_else(|| panic!("no address in {line}")))
        .collect()
}

#[test]
fn every_request_of_the_readme_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let cms = with_demo_content(folder.path());
    let client = Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap()).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let addresses = addresses(&readme);
    assert!(addresses.len() > 5, "the README shows requests");
    for address in addresses {
        let path = address.strip_prefix(SERVER).unwrap_or_else(|| panic!("{address}"));
        let answer = client.get(path.to_owned()).dispatch();
        assert_eq!(answer.status().code, 200, "{address}");
        assert!(answer.headers().contains("ETag") || path.starts_with("/v1/changes"), "{address}");
        let is_json = answer.content_type().is_some_and(|kind| kind.is_json());
        let body = answer.into_string().unwrap();
        if is_json {
            let json: Value = serde_json::from_str(&body).unwrap();
            let data =
                json.get("data").or_else(|| json.get("openapi")).or_else(|| json.get("properties"));
            assert!(
                data.is_some_and(|data| *data != Value::Array(Vec::new())),
                "{address} has content"
            );
        } else {
            assert!(body.starts_with("<?xml"), "{address}");
        }
    }
}

#[test]
fn a_filtered_list_holds_what_the_filter_lets_through() {
    let folder = tempfile::tempdir().unwrap();
    let cms = with_demo_content(folder.path());
    let client = Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap()).unwrap();
    let count = |filter: &str| {
        let path = format!("/v1/entries/guidance?locale=fr&count=exact{filter}");
        let body = client.get(path).dispatch().into_string().unwrap();
        let list: Value = serde_json::from_str(&body).unwrap();
        list.pointer("/page/count").and_then(Value::as_u64)
    };
    assert_eq!(count("&filter[topics]=no-such-topic"), Some(0));
    let scams = count("&filter[topics]=topic-scams").unwrap();
    assert!(0 < scams && scams < count("").unwrap());
    assert_eq!(
        count("&filter[topics]=topic-scams&fallback=none").map(|exact| exact <= scams),
        Some(true)
    );
}
