//! Links within the site that lead nowhere, and who is told of them.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

fn links(desk: &Desk, token: &str, query: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    desk.app.get_with(&format!("/manage/v1/reports/links{query}"), &[("Authorization", &bearer)])
}

/// What the report says: of which page, to what, in which state.
fn told(answer: &Answer) -> Vec<(String, String, String)> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let data = answer.json()["data"].as_array().unwrap().clone();
    data.iter().map(|row| (text(row, "id"), text(row, "target"), text(row, "state"))).collect()
}

#[test]
fn a_page_that_leads_to_what_readers_do_not_get_is_listed_until_it_does() {
    let desk = Desk::new();
    let (used, page) = (desk.entry("guidance"), desk.entry("guidance"));
    let id = |entry: &str| entry.split('/').nth(1).unwrap().to_owned();
    let (used_en, page_en) = (format!("{used}/en"), format!("{page}/en"));
    desk.save(&used_en, "\"0\"", "Used");
    let body = json!({ "fields": { "title": "Page", "body": format!("See {{{{entry:{}}}}}.", id(&used)) } });
    let saved = desk.ask((Method::Patch, &page_en), Some("\"0\""), &body);
    assert_eq!(saved.status, 200, "{saved:?}");
    let row = |state: &str| vec![(id(&page), id(&used), state.to_owned())];
    assert_eq!(told(&links(&desk, &desk.token, "")), row("unpublished"));
    desk.done(&used_en, "publish", "\"1\"", &Value::Null);
    assert!(told(&links(&desk, &desk.token, "")).is_empty());
    desk.done(&page_en, "publish", "\"1\"", &Value::Null);
    // Taking it away is refused while a page shows it, unless it was wrong to have it at all.
    let refused = desk.act(&used_en, "unpublish", "\"1\"", &json!({ "mode": "gone" }));
    assert_eq!((refused.status, refused.code().as_str()), (409, "in-use"));
    desk.done(&used_en, "recall", "\"1\"", &json!({ "mode": "gone" }));
    let answer = links(&desk, &desk.token, "");
    assert_eq!(told(&answer), row("withdrawn"));
    let first = &answer.json()["data"][0];
    assert_eq!(
        (&first["part"], &first["live"], &first["draft"]),
        (&json!("en"), &json!(true), &json!(true))
    );
    let place = format!("?after={}/{}/en", id(&used), id(&page));
    assert!(told(&links(&desk, &desk.token, &place)).is_empty());
    let french = desk.token_for(&[Act::Read], None, Some("fr"));
    assert!(
        told(&links(&desk, &french, "")).is_empty(),
        "of what one may not read nothing is told"
    );
    for query in ["?after=x", "?after=x/y/z", "?limit=0", "?state=erased"] {
        assert_eq!(links(&desk, &desk.token, query).status, 400, "{query}");
    }
}
