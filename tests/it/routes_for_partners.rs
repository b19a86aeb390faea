//! Routes and organisations for partners' programs: HSDS 3.1 and JSON-LD, over the demo content.
//!
//! Where `HSDS_SCHEMAS` names the folder `schema` of the specification, everything is checked against its JSON
//! Schemas; what the specification asks for at least is checked always.

use std::{collections::BTreeSet, error::Error, fs, path::PathBuf};

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};

use crate::routes::{Site, Text};

/// What each table must have, by the name of the member that it stands in.
const REQUIRED: &[(&str, &[&str])] = &[
    ("services", &["id", "name", "status"]),
    ("organization", &["id", "name", "description"]),
    ("organizations", &["id", "name", "description"]),
    ("phones", &["id", "number"]),
    ("schedules", &["id", "description"]),
    ("languages", &["id", "code"]),
    ("service_areas", &["id", "name"]),
    ("service_at_locations", &["id", "location"]),
    ("location", &["id", "location_type"]),
    ("additional_urls", &["id", "url"]),
    ("additional_websites", &["id", "url"]),
    ("cost_options", &["id", "amount"]),
    ("attributes", &["id", "link_id", "taxonomy_term_id", "taxonomy_term"]),
    ("taxonomy_term", &["id", "name", "description", "taxonomy_id"]),
    ("taxonomy_terms", &["id", "name", "description", "taxonomy_id"]),
    ("taxonomies", &["id", "name", "description"]),
];

fn site() -> (tempfile::TempDir, Site) {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    (folder, site)
}

/// Checks a value that stands in a member of this name, and all in it.
fn check(name: &str, value: &Value, seen: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| check(name, one, seen)),
        Value::Object(members) => {
            let required = REQUIRED.iter().find(|(table, _)| *table == name);
            let (_, required) = required.unwrap_or_else(|| panic!("what is {name}?"));
            seen.insert(name.to_owned());
            for wanted in *required {
                assert!(
                    members.get(*wanted).is_some_and(|it| !it.is_null()),
                    "{name}: {wanted}: {value}"
                );
            }
            let id = members["id"].as_str().unwrap();
            assert!(id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4, "{id}");
            for (member, value) in members {
                assert!(!value.is_null(), "{name}: {member} says nothing");
                if value.is_object() || value.is_array() {
                    check(member, value, seen);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("{name}: {value}")
        }
    }
}

/// The specification's own schemas, from a folder.
struct Schemas(PathBuf);

impl Retrieve for Schemas {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let name = uri.as_str().rsplit('/').next().unwrap_or_default();
        Ok(serde_json::from_slice(&fs::read(self.0.join(name))?)?)
    }
}

impl Schemas {
    fn given() -> Option<PathBuf> {
        std::env::var_os("HSDS_SCHEMAS").map(PathBuf::from)
    }

    fn validator(folder: &std::path::Path, name: &str) -> Validator {
        let schema = serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
        jsonschema::options()
            .with_base_uri("file:///hsds/")
            .with_retriever(Self(folder.to_owned()))
            .should_validate_formats(true)
            .build(&schema)
            .unwrap()
    }
}

/// All pages of a list.
fn all(site: &Site, uri: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for page in 1.. {
        let told = site.get(&format!("{uri}&per_page=5&page={page}")).json();
        let contents = told["contents"].as_array().unwrap().clone();
        assert_eq!(told["size"], contents.len());
        assert_eq!((&told["first_page"], &told["page_number"]), (&json!(page == 1), &json!(page)));
        found.extend(contents);
        if told["last_page"] == true {
            assert_eq!(told["total_items"], found.len());
            assert_eq!(told["total_pages"], page);
            return found;
        }
    }
    unreachable!("a list has a last page")
}

#[test]
fn services_are_as_hsds_wants_them() {
    let (_folder, site) = site();
    let about = site.get("/hsds?locale=en").json();
    assert_eq!((&about["version"], about["openapi_url"].is_string()), (&json!("3.1"), true));
    let mut seen = BTreeSet::new();
    for locale in ["en", "ja", "ar"] {
        for (list, schema) in [
            ("services", "service.json"),
            ("organizations", "organization.json"),
            ("taxonomies", "taxonomy.json"),
            ("taxonomy_terms", "taxonomy_term.json"),
        ] {
            let full = if list == "services" { "&full=true" } else { "" };
            let found = all(&site, &format!("/hsds/{list}?locale={locale}{full}"));
            assert!(!found.is_empty(), "{list}");
            check(list, &json!(found), &mut seen);
            let one = |it: &Value| {
                let id = it["id"].as_str().unwrap();
                let answer = site.get(&format!("/hsds/{list}/{id}?locale={locale}"));
                assert_eq!(answer.status, 200, "{list} {id}");
                check(list, &answer.json(), &mut BTreeSet::new());
                if list != "organizations" {
                    assert_eq!(answer.json(), *it, "{list} {id}");
                }
                answer.json()
            };
            let each: Vec<Value> = found.iter().map(one).collect();
            if let Some(folder) = Schemas::given() {
                let validator = Schemas::validator(&folder, schema);
                for value in found.iter().chain(&each) {
                    let wrong: Vec<String> = validator
                        .iter_errors(value)
                        .map(|it| format!("{} {it}", it.instance_path()))
                        .collect();
                    assert_eq!(wrong, [] as [String; 0], "{list}: {value}");
                }
            }
        }
    }
    let usual = ["phones", "schedules", "languages", "service_areas", "attributes", "cost_options"];
    assert!(usual.iter().all(|table| seen.contains(*table)), "{seen:?}");
}

#[test]
fn a_service_says_what_its_route_says() {
    let (_folder, site) = site();
    let line = site.by_key("route", "talkline-gb");
    let told = site.get(&format!("/hsds/services/{line}?locale=en")).json();
    assert_eq!((&told["status"], &told["assured_date"]), (&json!("active"), &json!("2026-11-09")));
    assert_eq!(told["phones"][0]["number"], "+448081570111");
    assert_eq!(told["phones"][0]["type"], "voice");
    assert_eq!(told["service_areas"][0]["name"], "GB");
    assert!(told["organization"]["name"].is_string() && told["url"].is_string());
    let codes: BTreeSet<_> = told["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["taxonomy_term"]["code"].as_str().unwrap().to_owned())
        .collect();
    assert!(codes.contains("child_13_15"), "{codes:?}");
    // By term and by organisation, and in short.
    let term = told["attributes"][0]["taxonomy_term_id"].as_str().unwrap();
    let of = told["organization_id"].as_str().unwrap();
    let found = all(
        &site,
        &format!("/hsds/services?locale=en&taxonomy_term_id={term}&organization_id={of}"),
    );
    let own = found.iter().find(|it| it["id"] == json!(line)).unwrap();
    assert!(own.get("phones").is_none() && own["organization"]["id"] == json!(of), "{own}");
    let organisation = site.get(&format!("/hsds/organizations/{of}?locale=en")).json();
    assert!(organisation["services"].as_array().unwrap().iter().any(|it| it["id"] == json!(line)));
}

#[test]
fn what_is_changed_or_taken_away_is_so_for_partners_at_once() {
    let (_folder, site) = site();
    let line = site.by_key("route", "talkline-gb");
    let uris = [
        format!("/hsds/services/{line}?locale=en"),
        "/hsds/services?locale=ja&full=true&per_page=500".to_owned(),
        format!("/v1/json-ld/route/{line}?locale=fr"),
        "/v1/json-ld/route/key:talkline-gb?locale=en".to_owned(),
    ];
    let before: Vec<_> = uris.iter().map(|uri| site.get(uri)).collect();
    for (uri, told) in uris.iter().zip(&before) {
        assert_eq!(told.status, 200, "{uri}");
        assert_eq!(site.get(uri).etag, told.etag, "the same bytes, the same tag");
        assert!(!told.etag.is_empty() && told.cache_control.starts_with("public, max-age=60"));
        assert!(String::from_utf8_lossy(&told.bytes).contains("448081570111"), "{uri}");
    }
    let mut channels = site.shared(line)["channels"].clone();
    channels[0]["value"] = json!("0808 157 0999");
    channels[0]["e164"] = json!("+448081570999");
    site.save(line, &json!({"channels": channels})).unwrap();
    assert!(uris.iter().zip(&before).all(|(uri, told)| site.get(uri).etag == told.etag), "a draft");
    site.publish_shared(line);
    for (uri, before) in uris.iter().zip(&before) {
        let told = site.get(uri);
        let body = String::from_utf8_lossy(&told.bytes).into_owned();
        assert!(body.contains("448081570999") && !body.contains("448081570111"), "{uri}");
        assert_ne!(told.etag, before.etag);
    }
    // Nothing in it tells the time: a month later it is the same.
    let before = site.get(&uris[1]).etag;
    site.clock.advance(40 * 86_400_000);
    assert_eq!(site.get(&uris[1]).etag, before);
}

#[test]
fn what_there_is_not_is_not_found_and_wrong_questions_are_refused() {
    let (_folder, site) = site();
    let unknown = "0197e3a0-0000-7000-8000-00000000dead";
    for list in ["services", "organizations", "taxonomies", "taxonomy_terms"] {
        for id in [unknown, "talkline-gb", "%3Cscript%3E"] {
            assert_eq!(
                site.get(&format!("/hsds/{list}/{id}?locale=en")).status,
                404,
                "{list} {id}"
            );
        }
        let past = site.get(&format!("/hsds/{list}?locale=en&page=99999")).json();
        assert_eq!(
            (&past["empty"], &past["last_page"], &past["size"]),
            (&json!(true), &json!(true), &json!(0))
        );
        for wrong in ["page=0", "per_page=501", "search=x", "page=x", "page=1&page=2"] {
            assert_eq!(
                site.get(&format!("/hsds/{list}?locale=en&{wrong}")).status,
                400,
                "{list} {wrong}"
            );
        }
    }
    for path in
        ["route/nothing", "route/key:nothing", "guidance/talkline-gb", "organisation/talkline-gb"]
    {
        assert_eq!(site.get(&format!("/v1/json-ld/{path}?locale=en")).status, 404, "{path}");
    }
    // A guidance entry is no service.
    let page = site.by_key("organisation", "org-emergency");
    assert_eq!(site.get(&format!("/hsds/services/{page}?locale=en")).status, 404);
}

#[test]
fn json_ld_is_typed_and_safe_within_a_page() {
    let (_folder, site) = site();
    let emergency = site.get("/v1/json-ld/route/key:emergency-gb?locale=en").json();
    assert_eq!(
        (&emergency["@context"], &emergency["@type"]),
        (&json!("https://schema.org"), &json!("GovernmentService"))
    );
    let phone = &emergency["availableChannel"][0]["servicePhone"];
    assert_eq!(
        (&phone["@type"], &phone["contactType"]),
        (&json!("ContactPoint"), &json!("emergency"))
    );
    assert_eq!(phone["hoursAvailable"][0]["dayOfWeek"].as_array().unwrap().len(), 7);
    let line = site.get("/v1/json-ld/route/key:talkline-fr?locale=fr").json();
    assert_eq!(
        (&line["@type"], &line["areaServed"][0]["identifier"]),
        (&json!("Service"), &json!("FR"))
    );
    assert_eq!(line["provider"]["@type"], "Organization");
    assert!(line["audience"][0]["audienceType"].is_string() && line["serviceType"][0].is_string());
    let provider =
        line["provider"]["@id"].as_str().unwrap().trim_start_matches("urn:uuid:").to_owned();
    let organisation = site.get(&format!("/v1/json-ld/organisation/{provider}?locale=fr")).json();
    let numbers: Vec<_> = organisation["contactPoint"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["telephone"])
        .collect();
    assert!(numbers.contains(&&json!("+33199003344")), "{organisation}");

    let title = "</script><script>alert(1)</script> & \u{2028}<!--";
    let hostile = json!({
        "type": "route", "key": "hostile", "source_locale": "en", "locale": "en", "status": "published",
        "shared": {
            "operator": {"kind": "other"}, "covers": {"groups": ["global"]}, "identity": "anonymous_ok",
            "channels": [{"id": "mail", "kind": "email", "value": "help@helpline.example"}],
        },
        "fields": {"title": title, "summary": title},
    });
    assert_eq!(site.import(&mut Text(hostile.to_string())).refused, []);
    let answer = site.get("/v1/json-ld/route/key:hostile?locale=en");
    let body = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(!body.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{body}");
    assert_eq!(answer.json()["name"], title);
    assert_eq!(answer.json()["availableChannel"][0]["serviceUrl"], "mailto:help@helpline.example");
    let request = site
        .client
        .get("/v1/json-ld/route/key:hostile")
        .header(rocket::http::Header::new("Accept", "application/ld+json"));
    let answer = request.dispatch();
    assert_eq!(answer.headers().get_one("Content-Type"), Some("application/ld+json"));
    assert_eq!(
        answer.headers().get_one("Content-Location"),
        Some("/v1/json-ld/route/key:hostile?locale=en")
    );
}
