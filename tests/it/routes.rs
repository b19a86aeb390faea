//! Routes over the wire, as editors change them and the clock goes on.

use std::{
    io::{self, BufRead},
    path::Path,
    sync::{Arc, LazyLock},
};

use cms_core::{
    Cms,
    access::Actor,
    clock::ManualClock,
    cms::Options,
    commands::{
        CommandError,
        import::{ImportOptions, ImportReport, Lines},
        publish::Publish,
        save_draft::SaveDraft,
        unpublish::Unpublish,
    },
    event::{Fields, Part, Withdrawal},
    id::{EntryId, ExternalKey, TypeName},
    locale::Locale,
};
use cms_server::config::Config;
use rocket::local::blocking::Client;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    demo::{Demo, Made, bring_pictures},
};

/// A Tuesday, in the morning of Europe.
pub const NOW: &str = "2026-11-24T10:00:00Z";

/// A store whose clock stands still.
pub struct Site {
    pub cms: Cms,
    pub clock: Arc<ManualClock>,
    pub client: Client,
}

/// An answer: status, header fields, body.
pub struct Told {
    pub status: u16,
    pub cache_control: String,
    pub etag: String,
    pub bytes: Vec<u8>,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The slugs of the emergency routes, a bar, and those of the others.
    fn slugs(&self) -> String {
        let told = self.json();
        let all = |pointer: &str| {
            let routes = told.pointer(pointer).unwrap().as_array().unwrap().clone();
            let slugs: Vec<_> =
                routes.iter().map(|it| it["route"]["slug"].as_str().unwrap().to_owned()).collect();
            slugs.join(" ")
        };
        format!("{} | {}", all("/data/emergency/routes"), all("/data/routes"))
    }
}

impl Site {
    /// An empty site in a folder.
    pub fn open(folder: &Path, now: &str) -> Self {
        let clock = Arc::new(ManualClock::at(now.parse().unwrap()));
        let options = Options { clock: Arc::<ManualClock>::clone(&clock), ..Options::default() };
        let cms = wait_for(Cms::open_with(folder, options)).unwrap();
        let rocket = cms_server::rocket(&Config::default(), &cms).unwrap();
        Self { cms, clock, client: Client::untracked(rocket).unwrap() }
    }

    /// With the demo's content.
    pub fn with_demo(folder: &Path) -> Self {
        static MADE: LazyLock<Made> = LazyLock::new(|| {
            Made::by(|folder| {
                let site = Site::open(folder, NOW);
                bring_pictures(&site.cms);
                assert_eq!(site.import(&mut Demo).refused, []);
            })
        });
        MADE.lay_out(folder);
        Self::open(folder, NOW)
    }

    pub fn import(&self, lines: &mut dyn Lines) -> ImportReport {
        let actor = self.administrator();
        let options = ImportOptions::default();
        let report =
            wait_for(async { self.cms.import(&actor, lines, &options, &|_, _| ()).await }).unwrap();
        assert!(wait_for(self.cms.settled()));
        report
    }

    pub fn get(&self, uri: &str) -> Told {
        let answer = self.client.get(uri.to_owned()).dispatch();
        let header = |name: &str| answer.headers().get_one(name).unwrap_or_default().to_owned();
        let (cache_control, etag) = (header("Cache-Control"), header("ETag"));
        Told {
            status: answer.status().code,
            cache_control,
            etag,
            bytes: answer.into_bytes().unwrap(),
        }
    }

    pub fn administrator(&self) -> Actor {
        self.cms.administrator().unwrap().unwrap()
    }

    pub fn by_key(&self, type_name: &str, key: &str) -> EntryId {
        let type_name = TypeName::parse(type_name).unwrap();
        self.cms
            .editing()
            .entry_by_key(&type_name, &ExternalKey::parse(key).unwrap())
            .unwrap()
            .unwrap()
    }

    /// The shared fields of an entry.
    pub fn shared(&self, entry: EntryId) -> Fields {
        let editing = self.cms.editing();
        let event = editing.entry(entry).unwrap().unwrap().heads[&Part::Shared].draft.event;
        wait_for(async { editing.fields(event).await }).unwrap()
    }

    /// Saves the shared fields of an entry with these changed.
    pub fn save(&self, entry: EntryId, changes: &Value) -> Result<(), CommandError> {
        let mut fields: Value = serde_json::to_value(self.shared(entry)).unwrap();
        for (name, value) in changes.as_object().unwrap() {
            fields[name] = value.clone();
        }
        let fields = serde_json::from_value(fields).unwrap();
        let act = SaveDraft::new(entry, Part::Shared, fields);
        wait_for(async { self.cms.save_draft(&self.administrator(), act).await }).map(|_| ())
    }

    pub fn publish_shared(&self, entry: EntryId) {
        let act = Publish {
            entry,
            part: Part::Shared,
            expected: None,
            published_at: None,
            change_class: None,
        };
        wait_for(async { self.cms.publish(&self.administrator(), act).await }).unwrap();
    }
}

/// Import lines from memory.
pub struct Text(pub String);

impl Lines for Text {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(io::Cursor::new(self.0.clone())))
    }
}

/// What is wrong, as `pointer code`.
fn told(refused: Result<(), CommandError>) -> Vec<String> {
    let Err(CommandError::Invalid(violations)) = refused else { panic!("{refused:?}") };
    violations.iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
}

#[test]
fn a_child_is_told_where_to_turn() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let answer = site.get("/v1/routes?locale=en&country=GB&concern=contact.sexual_extortion&audience=child_13_15&tz=Asia/Tokyo");
    assert_eq!(answer.status, 200);
    let told = answer.json();
    assert_eq!(told["data"]["emergency"]["routes"][0]["route"]["key"], "emergency-gb");
    assert_eq!(told["data"]["emergency"]["text"], Value::Null);
    let first = &told["data"]["routes"][0];
    assert_eq!(first["assurance"], "fresh");
    assert!(first["reasons"].as_array().unwrap().contains(&json!("audience")), "{first}");
    let keys: Vec<_> = told["data"]["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["route"]["key"].as_str().unwrap())
        .collect();
    assert!(keys.contains(&"talkline-gb") && !keys.contains(&"talkline-fr"), "{keys:?}");
    // The relay by sign language closes at 18:00 in London, which is three in the morning in Tokyo.
    let talkline = told["data"]["routes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["route"]["key"] == "talkline-gb")
        .unwrap();
    let sign =
        talkline["channels"].as_array().unwrap().iter().find(|it| it["id"] == "sign").unwrap();
    assert_eq!(
        sign["open_until"],
        json!({
            "utc": "2026-11-24T18:00:00Z", "local": "2026-11-24T18:00:00+00:00", "tz": "Europe/London",
            "reader": "2026-11-25T03:00:00+09:00",
        })
    );
    let phone = talkline["route"]["channels"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == "phone")
        .unwrap();
    assert_eq!(phone["href"], "tel:+448081570111");
}

#[test]
fn whoever_says_no_country_is_asked_for_it_in_their_language() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let told = site.get("/v1/routes?locale=fr&danger_now=true").json();
    let emergency = &told["data"]["emergency"];
    assert_eq!(emergency["routes"], json!([]));
    assert_eq!(emergency["ask_for_country"], "Dans quel pays es-tu ?");
    assert!(emergency["text"].as_str().unwrap().contains("numéro d’urgence"));
    assert!(
        told["data"]["routes"].as_array().unwrap().iter().all(|it| it["match_level"] == "global")
    );
    assert_eq!(told["data"]["fallback"]["reason"], "country_unknown");
}

#[test]
fn what_a_question_names_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    for (query, parameter, code) in [
        ("country=XX", "country", "unknown_country"),
        ("country=gb", "country", "unknown_country"),
        ("country=GBR", "country", "text_length"),
        ("subdivision=Wales", "subdivision", "not_a_subdivision"),
        ("country=FR&subdivision=GB-WLS", "subdivision", "subdivision_of_other_country"),
        ("concern=boredom", "concern", "unknown_concern"),
        ("audience=robots", "audience", "unknown_audience"),
        ("languages=en,klingon_", "languages", "not_a_locale"),
        ("tz=Europe/Atlantis", "tz", "unknown_time_zone"),
        ("danger_now=perhaps", "danger_now", "not_a_choice"),
        ("limit=51", "limit", "out_of_range"),
        ("at=2026-01-01T00:00:00Z", "at", "unknown_parameter"),
    ] {
        let answer = site.get(&format!("/v1/routes?locale=en&{query}"));
        let fault = &answer.json()["errors"][0];
        assert_eq!(
            (answer.status, &fault["parameter"], &fault["code"]),
            (400, &json!(parameter), &json!(code)),
            "{query}"
        );
        assert!(!fault["detail"].as_str().unwrap().contains("%{"), "{fault}");
    }
}

#[test]
fn no_cache_outlives_an_opening() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let uri = "/v1/routes?locale=en&country=FR&concern=conduct.cyberbullying";
    let is_open = |told: &Told| {
        let told = told.json();
        let routes = told["data"]["routes"].as_array().unwrap().clone();
        routes.iter().find(|it| it["route"]["key"] == "talkline-fr").unwrap()["open_now"].clone()
    };
    // The French line opens at 09:00 in Paris.
    site.clock.advance(-2 * 3_600_000 - 30_000);
    let before = site.get(uri);
    assert_eq!(
        before.cache_control,
        "public, max-age=30, stale-while-revalidate=0, stale-if-error=0"
    );
    assert_eq!(is_open(&before), json!(false));
    let directory = site.get("/v1/routes.json?locale=en");
    site.clock.advance(29_999);
    assert_eq!(is_open(&site.get(uri)), json!(false));
    assert_eq!(site.get(uri).etag, before.etag, "nothing in it tells the time");
    site.clock.advance(1);
    let after = site.get(uri);
    assert_eq!(is_open(&after), json!(true));
    assert_ne!(after.etag, before.etag);
    let again = site.get("/v1/routes.json?locale=en");
    assert_eq!(again.etag, directory.etag, "the directory has no flag of the clock");
    assert_eq!(
        again.cache_control,
        "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
    );
}

#[test]
fn a_changed_number_is_everywhere_at_once_and_the_directory_is_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let uri = "/v1/routes.json?locale=ja";
    let first = site.get(uri);
    drop(site);
    let site = Site::open(folder.path(), NOW);
    assert_eq!(site.get(uri).etag, first.etag);
    assert_eq!(site.get(uri).bytes, first.bytes);
    assert!(!first.etag.is_empty());

    let line = site.by_key("route", "talkline-gb");
    let mut channels = site.shared(line)["channels"].clone();
    channels[0]["value"] = json!("0808 157 0999");
    channels[0]["e164"] = json!("+448081570999");
    site.save(line, &json!({"channels": channels})).unwrap();
    assert_eq!(site.get(uri).etag, first.etag, "a draft changes nothing");
    site.publish_shared(line);
    for uri in [uri, "/v1/routes?locale=th&country=GB", "/v1/routes.json?locale=en"] {
        let told = String::from_utf8(site.get(uri).bytes).unwrap();
        assert!(told.contains("+448081570999") && !told.contains("+448081570111"), "{uri}");
    }
    assert_ne!(site.get(uri).json()["data"]["version"], first.json()["data"]["version"]);
}

#[test]
fn what_is_unpublished_is_gone_and_never_makes_a_route_for_everything() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let uri = "/v1/routes?locale=en&country=GB&concern=conduct.hate";
    let before = site.get(uri).slugs();
    let take_away = |entry: EntryId, replacement: Option<EntryId>| {
        let locales: Vec<Locale> = site
            .cms
            .editing()
            .entry(entry)
            .unwrap()
            .unwrap()
            .published_locales()
            .map(|(locale, _)| locale.clone())
            .collect();
        for locale in locales {
            let act = Unpublish {
                entry,
                locale,
                expected: None,
                withdrawal: Withdrawal::Gone { replacement },
                recall: false,
            };
            wait_for(async { site.cms.unpublish(&site.administrator(), act).await }).unwrap();
        }
    };
    // Image removal is for four concerns. Without any of them published it still is not for others.
    for key in [
        "content.own_image_shared",
        "content.ai_generated_image",
        "contact.sexual_extortion",
        "conduct.sexting_peer",
    ] {
        take_away(site.by_key("concern", key), Some(site.by_key("concern", "other")));
    }
    assert_eq!(site.get(uri).slugs(), before);
    assert!(!before.contains("image"), "{before}");
    let directory = site.get("/v1/routes.json?locale=en").json();
    assert!(
        directory["data"]["concerns"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["name"] != "conduct.sexting_peer")
    );
    take_away(site.by_key("route", "talkline-gb"), Some(site.by_key("route", "helpline-finder")));
    let after = site.get(uri).slugs();
    assert_ne!(after, before);
    assert!(!site.get("/v1/routes.json?locale=en").json().to_string().contains("talkline-gb"));
}

#[test]
fn a_route_that_leads_nowhere_is_refused_as_a_draft() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let line = site.by_key("route", "talkline-gb");
    let saved = |channel: Value| site.save(line, &json!({"channels": [channel]}));
    assert_eq!(
        told(saved(
            json!({"id": "chat", "kind": "webchat", "value": "javascript:alert(1)", "hours": {"tz": "Europe/London", "rule": "always"}})
        )),
        ["/fields/channels/0/hours/rule hours_malformed", "/fields/channels/0/value not_a_link"]
    );
    assert_eq!(
        told(saved(
            json!({"id": "phone", "kind": "phone", "value": "01 99 00 11 22", "e164": "+33199001122"})
        )),
        ["/fields/channels/0/e164 number_of_other_country"]
    );
    // Its audiences are children.
    assert_eq!(
        told(saved(
            json!({"id": "phone", "kind": "phone", "value": "0808 157 0111", "cost": "premium"})
        )),
        ["/fields/channels/0/cost premium_for_children"]
    );
    saved(json!({"id": "phone", "kind": "phone", "value": "0808 157 0111", "cost": "free"}))
        .unwrap();
}

#[test]
fn no_route_loses_its_last_channel_while_readers_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let line = site.by_key("route", "talkline-gb");
    let publish = |changes: Value| {
        site.save(line, &changes).unwrap();
        let act = Publish {
            entry: line,
            part: Part::Shared,
            expected: None,
            published_at: None,
            change_class: None,
        };
        wait_for(async { site.cms.publish(&site.administrator(), act).await }).map(|_| ())
    };
    assert_eq!(told(publish(json!({"channels": []}))), ["/fields/channels required"]);
    assert_eq!(
        told(publish(json!({"channels": [{"id": "sealed", "kind": "sealed"}]}))),
        ["/fields/channels only_sealed", "/fields/channels/0 sealed_without_keys"]
    );
}

#[test]
fn an_import_of_routes_names_what_keeps_them_from_readers() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let line = json!({
        "type": "route", "key": "sealed-only", "source_locale": "en", "locale": "en", "status": "published",
        "shared": {
            "operator": {"kind": "police"}, "covers": {"countries": ["GB"]}, "identity": "anonymous_ok",
            "channels": [{"id": "sealed", "kind": "sealed"}],
        },
        "fields": {"title": "Sealed only", "channel_notes": [{"channel": "phone", "label": "Call"}]},
    });
    let report = site.import(&mut Text(line.to_string()));
    let found: Vec<_> = report
        .refused
        .iter()
        .flat_map(|refused| &refused.violations)
        .map(|it| format!("{} {}", it.pointer, it.code))
        .collect();
    assert_eq!(
        found,
        [
            "/fields/channel_notes/0/channel unknown_channel",
            "/fields/channels only_sealed",
            "/fields/channels/0 sealed_without_keys",
            "/fields/confidentiality_exceptions sealed_without_exceptions",
        ]
    );
}

#[test]
fn nobody_has_made_sure_tomorrow_and_an_import_of_that_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let line = site.by_key("route", "talkline-gb");
    let saved =
        |date: &str| site.save(line, &json!({"assured": {"date": date, "method": "called"}}));
    assert_eq!(told(saved("2062-11-24")), ["/fields/assured/date assured_in_future"]);
    saved("2026-11-24").unwrap();
    let line = json!({
        "type": "route", "key": "from-tomorrow", "source_locale": "en", "locale": "en", "status": "published",
        "shared": {
            "operator": {"kind": "other"}, "covers": {"countries": ["FR"]}, "identity": "anonymous_ok",
            "channels": [{"id": "mail", "kind": "email", "value": "help@helpline.example"}],
            "assured": {"date": "2026-12-24"},
        },
        "fields": {"title": "From tomorrow"},
    });
    assert_eq!(site.import(&mut Text(line.to_string())).refused, []);
    let mark = || {
        let found = site.get("/v1/routes?locale=en&country=FR&limit=50");
        let routes = found.json()["data"]["routes"].as_array().unwrap().clone();
        let own = routes.iter().find(|it| it["route"]["key"] == "from-tomorrow").unwrap();
        (own["assurance"].clone(), found.cache_control)
    };
    assert_eq!(mark().0, "overdue");
    // From 10:00 on 24 November to a second before 23 December.
    site.clock.advance(28 * 86_400_000 + 14 * 3_600_000 - 1_000);
    let (still, header) = mark();
    assert_eq!(
        (still, header.as_str()),
        (json!("overdue"), "public, max-age=1, stale-while-revalidate=0, stale-if-error=0")
    );
    site.clock.advance(1_000);
    assert_eq!(mark().0, "fresh");
}
