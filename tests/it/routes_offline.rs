//! The directory as a file: the same answers without a server, and how large it is.

use std::sync::Arc;

use cms_core::{
    locale::Locale,
    route::{Country, Directory, Finder, Question},
};
use rocket::http::Header;
use serde_json::json;

use crate::routes::{NOW, Site, Text};

#[expect(dead_code, reason = "an example's `main` is not called here")]
#[path = "../../cms-core/examples/routes_offline.rs"]
mod example;

/// Numbers that look random and are the same every time (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A random question, and its query.
fn any_question(
    random: &mut Random,
    directory: &Directory,
    countries: &[Country],
) -> (Question, String) {
    let mut question = Question { limit: 1 + random.below(20), ..Question::default() };
    let mut query = format!("locale=en&limit={}", question.limit);
    let mut add = |name: &str, value: &str| query.extend(["&", name, "=", value]);
    if random.below(8) > 0 {
        // Half of them are where the demo has routes of the country itself.
        let own = ["GB", "FR", "JP"].map(|code| code.parse().unwrap());
        let country =
            if random.below(2) == 0 { *random.one_of(&own) } else { *random.one_of(countries) };
        question.country = Some(country);
        add("country", country.as_str());
        if random.below(4) == 0 {
            question.subdivision = Some(format!("{country}-1").parse().unwrap());
            add("subdivision", &format!("{country}-1"));
        }
    }
    if random.below(6) > 0 {
        let concern = random.one_of(&directory.concerns);
        let name = if random.below(2) == 0 { concern.name.clone() } else { concern.id.to_string() };
        add("concern", &name);
        question.concern = Some(name);
    }
    if random.below(3) > 0 {
        let audience = random.one_of(&directory.audiences);
        add("audience", &audience.name);
        question.audience = Some(audience.name.clone());
    }
    let languages = *random.one_of(&["en", "fr", "ja", "ar,en-GB", "bfi", "th,ja,fr"]);
    add("languages", languages);
    question.languages = languages.split(',').map(|tag| Locale::parse(tag).unwrap()).collect();
    question.danger_now = random.below(3) == 0;
    add("danger_now", if question.danger_now { "true" } else { "false" });
    (question, query)
}

#[test]
fn the_file_alone_gives_the_server_s_answers() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let file = site.get("/v1/routes.json?locale=en").bytes;
    let finder = Finder::new(Arc::new(Directory::parse(&file).unwrap()));
    let countries: Vec<Country> = Country::all().collect();
    let english = Locale::parse("en").unwrap();
    let mut random = Random(2_026);
    let mut at: cms_core::clock::Timestamp = NOW.parse().unwrap();
    let mut moment = finder.moment(at, None);
    for number in 0..10_000 {
        if number % 50 == 49 {
            let ahead = i64::try_from(random.below(20 * 3_600_000)).unwrap();
            site.clock.advance(ahead);
            at = at.plus_millis(ahead);
            moment = finder.moment(at, Some(&moment));
        }
        let (question, query) = any_question(&mut random, finder.directory(), &countries);
        let found = finder.look_up(&question, &moment);
        let told = serde_json::to_string(&finder.tell(&found, &moment, None)).unwrap();
        let delivery = site.cms.delivery();
        let directory = delivery.directory(&english).unwrap();
        let answer = delivery.routes(&directory, &english, &question, (at, None)).unwrap();
        let body = String::from_utf8(answer.answer.body).unwrap();
        assert!(body.starts_with(&format!("{{\"data\":{told},")), "{query} at {at}: {body} {told}");
        if number % 100 == 0 {
            // Over the wire it takes longer, and is the same.
            let answer = site.get(&format!("/v1/routes?{query}"));
            assert_eq!((answer.status, answer.bytes), (200, body.into_bytes()), "{query} at {at}");
        }
        if number % 1_000 == 0 {
            let alone = example::answer(&file, &question, at).unwrap();
            assert_eq!(alone, told, "the example says the same");
        }
    }
}

/// So many import lines of routes with texts of usual length, of words that don't repeat as whole sentences do.
fn many(routes: usize) -> String {
    let mut random = Random(7);
    let syllables = [
        "ba", "ke", "li", "mo", "nu", "pra", "sta", "tri", "vo", "wen", "zi", "sho", "er", "ing",
        "al",
    ];
    let vocabulary: Vec<String> = (0..3_000)
        .map(|_| (0..=random.below(4)).map(|_| *random.one_of(&syllables)).collect())
        .collect();
    let mut words = |count: usize| {
        let all: Vec<&str> = (0..count).map(|_| random.one_of(&vocabulary).as_str()).collect();
        all.join(" ")
    };
    let countries: Vec<Country> = Country::all().collect();
    let line = |number: usize| {
        let country = countries[number % countries.len()];
        json!({
            "type": "route", "key": format!("made-{number}"), "source_locale": "en", "locale": "en", "status": "published",
            "slug": format!("made-{number}"),
            "shared": {
                "operator": {"kind": "hotline"}, "covers": {"countries": [country]}, "identity": "anonymous_ok",
                "concerns": ["key:contact", "key:content"], "audiences": ["key:child_13_15"],
                "channels": [
                    {"id": "chat", "kind": "webchat", "value": format!("https://chat-{number}.helpline.example/"),
                     "languages": ["en", "fr"], "hours": {"tz": "Europe/Paris", "rule": "Mo-Fr 09:00-17:00"}, "cost": "free"},
                    {"id": "mail", "kind": "email", "value": format!("help-{number}@helpline.example")},
                ],
                "assured": {"date": "2026-10-01", "by": "Example Agency", "method": "called"},
            },
            "fields": {
                "title": words(5), "summary": words(30), "confidentiality_summary": words(25), "not_for": words(20),
                "what_happens_next": [words(15), words(15), words(15)],
                "confidentiality_exceptions": [{"when": words(8), "example": words(10), "who_is_told": words(3)}],
                "channel_notes": [{"channel": "chat", "label": words(2), "note": words(10)}, {"channel": "mail", "label": words(2)}],
            },
        })
        .to_string()
    };
    (0..routes).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
#[expect(clippy::print_stdout, reason = "the sizes are worth seeing: run with --nocapture")]
fn three_hundred_routes_travel_in_less_than_300_kilobytes() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    assert_eq!(site.import(&mut Text(many(300))).refused, []);
    let whole = site.get("/v1/routes.json?locale=en").bytes;
    let directory = Directory::parse(&whole).unwrap();
    assert!(directory.routes.len() > 300, "{}", directory.routes.len());
    for coding in ["zstd", "br", "gzip"] {
        let request = site
            .client
            .get("/v1/routes.json?locale=en")
            .header(Header::new("Accept-Encoding", coding));
        let answer = request.dispatch();
        assert_eq!(answer.headers().get_one("Content-Encoding"), Some(coding));
        let bytes = answer.into_bytes().unwrap().len();
        println!("{} routes: {} bytes, {coding} {bytes}", directory.routes.len(), whole.len());
        assert!(bytes < 300_000, "{coding}: {bytes}");
    }
}
