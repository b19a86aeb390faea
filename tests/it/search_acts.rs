//! What editors do, as search shows it: drafts, publications, withdrawals, contacts, best bets.

use cms_core::{
    Cms,
    access::Actor,
    commands::{
        create_entry::CreateEntry, publish::Publish, save_draft::SaveDraft, unpublish::Unpublish,
    },
    event::{Fields, Part, Withdrawal},
    id::EntryId,
    locale::Locale,
};
use cms_server::config::Config;
use rocket::local::blocking::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    app::{open, wait_for},
    search::encoded,
};

/// A store, who edits it, and a reader.
struct Site {
    cms: Cms,
    editor: Actor,
    client: Client,
    _folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cms = open(folder.path());
        let editor = cms.administrator().unwrap().unwrap();
        let client =
            Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap()).unwrap();
        Self { cms, editor, client, _folder: folder }
    }

    fn create(&self, type_name: &str) -> EntryId {
        let act = CreateEntry {
            type_name: type_name.parse().unwrap(),
            agency: None,
            source_locale: Locale::english(),
            key: None,
        };
        wait_for(self.cms.create_entry(&self.editor, act)).unwrap().0
    }

    fn save(&self, entry: EntryId, part: &Part, fields: Value) {
        let fields: Fields = serde_json::from_value(fields).unwrap();
        let act = SaveDraft::new(entry, part.clone(), fields);
        wait_for(self.cms.save_draft(&self.editor, act)).unwrap();
    }

    fn publish(&self, entry: EntryId, part: &Part) {
        let act = Publish {
            entry,
            part: part.clone(),
            expected: None,
            published_at: None,
            change_class: None,
        };
        wait_for(self.cms.publish(&self.editor, act)).unwrap();
    }

    fn published(&self, fields: Value) -> EntryId {
        let entry = self.create("guidance");
        self.save(entry, &english(), fields);
        self.publish(entry, &english());
        entry
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.client.get(path.to_owned()).dispatch();
        assert_eq!(answer.status().code, 200, "{path}");
        serde_json::from_slice(&answer.into_bytes().unwrap()).unwrap()
    }

    fn search(&self, q: &str) -> Value {
        self.get(&format!("/v1/search?locale=en&facet=topics&q={}", encoded(q)))
    }

    fn found(&self, q: &str) -> Vec<String> {
        let answer = self.search(q);
        let ids = answer["data"].as_array().unwrap().iter();
        ids.map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    }

    fn suggested(&self, q: &str) -> Value {
        self.get(&format!("/v1/suggest?locale=en&q={}", encoded(q)))
    }
}

fn english() -> Part {
    Part::Locale(Locale::english())
}

#[test]
fn what_is_published_is_found_when_the_act_returns_and_what_is_withdrawn_is_gone() {
    let site = Site::new();
    let entry = site.published(json!({
        "title": "Zebrafinch warning",
        "summary": "About quokkastorm letters.",
        "body": "## Wombatlike heading\n\nThe platypusine part. The platypusine end.",
    }));
    let other = site.published(json!({"title": "Another page", "body": "Nothing of that."}));
    for q in [
        "zebrafinch",
        "quokkastorm",
        "wombatlike",
        "platypusine",
        "zebrafnich",
        "\"quokkastorm letters\"",
    ] {
        assert_eq!(site.found(q), [entry.to_string()], "{q}");
    }
    assert_eq!(site.suggested("zebraf")["data"][0]["text"], "Zebrafinch warning");
    let act = Unpublish {
        entry,
        locale: Locale::english(),
        expected: None,
        withdrawal: Withdrawal::Gone { replacement: None },
        recall: false,
    };
    wait_for(site.cms.unpublish(&site.editor, act)).unwrap();
    for q in ["zebrafinch", "quokkastorm", "wombatlike", "platypusine", "zebrafnich"] {
        let answer = site.search(q);
        assert_eq!(
            (answer["data"].clone(), answer["page"]["count"].clone()),
            (json!([]), json!(0)),
            "{q}"
        );
        assert_eq!(
            answer["did_you_mean"],
            Value::Null,
            "{q}: nothing tells that the word was there"
        );
    }
    for q in ["zebraf", "zebrafnich", "wombat", "quokkastorn"] {
        let answer = site.suggested(q);
        assert_eq!((&answer["data"], &answer["did_you_mean"]), (&json!([]), &Value::Null), "{q}");
    }
    assert_eq!(site.found("another"), [other.to_string()]);
}

#[test]
fn no_word_of_a_draft_is_found_counted_suggested_or_corrected_to() {
    let site = Site::new();
    let entry = site.published(json!({"title": "Public page", "body": "Public text."}));
    let draft = json!({
        "title": "Markerword page",
        "summary": "Secretsummary here.",
        "body": "## Hiddenheading\n\nConfidentialbody text.",
        "best_bets": ["pinnedsecret"],
    });
    site.save(entry, &english(), draft.clone());
    let unpublished = site.create("guidance");
    site.save(unpublished, &english(), draft);
    assert!(wait_for(site.cms.settled()));
    for word in ["markerword", "secretsummary", "hiddenheading", "confidentialbody", "pinnedsecret"]
    {
        let answer = site.search(word);
        assert_eq!(answer["page"]["count"], 0, "{word}");
        assert_eq!(answer["data"], json!([]), "{word}");
        let wrong = word.replacen('r', "rr", 1);
        assert_eq!(site.search(&wrong)["did_you_mean"], Value::Null, "{wrong}");
        for q in [word, &word[..5], wrong.as_str()] {
            let answer = site.suggested(q);
            assert_eq!(
                (&answer["data"], &answer["did_you_mean"]),
                (&json!([]), &Value::Null),
                "{q}"
            );
        }
    }
    assert_eq!(site.found("public"), [entry.to_string()]);
}

#[test]
fn a_redirect_is_neither_found_nor_suggested_nor_corrected_to() {
    let site = Site::new();
    let page = site.published(json!({"title": "Albatross page", "body": "About birds."}));
    let redirect = site.create("redirect");
    site.save(
        redirect,
        &Part::Shared,
        json!({"from": {"path": "/old-albatross", "match": "exact"}, "to": {"entry": page.to_string()},
            "status": 301}),
    );
    site.save(redirect, &english(), json!({"title": "Zebrafinch address moved"}));
    site.publish(redirect, &Part::Shared);
    site.publish(redirect, &english());
    for q in ["zebrafinch", "zebraf", "zebrafnich", "address mo"] {
        assert_eq!(site.search(q)["page"]["count"], 0, "{q}");
        assert_eq!(site.search(q)["did_you_mean"], Value::Null, "{q}");
        let answer = site.suggested(q);
        assert_eq!((&answer["data"], &answer["did_you_mean"]), (&json!([]), &Value::Null), "{q}");
    }
    assert_eq!(site.suggested("alba")["data"][0]["text"], "Albatross page");
}

#[test]
fn a_route_is_found_by_all_numbers_that_reach_it() {
    let site = Site::new();
    let route = site.create("route");
    let channels = json!([
        {"id": "phone", "kind": "phone", "value": "116 111", "shortcode": "116111", "languages": ["en"]},
        {"id": "abroad", "kind": "phone", "value": "(0) 800 1111", "e164": "+448001111", "dial_from": "abroad",
            "languages": ["en"]},
    ]);
    let shared = json!({"channels": channels, "identity": "anonymous_ok", "operator": {"kind": "child_helpline"},
        "covers": {"countries": ["GB"]}});
    site.save(route, &Part::Shared, shared);
    site.save(
        route,
        &english(),
        json!({"title": "Albatross line", "summary": "Somebody listens."}),
    );
    site.publish(route, &Part::Shared);
    site.publish(route, &english());
    for q in [
        "116111",
        "116 111",
        "116-111",
        "+44 800 1111",
        "0044 800 1111",
        "+448001111",
        "0800 1111",
        "08001111",
        "٠٨٠٠ ١١١١",
    ] {
        assert_eq!(site.found(q), [route.to_string()], "{q}");
    }
    assert!(site.found("116112").is_empty());
}

#[test]
fn highlights_hold_no_element_but_marks() {
    let site = Site::new();
    site.published(json!({
        "title": "Danger <script>alert(1)</script> & <mark>dolphin</mark>",
        "summary": "A dolphin \"onmouseover=\" <img src=x onerror=alert(1)> swims.",
        "body": "Text `<b>dolphin</b>` and <script>dolphin()</script> more.",
    }));
    let answer = site.search("dolphin");
    let highlights = &answer["data"][0]["highlights"];
    for text in [&highlights["title"], &highlights["passage"]] {
        let html = text.as_str().unwrap();
        assert!(html.contains("<mark>dolphin</mark>"), "{html}");
        let rest = html.replace("<mark>", "").replace("</mark>", "");
        assert!(!rest.contains('<') && !rest.contains('>') && !rest.contains('"'), "{html}");
    }
}

#[test]
fn a_best_bet_comes_first_for_its_question_and_for_no_other() {
    let site = Site::new();
    let strong = site.published(
        json!({"title": "Parrot parrot", "summary": "Parrot.", "body": "Parrot parrot."}),
    );
    let pinned = site.published(json!({
        "title": "What to do", "body": "The parrot is mentioned, and help.", "best_bets": ["Loud parrots"],
    }));
    assert_eq!(site.found("loud parrot"), [pinned.to_string(), strong.to_string()]);
    assert_eq!(site.search("LOUD PARROTS")["data"][0]["pinned"], true);
    assert_eq!(site.found("parrot")[0], strong.to_string());
}

#[test]
fn a_page_is_found_by_the_number_that_a_contact_has_now() {
    let site = Site::new();
    let route = site.create("route");
    let channels = |number: &str| {
        json!({"channels": [{"id": "phone", "kind": "phone", "value": number, "languages": ["en"]}],
            "identity": "anonymous_ok", "operator": {"kind": "child_helpline"}, "covers": {"countries": ["GB"]}})
    };
    site.save(route, &Part::Shared, channels("0808 157 0111"));
    site.save(
        route,
        &english(),
        json!({"title": "Albatross line", "summary": "Somebody listens."}),
    );
    site.publish(route, &Part::Shared);
    site.publish(route, &english());
    let page = site.published(json!({
        "title": "Somebody to talk to", "body": "Call:\n\n{{route:albatross-line}}\n",
    }));
    let found = |q: &str| {
        let mut found = site.found(q);
        found.sort_unstable();
        found
    };
    let mut both = [route.to_string(), page.to_string()];
    both.sort_unstable();
    assert_eq!(found("albatross"), both);
    assert_eq!(found("08081570111"), both);
    site.save(route, &Part::Shared, channels("0808 157 0999"));
    site.publish(route, &Part::Shared);
    assert_eq!(found("0808 157 0999"), both);
    assert!(found("08081570111").is_empty());
    // The passage that is shown has today's number, in whichever way the page was found.
    for q in ["0808 157 0999", "albatross", "somebody to talk to"] {
        let answer = site.search(q);
        let hits = answer["data"].as_array().unwrap().iter();
        let hit = hits.clone().find(|hit| hit["id"] == page.to_string()).unwrap();
        let passage = hit["highlights"]["passage"].as_str().unwrap();
        let plain = passage.replace("<mark>", "").replace("</mark>", "");
        assert!(plain.contains("0808 157 0999") && !plain.contains("0111"), "{q}: {plain}");
    }
}

#[test]
fn an_index_of_another_format_is_made_again_while_readers_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let cms = open(folder.path());
    let editor = cms.administrator().unwrap().unwrap();
    let site = Site {
        client: Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap()).unwrap(),
        cms,
        editor,
        _folder: folder,
    };
    let entry = site.published(json!({"title": "Persistent puffin", "body": "Stays."}));
    let Site { cms, client, _folder: folder, .. } = site;
    drop((client, cms));
    let derived = std::fs::read_dir(folder.path().join("derived")).unwrap();
    let metas = derived.map(|item| item.unwrap().path().join("index/meta.json"));
    let meta = metas.into_iter().find(|path| path.exists()).unwrap();
    let text = std::fs::read_to_string(&meta).unwrap();
    let older = text.replace("format=", "format=9");
    assert_ne!(text, older);
    std::fs::write(&meta, older).unwrap();
    let cms = open(folder.path());
    assert!(wait_for(cms.settled()));
    let client = Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap()).unwrap();
    let answer = client.get("/v1/search?locale=en&q=puffin").dispatch().into_string().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["data"][0]["id"], entry.to_string());
}
