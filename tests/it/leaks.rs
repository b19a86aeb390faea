//! Nothing that isn't published is reachable: drafts full of marker words, and every delivery endpoint of the `OpenAPI`
//! document asked in every way, so that none is forgotten. Then the index's files, and the log of the server.
//!
//! Each hidden text is a word that is asked for and one that never is: an answer may repeat the question, and nothing
//! else.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    drawn::png,
    http_acts::desk::Desk,
};

/// Asked for.
const ASKED: &str = "qzvasked";
/// Never asked for, and in no answer.
const HIDDEN: &str = "qzvhidden";

/// Streams that end with the server alone; what they tell is what `/v1/changes` tells.
const ENDLESS: [&str; 1] = ["/v1/stream"];

struct Site {
    desk: Desk,
    /// Names and ids that lead to something published, or may be tried.
    names: Vec<String>,
    /// Ids of entries of which readers know nothing.
    secret_ids: Vec<String>,
    /// The digests of a published picture and of drafts.
    digests: Vec<String>,
}

fn hidden(place: &str) -> String {
    format!("{ASKED} {HIDDEN}{place}")
}

fn id(entry: &str) -> String {
    entry.split('/').nth(1).unwrap().to_owned()
}

fn patch(desk: &Desk, path: &str, body: &Value) {
    let saved = desk.ask((Method::Patch, path), Some("*"), body);
    let saved = if saved.status == 412 {
        desk.ask((Method::Patch, path), Some("\"0\""), body)
    } else {
        saved
    };
    assert_eq!(saved.status, 200, "{path}: {saved:?}");
}

fn fields(place: &str) -> Value {
    json!({
        "fields": { "title": hidden(place), "summary": hidden(place), "body": format!("# {}\n\nText.", hidden(place)) },
        "slug": format!("{ASKED}-{HIDDEN}{place}"),
        "note": hidden(place),
    })
}

/// A site with a page in each state that a page can be in.
fn site() -> Site {
    let desk = Desk::new();
    let publish = |path: &str| drop(desk.done(path, "publish", "*", &Value::Null));
    let public =
        json!({ "fields": { "title": "Public page", "summary": "Seen", "body": "Visible." } });
    // Published, with a newer draft, a translation that is a draft, and topics of which one is a draft.
    let page = desk.entry("guidance");
    let (topic, draft_topic) = (desk.entry("topic"), desk.entry("topic"));
    patch(&desk, &format!("{topic}/en"), &json!({ "fields": { "title": "Scams" } }));
    publish(&format!("{topic}/en"));
    let labels = json!({ "fields": { "title": hidden("topic"), "alternative_labels": [hidden("label"), "scams"] } });
    patch(&desk, &format!("{draft_topic}/en"), &labels);
    let topics = json!({ "fields": { "topics": [id(&topic), id(&draft_topic)] } });
    patch(&desk, &format!("{page}/shared"), &topics);
    patch(&desk, &format!("{page}/en"), &public);
    publish(&format!("{page}/en"));
    patch(&desk, &format!("{page}/en"), &fields("newer"));
    patch(&desk, &format!("{page}/fr"), &fields("translation"));
    desk.done(&format!("{page}/fr"), "submit", "*", &json!({ "note": hidden("review") }));
    // A topic's newer draft, which lists and searches must not know.
    patch(
        &desk,
        &format!("{topic}/en"),
        &json!({ "fields": { "alternative_labels": [hidden("newer-label")] } }),
    );
    // Never published; with a key, and a preview token for it.
    let body = json!({ "source_locale": "en", "key": format!("{ASKED}-key") });
    let made = desk.ask((Method::Post, "guidance"), None, &body);
    let draft = format!("guidance/{}", made.json()["id"].as_str().unwrap());
    patch(&desk, &format!("{draft}/en"), &fields("draft"));
    desk.ask((Method::Post, &format!("{draft}/en/previews")), None, &Value::Null);
    // Scheduled; discarded; withdrawn since; erased.
    let scheduled = desk.entry("guidance");
    patch(&desk, &format!("{scheduled}/en"), &fields("scheduled"));
    let at = desk.app.cms.clock().now().plus_millis(86_400_000);
    desk.done(&format!("{scheduled}/en"), "schedule", "*", &json!({ "act": "publish", "at": at }));
    let discarded = desk.entry("guidance");
    patch(&desk, &format!("{discarded}/en"), &public);
    publish(&format!("{discarded}/en"));
    patch(&desk, &format!("{discarded}/en"), &fields("discarded"));
    desk.done(&format!("{discarded}/en"), "discard", "*", &Value::Null);
    let withdrawn = desk.entry("guidance");
    let text = json!({ "fields": { "title": "Withdrawn", "body": hidden("withdrawn") } });
    patch(&desk, &format!("{withdrawn}/en"), &text);
    publish(&format!("{withdrawn}/en"));
    let notice = json!({ "mode": "withdrawn", "notice": "Checked." });
    desk.done(&format!("{withdrawn}/en"), "unpublish", "*", &notice);
    let erased = desk.entry("guidance");
    patch(&desk, &format!("{erased}/en"), &fields("erased"));
    publish(&format!("{erased}/en"));
    assert_eq!(desk.ask((Method::Delete, &erased), None, &Value::Null).status, 200);
    // Routes and redirects that are drafts.
    let route = desk.entry("route");
    patch(&desk, &format!("{route}/en"), &json!({ "fields": { "title": hidden("route") } }));
    let partners = for_partners(&desk);
    let pictures = pictures(&desk);
    let names =
        [&page, &topic, &draft, &discarded, &withdrawn, &erased, &scheduled].map(|entry| id(entry));
    let slugs = ["public-page", "withdrawn", "scams", ASKED].map(str::to_owned);
    let names = names.into_iter().chain(slugs).chain([format!("key:{ASKED}-key")]);
    let names = names.chain(partners.names).chain([id(&pictures.asset)]).collect();
    let secret_ids = [&draft, &scheduled, &draft_topic, &route].map(|entry| id(entry)).into_iter();
    let secret_ids = secret_ids.chain(partners.secret_ids).chain([id(&pictures.draft)]).collect();
    Site { desk, names, secret_ids, digests: pictures.digests }
}

/// What is known of pictures.
struct Pictures {
    asset: String,
    draft: String,
    digests: Vec<String>,
}

/// A published picture with other words and another file in its drafts, and one that is a draft alone.
fn pictures(desk: &Desk) -> Pictures {
    let (asset, digest) = crate::assets::asset(desk, "public.png", &png(200, 100, 60));
    crate::assets::describe(desk, &asset, "Public picture");
    let words =
        json!({ "fields": { "alt": hidden("newer-alt"), "caption": hidden("newer-caption") } });
    patch(desk, &format!("{asset}/en"), &words);
    let bearer = format!("Bearer {}", desk.token);
    let uri = format!("/manage/v1/assets/{}/content?name={ASKED}-{HIDDEN}.png", id(&asset));
    let headers = [("Authorization", bearer.as_str()), ("If-Match", "*")];
    let newer = desk.app.send_bytes((Method::Put, &uri), &headers, &png(200, 100, 61));
    let newer = newer.json()["file"]["digest"].as_str().unwrap().to_owned();
    let (draft, secret) =
        crate::assets::asset(desk, &format!("{ASKED}-{HIDDEN}.png"), &png(9, 9, 62));
    patch(desk, &format!("{draft}/en"), &json!({ "fields": { "alt": hidden("alt") } }));
    Pictures { asset, draft, digests: vec![digest, newer, secret] }
}

/// What partners' directories show.
struct Partners {
    names: Vec<String>,
    secret_ids: Vec<String>,
}

/// A published route with its organisation and concern, each with a newer draft, and others that are drafts alone.
fn for_partners(desk: &Desk) -> Partners {
    let publish = |path: &str| drop(desk.done(path, "publish", "*", &Value::Null));
    let titled = |title: &str| json!({ "fields": { "title": title, "summary": title } });
    let (organisation, draft_organisation) =
        (desk.entry("organisation"), desk.entry("organisation"));
    let (concern, draft_concern) = (desk.entry("concern"), desk.entry("concern"));
    for (entry, draft) in [(&organisation, &draft_organisation), (&concern, &draft_concern)] {
        let is_concern = *entry == concern;
        let named = |title: &str| {
            if is_concern { json!({ "fields": { "title": title } }) } else { titled(title) }
        };
        patch(desk, &format!("{entry}/en"), &named("Shown"));
        publish(&format!("{entry}/en"));
        patch(desk, &format!("{entry}/en"), &named(&hidden("partner")));
        patch(desk, &format!("{draft}/en"), &named(&hidden("partner")));
    }
    let line = desk.entry("route");
    let shared = |operator: &str, concerns: &[&str], address: &str| {
        let concerns: Vec<String> = concerns.iter().map(|concern| id(concern)).collect();
        json!({ "fields": {
            "operator": { "kind": "hotline", "organisation": id(operator) }, "covers": { "countries": ["GB"] },
            "identity": "anonymous_ok", "concerns": concerns,
            "channels": [{ "id": "web", "kind": "web_form", "value": format!("https://{address}.example/") }],
        } })
    };
    let both = [concern.as_str(), draft_concern.as_str()];
    patch(desk, &format!("{line}/shared"), &shared(&organisation, &both, "shown"));
    patch(desk, &format!("{line}/en"), &titled("Shown line"));
    publish(&format!("{line}/en"));
    patch(desk, &format!("{line}/shared"), &shared(&draft_organisation, &both, HIDDEN));
    patch(desk, &format!("{line}/en"), &titled(&hidden("line")));
    let taxonomies = desk.app.get("/hsds/taxonomies").json();
    let taxonomy = taxonomies["contents"][0]["id"].as_str().unwrap().to_owned();
    let names =
        [&line, &organisation, &draft_organisation, &concern, &draft_concern].map(|it| id(it));
    Partners {
        names: names.into_iter().chain([taxonomy, "shown-line".to_owned()]).collect(),
        secret_ids: vec![id(&draft_organisation), id(&draft_concern)],
    }
}

/// What to try for a parameter.
fn tries(site: &Site, name: &str) -> Vec<String> {
    let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    match name {
        "type_name" | "type" => {
            own(&["guidance", "topic", "route", "organisation", "page", "asset", ASKED])
        }
        "name" | "id" | "organization_id" | "taxonomy_term_id" => site.names.clone(),
        "digest" => site.digests.clone(),
        "step" => own(&["public.png", "160.webp", "160", "9.png"]),
        "event" => (1..=site.desk.app.cms.log().last()).map(|number| number.to_string()).collect(),
        "part" => own(&["en", "fr", "shared"]),
        "locale" => own(&["en", "fr", "th", "fr-CA"]),
        "q" => own(&["public", ASKED, "qzv", "scams", "\"text\"", "seen visible", "qzvaske"]),
        "limit" => own(&["1", "100"]),
        "fields" => own(&["title,body,summary", "body", "topics", ASKED]),
        "include" => own(&["topics", "topics.parent"]),
        "sort" => own(&["title", "-published_at", ASKED]),
        "facet" => own(&["topics"]),
        "count" => own(&["exact"]),
        "fallback" => own(&["none"]),
        "topic" => own(&["scams", ASKED]),
        "path" => own(&["/old", "/qzvasked"]),
        "country" => own(&["GB", "FR"]),
        "from" => own(&["0", "1"]),
        "languages" => own(&["en,fr"]),
        "danger_now" | "full" => own(&["true"]),
        "page" => own(&["1", "2"]),
        "per_page" => own(&["1", "500"]),
        "tz" => own(&["Europe/Paris"]),
        _ => own(&[ASKED]),
    }
}

/// All addresses to ask for a path: each parameter by itself, and all that are usual together.
fn addresses(site: &Site, path: &str, parameters: &[Value]) -> Vec<String> {
    let named = |place: &str| {
        let of = parameters.iter().filter(move |parameter| parameter["in"] == place);
        of.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut paths = vec![path.to_owned()];
    for name in named("path") {
        let with = |path: &String| {
            let tries = tries(site, &name).into_iter();
            tries.map(|value| path.replace(&format!("{{{name}}}"), &value)).collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(with).collect();
    }
    let mut found = Vec::new();
    for path in paths {
        found.push(path.clone());
        for name in named("query") {
            let filters =
                ["filter[topics]=scams", "filter[title]=qzvasked", "filter[topics]=qzvasked"];
            if name == "filter" {
                found.extend(filters.iter().map(|filter| format!("{path}?{filter}")));
                continue;
            }
            for value in tries(site, &name) {
                let value = value.replace(' ', "%20").replace('"', "%22");
                found.push(format!("{path}?{name}={value}"));
                for locale in ["en", "fr"] {
                    if name != "locale" && named("query").iter().any(|known| known == "locale") {
                        found.push(format!("{path}?{name}={value}&locale={locale}"));
                    }
                }
            }
        }
    }
    found
}

fn check(site: &Site, address: &str, answer: &Answer) {
    let text = answer.text() + &format!("{:?}", answer.headers);
    let lower = text.to_lowercase();
    assert!(!lower.contains(HIDDEN), "{address} tells of a draft: {text}");
    for id in &site.secret_ids {
        assert!(
            address.contains(id.as_str()) || !text.contains(id.as_str()),
            "{address} names a draft: {text}"
        );
    }
    // What was asked for may be told again; a word that was not asked for may not.
    assert!(address.contains("qzv") || !lower.contains(ASKED), "{address} knows a marker: {text}");
}

/// What the server logs, gathered.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_answer_of_any_delivery_endpoint_tells_of_what_is_not_published() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let site = tracing::subscriber::with_default(log, || {
        let site = site();
        assert!(wait_for(site.desk.app.cms.settled()));
        let document = site.desk.app.get("/openapi.json").json();
        let paths = document["paths"].as_object().unwrap();
        let mut asked = BTreeSet::new();
        let is_delivery =
            |path: &str| ["/v1", "/hsds", "/media"].iter().any(|start| path.starts_with(start));
        for (path, item) in paths.iter().filter(|(path, _)| is_delivery(path)) {
            // What readers send and never get has its own tests.
            if ENDLESS.contains(&path.as_str()) || item.get("get").is_none() {
                continue;
            }
            let none = Vec::new();
            let parameters = item["get"]["parameters"].as_array().unwrap_or(&none);
            let mut statuses = BTreeSet::new();
            for address in addresses(&site, path, parameters) {
                let answer = site.desk.app.get(&address);
                check(&site, &address, &answer);
                statuses.insert(answer.status);
                asked.insert(address);
            }
            assert!(statuses.contains(&200), "{path} never answered: {statuses:?}");
        }
        assert!(asked.len() > 500, "{}", asked.len());
        for digest in &site.digests[1..] {
            let file = format!("{ASKED}-{HIDDEN}.png");
            for step in ["public.png", "160.webp", file.as_str()] {
                assert_eq!(site.desk.app.get(&format!("/media/{digest}/{step}")).status, 404);
            }
        }
        // What is public is there: the test has eyes.
        assert!(site.desk.app.get("/v1/search?q=public&locale=en").text().contains("Public page"));
        assert!(site.desk.app.get("/v1/entries/guidance?locale=en").text().contains("Public page"));
        site
    });
    let logged = String::from_utf8_lossy(&lines.0.lock().unwrap()).to_lowercase();
    assert!(!logged.contains(HIDDEN), "{logged}");
    // The dictionary of the index has no word of a draft, and so no file of it.
    let derived = site.desk.app.cms.dir().join("derived");
    let mut files = 0;
    for folder in fs::read_dir(derived).unwrap().map(|item| item.unwrap().path()) {
        files += search(&folder.join("index"));
    }
    assert!(files > 3, "{files} files of the index were looked at");
}

/// Looks for marker words in the files of a folder; gives how many there were.
fn search(folder: &Path) -> usize {
    let Ok(listed) = fs::read_dir(folder) else { return 0 };
    let mut files = 0;
    for path in listed.map(|item| item.unwrap().path()).filter(|path| path.is_file()) {
        files += 1;
        let bytes = fs::read(&path).unwrap().to_ascii_lowercase();
        let found = bytes.windows(HIDDEN.len()).any(|window| window == HIDDEN.as_bytes());
        assert!(!found, "{} has a word of a draft", path.display());
    }
    files
}
