//! How long the look-up of routes takes, on a directory in memory, and reading the clock for one.
//!
//! `cargo bench -p cms-core --bench routes`. In `crowded` every route covers the country asked for; in
//! `spread` they are of all countries.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that cannot go on has nothing to measure"
)]

use std::{env, sync::Arc};

use cms_core::{
    locale::Locale,
    route::{Country, Directory, Finder, Question, Texts},
};
use divan::{Bencher, black_box};
use serde_json::{Value, json};

const NOW: &str = "2026-11-24T10:00:00Z";

fn main() {
    divan::main();
}

/// How many routes there are; with the tests, few.
fn sizes() -> Vec<usize> {
    let is_bench = env::args().any(|argument| argument == "--bench");
    if is_bench { vec![300, 2_000, 10_000] } else { vec![300] }
}

fn finder(routes: usize, crowded: bool) -> Finder {
    let countries: Vec<_> = Country::all().collect();
    let route = |number: usize| -> Value {
        let country = if crowded { "FR" } else { countries[number % countries.len()].as_str() };
        let rule =
            ["24/7", "Mo-Fr 09:00-17:00", "Mo-Su 08:00-22:00", "Fr,Sa 20:00-02:00"][number % 4];
        json!({
            "id": format!("0197e3a0-0000-7000-8000-{number:012}"),
            "slug": format!("route-{number:05}"), "locale": "en", "dir": "ltr", "href": "", "title": "A route",
            "operator": {"kind": "hotline"}, "covers": {"countries": [country]},
            "concerns": [format!("group-{}", number % 7)], "audiences": [],
            "channels": [
                {"id": "phone", "kind": "phone", "languages": ["en", "fr"], "hours": {"tz": "Europe/Paris", "rule": rule}},
                {"id": "form", "kind": "web_form", "languages": ["en"]},
            ],
            "assured": {"date": "2026-10-01"}, "identity": "anonymous_ok",
        })
    };
    let routes = (0..routes).map(|number| serde_json::from_value(route(number)).unwrap()).collect();
    let concern = |number: usize| {
        let name = format!("group-{number}");
        json!({"name": name, "slug": name, "title": name, "id": format!("0197e3a0-0000-7000-9000-{number:012}")})
    };
    let concerns = (0..7).map(|number| serde_json::from_value(concern(number)).unwrap()).collect();
    let english = Locale::parse("en").unwrap();
    Finder::new(Arc::new(Directory::new(english, Texts::default(), concerns, Vec::new(), routes)))
}

fn look_up(bencher: Bencher<'_, '_>, routes: usize, crowded: bool) {
    let finder = finder(routes, crowded);
    let moment = finder.moment(NOW.parse().unwrap(), None);
    let question = Question {
        country: Some("FR".parse().unwrap()),
        concern: Some("group-3".to_owned()),
        languages: vec![Locale::parse("fr").unwrap()],
        ..Question::default()
    };
    bencher.bench_local(|| finder.look_up(black_box(&question), black_box(&moment)));
}

#[divan::bench(args = sizes())]
fn crowded(bencher: Bencher<'_, '_>, routes: usize) {
    look_up(bencher, routes, true);
}

#[divan::bench(args = sizes())]
fn spread(bencher: Bencher<'_, '_>, routes: usize) {
    look_up(bencher, routes, false);
}

#[divan::bench(args = sizes())]
fn reading_the_clock(bencher: Bencher<'_, '_>, routes: usize) {
    let finder = finder(routes, false);
    bencher.bench_local(|| finder.moment(black_box(NOW.parse().unwrap()), None));
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn making_ready(bencher: Bencher<'_, '_>, routes: usize) {
    let directory = Arc::clone(finder(routes, false).directory());
    bencher.bench_local(|| Finder::new(Arc::clone(black_box(&directory))));
}
