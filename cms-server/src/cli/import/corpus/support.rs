//! Organisations of a directory as routes: drafts, with what the directory says and no more.
//!
//! Where an organisation works is told by names of places, and names of England's regions and towns have no code
//! that ISO 3166-2 knows, but for some. Those without one cover England: an editor has to look at each anyway, since
//! the directory says neither what one must say of oneself nor when anybody answers.

use serde_json::{Map, Value, json};

use super::{ages, owned, text};

/// Names of places that have a code: the list that it stands in, and the code.
const PLACES: [(&str, &str, &str); 9] = [
    ("Scotland", "subdivisions", "GB-SCT"),
    ("Wales", "subdivisions", "GB-WLS"),
    ("Northern Ireland", "subdivisions", "GB-NIR"),
    ("Manchester", "subdivisions", "GB-MAN"),
    ("Liverpool", "subdivisions", "GB-LIV"),
    ("Brighton", "subdivisions", "GB-BNH"),
    ("Reading", "subdivisions", "GB-RDG"),
    ("Channel Islands", "countries", "GG"),
    ("Channel Islands", "countries", "JE"),
];

/// An organisation as a route, which its own line makes the operator of.
pub(super) fn route(page: &Value) -> Value {
    let mut shared = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        shared.extend(value.map(|value| (name.to_owned(), value)));
    };
    let operator = json!({"organisation": format!("key:{}", owned(page, "id")), "kind": "other"});
    add("operator", Some(operator));
    add("covers", Some(covers(page)));
    let (age_min, age_max) = ages(text(page, "age_range").unwrap_or_default());
    add("age_min", age_min.map(|age| json!(age)));
    add("age_max", age_max.map(|age| json!(age)));
    let channels: Vec<Value> = pages(page)
        .enumerate()
        .map(|(index, address)| {
            json!({"id": format!("web-{}", index + 1), "kind": "web_form", "value": address, "languages": ["en"]})
        })
        .collect();
    add("channels", (!channels.is_empty()).then(|| json!(channels)));
    json!({
        "type": "route",
        "key": format!("{}-route", owned(page, "id")),
        "source_locale": page.get("locale"),
        "locale": page.get("locale"),
        "status": "draft",
        "shared": shared,
        "fields": {"title": page.get("name"), "summary": page.get("summary")},
    })
}

/// The pages that are safe to send somebody to.
fn pages(page: &Value) -> impl Iterator<Item = &str> {
    let channels = page.get("channels").and_then(Value::as_array).into_iter().flatten();
    let addresses = channels.filter(|channel| text(channel, "type") == Some("url"));
    addresses
        .filter_map(|channel| text(channel, "value"))
        .filter(|address| cms_core::route::number::check_link(address).is_ok())
}

fn covers(page: &Value) -> Value {
    let country = text(page, "country").unwrap_or_default();
    let regions = page.get("regions").and_then(Value::as_array).into_iter().flatten();
    let (mut parts, mut countries): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for region in regions.filter_map(Value::as_str) {
        let mut known = PLACES.iter().filter(|(name, ..)| *name == region).peekable();
        if known.peek().is_none() && country == "GB" {
            parts.push("GB-ENG");
        }
        for (_, list, code) in known {
            if *list == "countries" { countries.push(code) } else { parts.push(code) }
        }
    }
    if parts.is_empty() && countries.is_empty() {
        countries.push(country);
    }
    for codes in [&mut parts, &mut countries] {
        codes.sort_unstable();
        codes.dedup();
    }
    // A list of countries says that parts are of one of them.
    if !countries.is_empty() && !parts.is_empty() {
        countries.push(country);
    }
    json!({"countries": countries, "subdivisions": parts})
}
