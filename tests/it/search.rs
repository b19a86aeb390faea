//! Search as partners' sites use it: the real router, the demo content, six languages.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use cms_core::Cms;
use cms_server::config::Config;
use rocket::local::blocking::Client;
use serde_json::Value;
use tempfile::TempDir;

use crate::demo::with_demo_content;

/// One store for all tests that only read.
static SITE: LazyLock<Mutex<(Client, Cms, TempDir)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let cms = with_demo_content(folder.path());
    let client = Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap()).unwrap();
    Mutex::new((client, cms, folder))
});

/// A text as it stands in a URL.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| format!("{out}%{byte:02X}"))
}

fn get(path: &str) -> Value {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = site.0.get(path.to_owned()).dispatch();
    assert_eq!(answer.status().code, 200, "{path}");
    serde_json::from_slice(&answer.into_bytes().unwrap()).unwrap()
}

fn search(locale: &str, q: &str, more: &str) -> Value {
    get(&format!("/v1/search?locale={locale}&q={}{more}", encoded(q)))
}

fn suggest(locale: &str, q: &str) -> Value {
    get(&format!("/v1/suggest?locale={locale}&q={}", encoded(q)))
}

fn hits(answer: &Value) -> Vec<&Value> {
    answer["data"].as_array().unwrap().iter().collect()
}

fn keys(answer: &Value) -> Vec<&str> {
    hits(answer).iter().map(|hit| hit["key"].as_str().unwrap_or_default()).collect()
}

fn count(answer: &Value) -> u64 {
    answer["page"]["count"].as_u64().unwrap()
}

/// The place of an entry among the hits, from 1.
fn place(locale: &str, q: &str, key: &str) -> usize {
    let answer = search(locale, q, "&type=guidance");
    let place = keys(&answer).iter().position(|found| *found == key);
    place.map_or(usize::MAX, |place| place + 1)
}

#[test]
fn a_misspelt_query_finds_the_page_in_each_language() {
    let cases = [
        ("en", "sextorsion blakmail pictuers", "sextortion-what-to-do-now"),
        ("en", "cyberbulying", "cyberbullying-for-teens"),
        ("fr", "sextorsoin", "sextortion-what-to-do-now"),
        ("es", "ciberacosso adolecentes", "cyberbullying-for-teens"),
        ("ar", "الابتزاظ", "sextortion-what-to-do-now"),
        ("ja", "グルーミグ", "grooming-how-it-works"),
        ("th", "การล่อลวงทางออไลน์", "grooming-how-it-works"),
    ];
    for (locale, q, key) in cases {
        let place = place(locale, q, key);
        assert!(place <= 3, "{locale} {q}: {key} comes at {place}");
    }
}

#[test]
fn a_word_finds_its_page_in_each_language() {
    let cases = [
        ("en", "passwords", "passwords-and-accounts"),
        ("fr", "mots de passe", "passwords-and-accounts"),
        ("es", "estafas tiendas falsas", "scams-and-fake-shops"),
        ("ar", "التنمر الإلكتروني", "cyberbullying-for-teens"),
        ("ja", "グルーミング", "grooming-how-it-works"),
        ("th", "การล่อลวง", "grooming-how-it-works"),
    ];
    for (locale, q, key) in cases {
        assert_eq!(place(locale, q, key), 1, "{locale} {q}");
    }
}

#[test]
fn a_phrase_stands_there_in_its_order_and_an_exclusion_does_not() {
    let words = search("en", "fake shops", "");
    let phrase = search("en", "\"fake shops\"", "");
    let reversed = search("en", "\"shops fake\"", "");
    assert!(count(&phrase) > 0 && count(&phrase) < count(&words));
    assert_eq!(count(&reversed), 0);
    assert_eq!(keys(&phrase)[0], "scams-and-fake-shops");
    let all: BTreeSet<_> =
        keys(&search("en", "grooming", "&limit=100")).into_iter().map(str::to_owned).collect();
    let without = search("en", "grooming -game", "&limit=100");
    assert!(count(&without) > 0 && count(&without) < all.len() as u64);
    assert!(keys(&without).iter().all(|key| all.contains(*key)));
    let with = search("en", "grooming game", "&limit=100");
    let shared = keys(&without).iter().any(|key| {
        keys(&with).contains(key)
            && hits(&with).iter().any(|hit| {
                hit["key"] == **key
                    && hit["highlights"].to_string().to_lowercase().contains("<mark>game")
            })
    });
    assert!(!shared, "what is excluded is nowhere in a hit");
    assert_eq!(count(&search("en", "-grooming", "")), 0);
}

#[test]
fn entries_in_the_readers_language_come_first_and_others_say_so() {
    let answer = search("fr", "phone screen sleep écran sommeil", "&limit=100");
    let locales: Vec<&str> =
        hits(&answer).iter().map(|hit| hit["locale"].as_str().unwrap()).collect();
    let first_other = locales.iter().position(|locale| *locale != "fr").unwrap();
    assert!(locales[first_other..].iter().all(|locale| *locale != "fr"), "{locales:?}");
    let other = hits(&answer)[first_other];
    assert_eq!(other["resolution"]["reason"], "fallback");
    assert_eq!(other["resolution"]["served"], other["locale"]);
    assert!(keys(&answer).contains(&"screen-time-and-sleep"), "it exists in English alone");
    let once: BTreeSet<_> = hits(&answer).iter().map(|hit| hit["id"].to_string()).collect();
    assert_eq!(once.len(), locales.len(), "one hit an entry");
    let alone = search("fr", "phone screen sleep écran sommeil", "&limit=100&fallback=none");
    assert!(hits(&alone).iter().all(|hit| hit["locale"] == "fr"));
    let canadian = search("fr-CA", "écran", "");
    assert_eq!(canadian["resolution"]["served"], "fr");
    assert!(count(&canadian) > 0);
}

#[test]
fn facets_count_as_if_their_own_filter_were_not_there() {
    let whole = search("en", "picture", "&type=guidance&facet=audiences,topics");
    let counts = |answer: &Value, field: &str| -> BTreeMap<String, u64> {
        let values = answer["facets"][field].as_array().unwrap().iter();
        values
            .map(|it| (it["key"].as_str().unwrap().to_owned(), it["count"].as_u64().unwrap()))
            .collect()
    };
    let filtered = search(
        "en",
        "picture",
        "&type=guidance&facet=audiences,topics&filter[audiences]=parent_carer",
    );
    assert_eq!(counts(&filtered, "audiences"), counts(&whole, "audiences"));
    assert_eq!(count(&filtered), counts(&whole, "audiences")["parent_carer"]);
    assert!(
        counts(&filtered, "topics").values().sum::<u64>()
            < counts(&whole, "topics").values().sum::<u64>()
    );
}

#[test]
fn search_and_lists_agree_on_filters() {
    let ids = |answer: &Value| -> BTreeSet<String> {
        hits(answer).iter().map(|hit| hit["id"].to_string()).collect()
    };
    for locale in ["en", "fr", "th"] {
        let found = ids(&search(locale, "online picture en ligne", "&type=guidance&limit=100"));
        for filter in [
            "filter[topics]=topic-scams",
            "filter[audiences]=parent_carer,professional",
            "filter[published_at][gte]=2026-03-01",
            "filter[age_min][lte]=13&filter[topics][exists]=true",
            "filter[countries][exists]=false",
        ] {
            let listed =
                ids(&get(&format!("/v1/entries/guidance?locale={locale}&limit=100&{filter}")));
            let both = search(
                locale,
                "online picture en ligne",
                &format!("&type=guidance&limit=100&{filter}"),
            );
            let expected: BTreeSet<_> = found.intersection(&listed).cloned().collect();
            assert_eq!(ids(&both), expected, "{locale} {filter}");
            let sorted = search(
                locale,
                "online picture en ligne",
                &format!("&type=guidance&limit=100&sort=title&{filter}"),
            );
            assert_eq!(
                (ids(&sorted), count(&sorted)),
                (expected, count(&both)),
                "{locale} {filter}"
            );
        }
    }
}

#[test]
fn pages_hold_every_hit_once() {
    let whole = search("es", "foto internet", "&limit=100");
    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = search("es", "foto internet", &format!("&limit=3{cursor}"));
        assert_eq!(count(&page), count(&whole));
        walked.extend(keys(&page).into_iter().map(str::to_owned));
        let Some(next) = page["page"]["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(walked, keys(&whole));
    assert!(walked.len() > 6);
}

#[test]
fn numbers_are_found_however_they_are_grouped() {
    for q in ["0808 157 0222", "08081570222", "0808-157-0222", "+44 808 157 0222"] {
        let answer = search("en", q, "&type=route");
        assert!(hits(&answer).iter().any(|hit| hit["type"] == "route"), "{q}: {answer}");
    }
    let shown = search("en", "01632960900", "&type=page,guidance");
    assert!(count(&shown) > 0, "pages are found by the numbers that they show");
}

#[test]
fn other_labels_of_topics_find_the_same_and_never_come_before_what_was_typed() {
    // "predator" is a label of the topic whose title speaks of grooming.
    let answer = search("en", "predator", "&type=guidance");
    assert!(keys(&answer).contains(&"grooming-how-it-works"), "{:?}", keys(&answer));
    let exact = search("en", "grooming", "&type=guidance");
    assert!(
        hits(&exact)[0]["highlights"].to_string().to_lowercase().contains("<mark>grooming</mark>")
    );
}

#[test]
fn beginnings_are_completed_by_titles_and_phrases() {
    let texts = |answer: &Value| -> Vec<String> {
        hits(answer).iter().map(|it| it["text"].as_str().unwrap().to_owned()).collect()
    };
    let cases = [
        ("en", "pass", "Passwords"),
        ("en", "fake sh", "fake shops"),
        ("fr", "groom", "Grooming"),
        ("es", "contras", ""),
        ("ja", "グルー", "グルーミング"),
        ("th", "การล่อ", "การล่อลวง"),
        ("ar", "الابت", "الابتزاز"),
    ];
    for (locale, q, expected) in cases {
        let answer = suggest(locale, q);
        let found = texts(&answer);
        let lower = expected.to_lowercase();
        assert!(
            expected.is_empty() || found.iter().any(|text| text.to_lowercase().contains(&lower)),
            "{locale} {q}: {found:?}"
        );
    }
    let title = &suggest("en", "passw")["data"][0];
    assert_eq!((&title["kind"], &title["entry"]["type"]), (&"title".into(), &"guidance".into()));
    assert_eq!(suggest("en", "qqqq")["data"], Value::Array(Vec::new()));
}

#[test]
fn what_was_meant_is_told() {
    assert_eq!(suggest("en", "pasword")["did_you_mean"], "password");
    let meant = search("en", "cyberbulying help", "")["did_you_mean"].clone();
    assert_eq!(meant, "cyberbullying help");
    assert_eq!(search("en", "cyberbullying help", "")["did_you_mean"], Value::Null);
}

#[test]
fn what_is_shown_has_the_words_marked() {
    let answer = search("fr", "chantage", "&type=guidance");
    let first = &hits(&answer)[0]["highlights"];
    assert!(first.to_string().to_lowercase().contains("<mark>chantage</mark>"), "{first}");
    for hit in hits(&answer) {
        let passage = hit["highlights"]["passage"].as_str().unwrap();
        assert!(passage.chars().count() < 700, "a passage is short: {passage}");
    }
}

#[test]
fn no_query_is_refused_for_how_it_is_written() {
    let long = "ab \"cd -".repeat(1_200);
    for q in [
        "\"",
        "-",
        "-\"",
        "\"\"",
        "+*?~^:(){}[]",
        "AND OR NOT",
        "a*",
        "*:*",
        "title:x^9",
        "\u{202e}gnimoorg\u{202c}",
        "مرحبا hello 你好 สวัสดี",
        "𝕡𝕒𝕤𝕤𝕨𝕠𝕣𝕕",
        "'; DROP TABLE",
        "👩‍👩‍👧",
        "the of and",
        "....",
        "116111",
        &"x".repeat(5_000),
        &"\u{301}".repeat(1_000),
        &long,
    ] {
        let q = &q.chars().take(800).collect::<String>();
        search("en", q, "&limit=3&facet=topics&type=guidance");
        suggest("ja", &q.chars().take(200).collect::<String>());
    }
}

#[test]
fn a_question_that_is_too_long_for_an_address_is_told_so() {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    for q in ["x".repeat(10_000), encoded(&"詐欺".repeat(1_000)), "%22-".repeat(4_000)] {
        for path in ["/v1/search", "/v1/suggest"] {
            let answer = site.0.get(format!("{path}?locale=en&q={q}")).dispatch();
            assert_eq!(answer.status().code, 414, "{path}");
        }
    }
    let longest = "ab ".repeat(2_500);
    let answer = site.0.get(format!("/v1/search?locale=en&q={}", longest.trim().replace(' ', "+")));
    assert_eq!(answer.dispatch().status().code, 200);
}

#[test]
fn wrong_parameters_are_named() {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    let faults = |path: &str| -> Vec<(String, String)> {
        let answer = site.0.get(path.to_owned()).dispatch();
        assert_eq!(answer.status().code, 400, "{path}");
        let body = answer.into_bytes().unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let faults = problem["errors"].as_array().unwrap();
        faults.iter().map(|fault| (text(&fault["parameter"]), text(&fault["code"]))).collect()
    };
    let one = |path: &str| faults(path)[0].clone();
    let named = |parameter: &str, code: &str| (parameter.to_owned(), code.to_owned());
    assert_eq!(one("/v1/search"), named("q", "missing_parameter"));
    assert_eq!(one("/v1/search?q=a&status=draft"), named("status", "unknown_parameter"));
    assert_eq!(one("/v1/search?q=a&type=nothing"), named("type", "unknown_type"));
    assert_eq!(one("/v1/search?q=a&type=redirect"), named("type", "unknown_type"));
    assert_eq!(
        one("/v1/search?q=a&filter[nothing]=1"),
        named("filter[nothing]", "filter_unknown_field")
    );
    let many = vec!["topics"; 1_000].join(",");
    assert_eq!(one(&format!("/v1/search?q=a&facet={}", &many[..299])).0, "facet");
    assert_eq!(one("/v1/search?q=a&cursor=abc"), named("cursor", "bad_cursor"));
    assert_eq!(one("/v1/suggest?q=a&limit=21"), named("limit", "out_of_range"));
}

#[test]
fn a_cursor_of_another_question_is_refused() {
    let page = search("en", "picture", "&limit=1");
    let cursor = page["page"]["next"].as_str().unwrap();
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    let status = |query: &str| {
        site.0
            .get(format!("/v1/search?locale=en&limit=1&{query}&cursor={cursor}"))
            .dispatch()
            .status()
            .code
    };
    assert_eq!(status("q=picture"), 200);
    assert_eq!(status("q=pictures"), 400);
    assert_eq!(status("q=picture&type=guidance"), 400);
}

#[test]
fn answers_can_be_cached_and_asked_for_again() {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = "/v1/search?locale=fr&q=chantage&limit=2";
    let answer = site.0.get(path).dispatch();
    let header = |name: &str| answer.headers().get_one(name).unwrap_or_default().to_owned();
    assert!(header("Cache-Control").starts_with("public, max-age=60"));
    assert_eq!(header("Content-Language"), "fr");
    assert!(header("Link").contains("rel=\"next\""));
    assert!(!header("Surrogate-Key").is_empty());
    let etag = rocket::http::Header::new("If-None-Match", header("ETag"));
    assert_eq!(site.0.get(path).header(etag).dispatch().status().code, 304);
}
