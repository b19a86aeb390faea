//! Changes of a content type on a store with content: what adds goes through, what would lose or
//! invalidate something is refused with the entries and fields, and nothing is changed.

use cms_core::{
    commands::save_type::{Hit, SaveTypeError},
    content_type,
};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, line, pair, part_of, shared},
};

/// The shipped schema of a type.
fn schema(name: &str) -> Value {
    let shipped = content_type::shipped();
    let (_, file) = shipped.into_iter().find(|(shipped, _)| shipped.as_str() == name).unwrap();
    serde_json::from_str(file).unwrap()
}

fn guidance() -> Site {
    let site = Site::new();
    let content = json!({"title": "Plan", "summary": "In short", "body": "**b**"});
    site.import(&[
        line("topic", "scams", &json!({"title": "Scams"})),
        shared(
            line("guidance", "plan", &content),
            json!({"age_min": 9, "topics": ["key:scams"], "countries": ["GB"]}),
        ),
        line("guidance", "other", &json!({"title": "Other", "body": "b"})),
    ]);
    site
}

fn change(site: &Site, schema: &Value) -> Result<bool, SaveTypeError> {
    wait_for(site.cms.save_type(&site.administrator, schema)).map(|accepted| accepted.is_some())
}

#[test]
fn what_adds_to_a_type_goes_through_and_shows_at_once() {
    let site = guidance();
    let mut schema = schema("guidance");
    assert!(!change(&site, &schema).unwrap(), "the same again is no change");
    let before = site.json("/v1/entries/guidance/plan?locale=en");
    schema["properties"]["reading_level"] =
        json!({"type": "string", "enum": ["easy", "plain"], "x-filterable": true});
    schema["properties"]["subtitle"] = json!({"type": "string", "x-localized": true});
    schema["properties"]["title"]["maxLength"] = json!(400);
    assert!(change(&site, &schema).unwrap());
    assert_eq!(site.json("/v1/entries/guidance/plan?locale=en"), before);
    assert_eq!(
        site.slugs("/v1/entries/guidance?locale=en&filter[reading_level]=easy"),
        [] as [&str; 0]
    );
    let entry = site.id("guidance", "plan");
    site.save(entry, "shared", &json!({"age_min": 9, "reading_level": "easy"}));
    site.publish(entry, "shared");
    assert_eq!(site.slugs("/v1/entries/guidance?locale=en&filter[reading_level]=easy"), ["plan"]);
    let described = site.json("/v1/types/guidance");
    assert!(described.to_string().contains("reading_level"));
}

#[test]
fn what_would_lose_or_invalidate_is_refused_with_entries_and_fields() {
    let site = guidance();
    let plan = site.id("guidance", "plan");
    let base = schema("guidance");
    let without = |name: &str| {
        let mut schema = base.clone();
        schema["properties"].as_object_mut().unwrap().remove(name);
        schema
    };
    let with = |name: &str, keyword: &str, value: Value| {
        let mut schema = base.clone();
        schema["properties"][name][keyword] = value;
        schema
    };
    let now = json!({"type": "string"});
    let mut to_text = base.clone();
    to_text["properties"]["age_min"] = now;
    let mut localized = base.clone();
    localized["properties"]["age_min"]["x-localized"] = json!(true);
    let mut other_target = base.clone();
    other_target["properties"]["topics"]["items"]["x-reference"] = json!(["concern"]);
    let cases = [
        (without("summary"), "en", "/summary", "field_removed"),
        (to_text, "shared", "/age_min", "kind_changed"),
        (localized, "shared", "/age_min", "field_is_localized"),
        (with("summary", "maxLength", json!(3)), "en", "/summary", "too_long"),
        (with("age_min", "minimum", json!(10)), "shared", "/age_min", "number_too_small"),
        (other_target, "shared", "/topics/0", "reference_type_not_allowed"),
    ];
    let (last, types) = (site.cms.log().last(), site.json("/v1/types/guidance"));
    for (schema, part, pointer, code) in cases {
        let Err(SaveTypeError::Lossy(hits)) = change(&site, &schema) else {
            panic!("{pointer} {code} is refused")
        };
        let [Hit { entry, part: hit, revision: 1, violation }] = hits.as_slice() else {
            panic!("{pointer} {code}: {hits:?}")
        };
        assert_eq!((*entry, hit), (plan, &part_of(part)), "{code}");
        assert_eq!(pair(&violation.pointer, &violation.code), pair(pointer, code));
    }
    assert_eq!(site.cms.log().last(), last);
    assert_eq!(site.json("/v1/types/guidance"), types);
    // What nothing is stored in can go.
    assert!(change(&site, &without("credit")).unwrap());
}

#[test]
fn a_draft_that_readers_never_saw_is_looked_at_too() {
    let site = guidance();
    let other = site.id("guidance", "other");
    site.save(other, "fr", &json!({"title": "Autre", "summary": "Bref"}));
    let mut schema = schema("guidance");
    schema["properties"].as_object_mut().unwrap().remove("summary");
    let Err(SaveTypeError::Lossy(hits)) = change(&site, &schema) else { panic!("refused") };
    let places: Vec<_> = hits.iter().map(|hit| (hit.entry, hit.part.clone())).collect();
    assert!(places.contains(&(other, part_of("fr"))), "{places:?}");
    assert_eq!(hits.len(), 2);
}

#[test]
fn a_field_that_becomes_required_binds_what_is_published_from_then_on() {
    let site = guidance();
    let mut schema = schema("guidance");
    schema["properties"]["summary"]["x-required-for-publication"] = json!(true);
    match change(&site, &schema) {
        // Published content would break the rule: it is named.
        Err(SaveTypeError::Lossy(hits)) => {
            assert!(hits.iter().all(|hit| hit.entry == site.id("guidance", "other")), "{hits:?}");
        }
        Ok(_) => {
            let other = site.id("guidance", "other");
            site.save(other, "en", &json!({"title": "Other", "body": "c"}));
            let wrong = crate::site::wrong(site.try_publish(other, "en"));
            assert_eq!(wrong, [pair("/fields/summary", "required")]);
            assert_eq!(site.get("/v1/entries/guidance/other?locale=en").status, 200);
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_is_no_content_type_is_refused_with_its_places() {
    let site = guidance();
    let last = site.cms.log().last();
    for file in [json!(null), json!([]), json!({"type": "object"}), json!("guidance")] {
        let Err(SaveTypeError::Schema(error)) = change(&site, &file) else { panic!("{file}") };
        assert!(!error.violations.is_empty(), "{file}");
    }
    let mut broken = schema("guidance");
    broken["properties"]["body"]["x-markdwon"] = json!(true);
    broken["properties"]["age_min"]["minimum"] = json!("nine");
    let Err(SaveTypeError::Schema(error)) = change(&site, &broken) else { panic!("refused") };
    assert_eq!(
        crate::site::pairs(&error.violations),
        [pair("/properties/age_min/minimum", "schema_not_json_schema")]
    );
    assert_eq!(site.cms.log().last(), last);
}
