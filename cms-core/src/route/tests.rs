//! The look-up, as a whole: over every country, concern, audience and language, and over random directories.

use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::clock::Timestamp;

const CONCERNS: [&str; 32] = [
    "contact",
    "contact.grooming",
    "contact.meeting_request",
    "contact.sexual_extortion",
    "contact.solicitation",
    "content",
    "content.csam_seen",
    "content.harmful_seen",
    "content.own_image_shared",
    "content.ai_generated_image",
    "conduct",
    "conduct.cyberbullying",
    "conduct.sexting_peer",
    "conduct.harassment",
    "conduct.hate",
    "conduct.impersonation",
    "contract",
    "contract.fraud",
    "contract.gambling_spend",
    "contract.data_privacy",
    "offline",
    "offline.abuse_now",
    "offline.abuse_past",
    "offline.trafficking",
    "offline.missing",
    "offline.travel_offender",
    "self",
    "self.suicide_selfharm",
    "self.excessive_use",
    "other",
    "other.worried_about_adult",
    "other.own_thoughts",
];
const AUDIENCES: [(&str, Option<u8>, Option<u8>); 9] = [
    ("child_u13", None, Some(12)),
    ("child_13_15", Some(13), Some(15)),
    ("child_16_17", Some(16), Some(17)),
    ("young_adult", Some(18), Some(25)),
    ("parent_carer", None, None),
    ("professional", None, None),
    ("adult_survivor", Some(18), None),
    ("witness", None, None),
    ("worried_about_own_thoughts", None, None),
];
/// A Tuesday, 10:00 in London.
const NOW: &str = "2026-11-24T10:00:00Z";

fn id(number: usize) -> EntryId {
    EntryId::from_bytes(u128::try_from(number).unwrap().to_be_bytes())
}

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A route of this slug, with what else it has.
fn route(slug: &str, more: Value) -> Route {
    let mut value = json!({
        "id": id(slug.bytes().fold(7, |sum, byte| sum * 31 % 1_000_003 + usize::from(byte))),
        "slug": slug, "locale": "en", "dir": "ltr", "href": "", "title": slug,
        "operator": {"kind": "other"}, "covers": {"groups": ["global"]},
        "assured": {"date": "2026-11-01"},
    });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(value).unwrap()
}

fn directory(routes: Vec<Route>) -> Directory {
    let concern = |(number, name): (usize, &&str)| Concern {
        name: (*name).to_owned(),
        id: id(1_000 + number),
        slug: name.replace('.', "-"),
        title: (*name).to_owned(),
        labels: Vec::new(),
        parent: name.split_once('.').map(|(group, _)| group.to_owned()),
    };
    let audience =
        |(number, (name, age_min, age_max)): (usize, &(&str, Option<u8>, Option<u8>))| Audience {
            name: (*name).to_owned(),
            id: id(2_000 + number),
            slug: name.replace('_', "-"),
            title: (*name).to_owned(),
            age_min: *age_min,
            age_max: *age_max,
        };
    let texts = Texts {
        call_local_number: "Call your local number".to_owned(),
        ask_for_country: "Where are you?".to_owned(),
        fallback: Fallback::ALL
            .iter()
            .map(|it| (it.as_str().to_owned(), "Do this".to_owned()))
            .collect(),
    };
    let concerns = CONCERNS.iter().enumerate().map(concern).collect();
    let audiences = AUDIENCES.iter().enumerate().map(audience).collect();
    Directory::new(locale("en"), texts, concerns, audiences, routes)
}

fn finder(routes: Vec<Route>) -> Finder {
    Finder::new(Arc::new(directory(routes)))
}

fn question(country: &str, concern: &str) -> Question {
    Question {
        country: (!country.is_empty()).then(|| country.parse().unwrap()),
        concern: (!concern.is_empty()).then(|| concern.to_owned()),
        ..Question::default()
    }
}

/// The slugs found: emergency routes, a bar, the others.
fn slugs(finder: &Finder, question: &Question) -> String {
    let found = finder.look_up(question, &finder.moment(at(NOW), None));
    let slug = |hit: &Hit| finder.directory().routes[hit.route].slug.clone();
    let all = |hits: &[Hit]| hits.iter().map(slug).collect::<Vec<_>>().join(" ");
    format!("{} | {}", all(&found.emergency.routes), all(&found.routes))
}

#[test]
fn emergencies_come_first_and_only_those_of_the_place() {
    let finder = finder(vec![
        route("gb-999", json!({"urgency": "emergency", "covers": {"countries": ["GB"]}})),
        route(
            "fr-17",
            json!({"channels": [{"id": "a", "kind": "emergency_call"}], "covers": {"countries": ["FR"]}}),
        ),
        route("line", json!({"weight": 100})),
    ]);
    assert_eq!(slugs(&finder, &question("GB", "self.suicide_selfharm")), "gb-999 | line");
    assert_eq!(slugs(&finder, &question("FR", "")), "fr-17 | line");
    assert_eq!(slugs(&finder, &question("DE", "")), " | line");
    let found = finder.look_up(&question("", ""), &finder.moment(at(NOW), None));
    assert!(found.emergency.call_local_number && found.emergency.ask_for_country);
    assert_eq!(found.fallback, Some(Fallback::CountryUnknown));
    let found = finder.look_up(&question("GB", ""), &finder.moment(at(NOW), None));
    assert!(!found.emergency.call_local_number && !found.emergency.ask_for_country);
}

#[test]
fn points_decide_then_nearness_then_weight_then_slug() {
    let gb = json!({"countries": ["GB"]});
    let with = |slug: &str, more: Value| {
        let mut all = json!({"covers": gb});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        route(slug, all)
    };
    let finder = finder(vec![
        with("a-any", json!({})),
        with("b-group", json!({"concerns": ["contact"]})),
        with("c-exact", json!({"concerns": ["contact.grooming"]})),
        with("d-other", json!({"concerns": ["contract.fraud"]})),
        with("e-not", json!({"excludes": [{"concern": "contact"}]})),
        with("f-exact-heavy", json!({"concerns": ["contact.grooming"], "weight": 5})),
        route("g-exact-global", json!({"concerns": ["contact.grooming"], "weight": 9})),
        with(
            "h-exact-french",
            json!({"concerns": ["contact.grooming"], "channels": [{"id": "a", "kind": "phone", "languages": ["fr"]}]}),
        ),
        with(
            "i-exact-old",
            json!({"concerns": ["contact.grooming"], "assured": {"date": "2025-11-23"}, "weight": 100}),
        ),
    ]);
    let asked = Question { languages: vec![locale("fr-CA")], ..question("GB", "contact.grooming") };
    let expected =
        " | h-exact-french f-exact-heavy c-exact g-exact-global b-group a-any i-exact-old";
    assert_eq!(slugs(&finder, &asked), expected);
    // Who asks for a group is served by those for what is in it.
    assert!(slugs(&finder, &question("GB", "contact")).contains("c-exact"));
    // By id and by slug it is the same concern.
    for name in ["contact-grooming".to_owned(), id(1_001).to_string()] {
        assert_eq!(slugs(&finder, &Question { concern: Some(name), ..asked.clone() }), expected);
    }
}

#[test]
fn what_is_for_others_is_there_only_when_nothing_else_is() {
    let fraud = route("fraud", json!({"concerns": ["contract.fraud"]}));
    let adults = route("adults", json!({"age_min": 18}));
    let both = finder(vec![fraud.clone(), adults.clone(), route("any", json!({}))]);
    let asked =
        Question { audience: Some("child_u13".to_owned()), ..question("GB", "contact.grooming") };
    assert_eq!(slugs(&both, &asked), " | any");
    let others = finder(vec![fraud, adults]);
    let found = others.look_up(&asked, &others.moment(at(NOW), None));
    assert_eq!((found.routes.len(), found.fallback), (2, Some(Fallback::NothingFitting)));
    let reasons: BTreeSet<Reason> =
        found.routes.iter().flat_map(|hit| hit.reasons.clone()).collect();
    assert!(reasons.contains(&Reason::OtherConcern) && reasons.contains(&Reason::OtherAudience));
}

#[test]
fn what_is_shown_is_what_the_link_dials() {
    let cases = [
        (Some("116 000"), Some("+441632960001"), Some("116000"), "tel:116000"),
        (Some("01632 960 001"), Some("+441632960001"), Some("116000"), "tel:+441632960001"),
        (Some("+44 (0)1632 960 001"), None, None, "tel:+441632960001"),
        (Some("01632 960 001"), None, None, "tel:01632960001"),
        (None, None, Some("*31#"), "tel:*31%23"),
    ];
    for (value, e164, shortcode, expected) in cases {
        let number = dialled(value, e164, shortcode);
        let found = link(ChannelKind::Phone, value, number);
        assert_eq!(found.as_deref(), Some(expected), "{value:?}");
    }
    let hostile = link(ChannelKind::Webchat, Some("javascript:alert(1)"), None);
    assert_eq!(hostile, None);
}

#[test]
fn the_only_route_is_shown_though_nobody_checked_it() {
    let finder = finder(vec![route("old", json!({"assured": null}))]);
    let found = finder.look_up(&question("GB", ""), &finder.moment(at(NOW), None));
    assert_eq!(found.routes[0].assurance, Assurance::Overdue);
    assert!(found.routes[0].reasons.contains(&Reason::Overdue));
}

#[test]
fn a_number_of_a_wider_place_says_so() {
    let finder = finder(vec![
        route("wales", json!({"covers": {"subdivisions": ["GB-WLS"]}})),
        route("gb", json!({"covers": {"countries": ["GB"]}})),
        route("eu", json!({"covers": {"groups": ["eu", "global"]}})),
        route("global", json!({})),
    ]);
    let levels = |question: &Question| {
        let found = finder.look_up(question, &finder.moment(at(NOW), None));
        found.routes.iter().map(|hit| hit.match_level).collect::<Vec<_>>()
    };
    let wales = Question { subdivision: Some("GB-WLS".parse().unwrap()), ..Question::default() };
    assert_eq!(levels(&wales), [Level::Subdivision, Level::Country, Level::Global, Level::Global]);
    assert_eq!(levels(&question("GB", "")), [Level::Country, Level::Global, Level::Global]);
    assert_eq!(levels(&question("FR", "")), [Level::Group, Level::Global]);
    assert_eq!(levels(&question("", "")), [Level::Global, Level::Global]);
}

#[test]
fn in_danger_what_is_open_comes_first() {
    let hours = |rule: &str| json!([{"id": "a", "kind": "phone", "hours": {"tz": "Europe/London", "rule": rule}}]);
    let finder = finder(vec![
        route("exact", json!({"concerns": ["contact.grooming"], "channels": hours("22:00-23:00")})),
        route("open", json!({"channels": hours("Mo-Fr 09:00-17:00")})),
    ]);
    let calm = question("GB", "contact.grooming");
    assert_eq!(slugs(&finder, &calm), " | exact open");
    assert_eq!(slugs(&finder, &Question { danger_now: true, ..calm.clone() }), " | open exact");
    let found = finder.look_up(&calm, &finder.moment(at(NOW), None));
    assert_eq!(found.routes[0].opens, Some((0, at("2026-11-24T22:00:00Z"))));
    assert_eq!((found.routes[0].open_now, found.routes[1].open_now), (Some(false), Some(true)));
    assert_eq!(found.until, Some(at("2026-11-24T17:00:00Z")));
}

#[test]
fn rank_and_marks_change_at_the_instant_of_ageing() {
    let finder = finder(vec![
        route("a", json!({"assured": {"date": "2026-01-01"}})),
        route("b", json!({"assured": {"date": "2026-06-01"}})),
    ]);
    let marks = |when: &str| {
        let found = finder.look_up(&question("GB", ""), &finder.moment(at(when), None));
        let mark = |hit: &Hit| (finder.directory().routes[hit.route].slug.clone(), hit.assurance);
        (found.routes.iter().map(mark).collect::<Vec<_>>(), found.until.unwrap().to_string())
    };
    let (a, b) = ("a".to_owned(), "b".to_owned());
    let (before, until) = marks("2026-06-30T23:59:59.999Z");
    assert_eq!(before, [(a.clone(), Assurance::Fresh), (b.clone(), Assurance::Fresh)]);
    let (after, next) = marks(&until);
    assert_eq!(after, [(b.clone(), Assurance::Fresh), (a.clone(), Assurance::Ageing)]);
    assert_eq!((until.as_str(), next.as_str()), ("2026-07-01T00:00:00Z", "2026-11-29T00:00:00Z"));
    assert_eq!(marks("2027-01-02T00:00:00Z").0, [(b, Assurance::Ageing), (a, Assurance::Overdue)]);
}

#[test]
fn a_question_that_names_what_there_is_not_is_refused() {
    let finder = finder(Vec::new());
    let wrong = Question {
        subdivision: Some("GB-WLS".parse().unwrap()),
        audience: Some("robot".to_owned()),
        ..question("FR", "boredom")
    };
    let expected = [
        QuestionError::UnknownConcern,
        QuestionError::UnknownAudience,
        QuestionError::OtherCountry,
    ];
    assert_eq!(finder.check(&wrong).unwrap_err(), expected);
    assert_eq!(finder.check(&question("GB", "contact.grooming")), Ok(()));
}

/// A random route.
fn any_route() -> impl Strategy<Value = Route> {
    let country = (0..249_usize).prop_map(|index| Country::all().nth(index).unwrap().to_string());
    let covers = prop_oneof![
        3 => country.clone().prop_map(|code| json!({"countries": [code]})),
        1 => country.prop_map(|code| json!({"subdivisions": [format!("{code}-1")]})),
        1 => Just(json!({"groups": ["eu"]})),
        1 => Just(json!({"groups": ["global"]})),
    ];
    let concerns = prop::collection::vec(prop::sample::select(&CONCERNS[..]), 0..3);
    let audiences =
        prop::collection::vec(prop::sample::select(&AUDIENCES[..]).prop_map(|it| it.0), 0..3);
    let rules = &["24/7", "Mo-Fr 09:00-17:00", "22:00-03:00", "Sa,Su 10:00-12:00", "no rule"];
    let zones = &["Europe/London", "Asia/Tokyo", "America/New_York"];
    let channel = (
        prop::sample::select(&rules[..]),
        prop::sample::select(&zones[..]),
        prop::sample::select(&["en", "fr", "ja", "ar"][..]),
    );
    let channels = prop::collection::vec(channel, 0..3);
    let dates = prop::sample::select(&["2024-01-01", "2026-01-01", "2026-11-01"][..]);
    let urgency = prop_oneof![1 => Just("emergency"), 5 => Just("hours")];
    let rest = (dates, urgency, -2..3_i16, 0..1_000_usize);
    (covers, concerns, audiences, channels, rest).prop_map(|(covers, concerns, audiences, channels, (date, urgency, weight, number))| {
        let channels: Vec<_> = channels.iter().enumerate().map(|(index, (rule, tz, language))| {
            json!({"id": format!("c{index}"), "kind": "phone", "languages": [language], "hours": {"tz": tz, "rule": rule}})
        }).collect();
        route(&format!("r{number}"), json!({
            "covers": covers, "concerns": concerns, "audiences": audiences, "channels": channels,
            "assured": {"date": date}, "urgency": urgency, "weight": weight,
        }))
    })
}

fn any_question() -> impl Strategy<Value = Question> {
    let country =
        prop::option::of((0..249_usize).prop_map(|index| Country::all().nth(index).unwrap()));
    let concern = prop::option::of(prop::sample::select(&CONCERNS[..]));
    let audience = prop::option::of(prop::sample::select(&AUDIENCES[..]));
    let languages =
        prop::collection::vec(prop::sample::select(&["en-GB", "fr", "ja", "th"][..]), 0..3);
    (country, concern, audience, languages, any::<bool>(), 1..20_usize).prop_map(
        |(country, concern, audience, languages, danger_now, limit)| Question {
            country,
            subdivision: None,
            concern: concern.map(str::to_owned),
            audience: audience.map(|it| it.0.to_owned()),
            languages: languages.into_iter().map(locale).collect(),
            danger_now,
            limit,
        },
    )
}

/// What must be true of every answer.
fn check_answer(finder: &Finder, question: &Question, found: &Found) {
    let told =
        serde_json::to_value(finder.tell(found, &finder.moment(at(NOW), None), None)).unwrap();
    let says_what_to_do = |pointer: &str| {
        told.pointer(pointer).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    };
    // Never empty: in danger, and otherwise.
    assert!(!found.emergency.routes.is_empty() || says_what_to_do("/emergency/text"), "{told}");
    assert!(!found.routes.is_empty() || says_what_to_do("/fallback/text"), "{told}");
    assert!(found.routes.len() <= question.limit);
    // Emergency first, in what is sent.
    assert!(
        told.to_string().starts_with("{\"data_version\"")
            || told.to_string().starts_with("{\"emergency\"")
    );
    let routes = &finder.directory().routes;
    for hit in found.emergency.routes.iter().chain(&found.routes) {
        let covers = &routes[hit.route].covers;
        assert_eq!(
            Some(hit.match_level),
            covers.level(question.country, question.subdivision.as_ref())
        );
        assert_eq!(hit.score, hit.reasons.iter().map(|reason| reason.points()).sum::<u32>());
    }
    assert!(found.emergency.routes.iter().all(|hit| routes[hit.route].is_for_emergencies()));
    assert!(!found.routes.iter().any(|hit| routes[hit.route].is_for_emergencies()));
    let overdue: Vec<bool> =
        found.routes.iter().map(|hit| hit.assurance == Assurance::Overdue).collect();
    assert!(overdue.is_sorted(), "what is overdue comes last");
}

#[test]
fn there_is_an_answer_for_every_country_concern_audience_and_language() {
    let finder = finder(vec![
        route("gb", json!({"covers": {"countries": ["GB"]}, "concerns": ["contact"]})),
        route(
            "eu",
            json!({"covers": {"groups": ["eu"]}, "audiences": ["child_u13", "child_13_15"]}),
        ),
        route(
            "everywhere",
            json!({"concerns": ["content.csam_seen"], "excludes": [{"concern": "self"}]}),
        ),
        route("112", json!({"covers": {"groups": ["eu"]}, "urgency": "emergency"})),
    ]);
    let moment = finder.moment(at(NOW), None);
    let languages = ["ar", "de", "en", "es", "fr", "ja", "pt-BR", "th"].map(locale);
    let mut asked = Question::default();
    for country in Country::all().map(Some).chain([None]) {
        asked.country = country;
        for concern in CONCERNS.iter().map(Some).chain([None]) {
            asked.concern = concern.map(|name| (*name).to_owned());
            for audience in AUDIENCES.iter().map(Some).chain([None]) {
                asked.audience = audience.map(|it| it.0.to_owned());
                for language in &languages {
                    asked.languages = vec![language.clone()];
                    let found = finder.look_up(&asked, &moment);
                    let emergency =
                        !found.emergency.routes.is_empty() || found.emergency.call_local_number;
                    assert!(
                        emergency && (!found.routes.is_empty() || found.fallback.is_some()),
                        "{asked:?}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_directory_answers_any_question(
        routes in prop::collection::vec(any_route(), 0..60),
        questions in prop::collection::vec(any_question(), 1..20),
    ) {
        let finder = finder(routes.clone());
        let moment = finder.moment(at(NOW), None);
        // The same routes in another order, read from the file.
        let reversed = directory(routes.into_iter().rev().collect());
        let file = serde_json::to_vec(&json!({"data": reversed})).unwrap();
        let again = Finder::new(Arc::new(Directory::parse(&file).unwrap()));
        let same_slugs: BTreeSet<_> = again.directory().routes.iter().map(|it| (&it.slug, it.id)).collect();
        for question in &questions {
            let found = finder.look_up(question, &moment);
            check_answer(&finder, question, &found);
            prop_assert_eq!(&found, &finder.look_up(question, &moment));
            // Two routes of one slug and id are one to the order.
            if same_slugs.len() == again.directory().routes.len() {
                prop_assert_eq!(&again.directory().version, &finder.directory().version);
                prop_assert_eq!(&found, &again.look_up(question, &again.moment(at(NOW), None)));
            }
        }
    }

    #[test]
    fn nothing_changes_before_the_instant_that_an_answer_names(
        routes in prop::collection::vec(any_route(), 1..20), question in any_question(), hours in 0..400_i64,
    ) {
        let finder = finder(routes);
        let start = at(NOW).plus_millis(hours * 3_600_000);
        let moment = finder.moment(start, None);
        let found = finder.look_up(&question, &moment);
        let until = found.until.unwrap_or(start.plus_millis(86_400_000));
        let last = finder.moment(until.plus_millis(-1), Some(&moment));
        prop_assert_eq!(&found, &finder.look_up(&question, &last));
        // What is taken over from an earlier moment is what would be read anew.
        let later = until.plus_millis(7_000);
        let anew = finder.look_up(&question, &finder.moment(later, None));
        prop_assert_eq!(anew, finder.look_up(&question, &finder.moment(later, Some(&last))));
    }
}
