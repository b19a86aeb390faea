//! Redirects that an editor sets by hand: what sites get of them, what this server does with them, and what
//! they must not do.

use cms_core::event::Withdrawal;
use serde_json::{Value, json};

use crate::site::{Site, line, pair, pairs, shared, translated, wrong};

fn redirect(key: &str, path: &str, kind: &str, to: Value) -> Value {
    let content = json!({"from": {"path": path, "match": kind}, "to": to, "status": 308});
    shared(line("redirect", key, &json!({"title": key})), content)
}

/// The shared fields of a redirect to a URL.
fn content(path: &str, kind: &str, url: &str) -> Value {
    json!({"from": {"path": path, "match": kind}, "to": {"url": url}, "status": 308})
}

fn site() -> Site {
    let site = Site::new();
    site.import(&[
        line("guidance", "plan", &json!({"title": "Plan", "body": "b"})),
        translated("guidance", "plan", "fr", &json!({"title": "Projet", "body": "b"})),
        redirect("one", "/help/plan", "exact", json!({"entry": "key:plan"})),
        redirect("two", "/help", "prefix", json!({"url": "https://elsewhere.example/aid"})),
        redirect("three", "/v1/entries/guidance/caf%C3%A9", "exact", json!({"entry": "key:plan"})),
        redirect("four", "/v1/entries/page", "prefix", json!({"url": "https://pages.example/"})),
    ]);
    site
}

/// Where a path leads, by the list.
fn leads(site: &Site, path: &str, tag: &str) -> Value {
    let found = site.json(&format!("/v1/redirects?locale={tag}&path={path}"));
    found["data"].as_array().unwrap().first().map_or(Value::Null, |it| it["location"].clone())
}

#[test]
fn a_site_gets_all_redirects_or_the_one_for_a_path() {
    let site = site();
    let all = site.json("/v1/redirects?locale=fr");
    let of: Vec<_> =
        all["data"].as_array().unwrap().iter().map(|it| json!([it["from"], it["match"]])).collect();
    let expected = json!([
        ["/help/plan", "exact"],
        ["/v1/entries/guidance/café", "exact"],
        ["/help", "prefix"],
        ["/v1/entries/page", "prefix"],
    ]);
    assert_eq!(json!(of), expected);
    let one = &all["data"][0];
    assert_eq!(one["location"], "/v1/entries/guidance/plan-fr?locale=fr");
    let expected = json!({"id": site.id("guidance", "plan"), "type": "guidance", "slug": "plan-fr", "title": "Projet", "locale": "fr"});
    assert_eq!((&one["entry"], &one["status"]), (&expected, &json!(308)));
    let english = "/v1/entries/guidance/plan?locale=en";
    assert_eq!(leads(&site, "/help/plan", "en"), english);
    assert_eq!(leads(&site, "/help/plan/", "ja"), english, "what serves there");
    assert_eq!(leads(&site, "/help/plan/more", "en"), "https://elsewhere.example/aid");
    assert_eq!(leads(&site, "/help", "en"), "https://elsewhere.example/aid");
    assert_eq!(leads(&site, "/helper", "en"), Value::Null);
    for bad in ["help", "//help", "/help/../plan", "/help%252F..", "/a%3Fb"] {
        let answer = site.get(&format!("/v1/redirects?path={bad}"));
        // `%252F` is an encoded percent sign, which a path may have.
        let expected = if bad.contains("%25") { 400 } else { answer.status };
        assert_eq!((answer.status, expected), (400, 400), "{bad}");
        assert_eq!(answer.faults(), [pair("path", "redirect_bad_path")], "{bad}");
    }
    let negotiated = site.get_with("/v1/redirects", &[("Accept-Language", "fr")]);
    assert_eq!(negotiated.header("content-language"), Some("fr"));
    assert!(negotiated.header("vary").unwrap().contains("Accept-Language"));
    assert_eq!(negotiated.header("content-location"), Some("/v1/redirects?locale=fr"));
    assert!(negotiated.header("etag").is_some());
}

#[test]
fn an_address_of_an_entry_that_is_no_more_leads_where_the_editor_said() {
    let site = site();
    let moved = site.get("/v1/entries/guidance/caf%C3%A9?locale=fr&fields=title");
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("/v1/entries/guidance/plan-fr?locale=fr&fields=title"))
    );
    let away = site.get("/v1/entries/page/anything?locale=en");
    assert_eq!((away.status, away.header("location")), (308, Some("https://pages.example/")));
    // What is there is given, whatever a redirect says.
    site.import(&[line("page", "here", &json!({"title": "Here", "body": "b"}))]);
    assert_eq!(site.get("/v1/entries/page/here?locale=en").status, 200);
    assert_eq!(site.get("/v1/entries/topic/nowhere?locale=en").status, 404);
}

#[test]
fn redirects_follow_what_happens_to_them_and_their_targets_at_once() {
    let site = site();
    let path = "/help/plan";
    assert_eq!(leads(&site, path, "en"), "/v1/entries/guidance/plan?locale=en");
    let plan = site.id("guidance", "plan");
    site.save_as(plan, "en", "moved", &json!({"title": "Plan", "body": "b"}));
    site.publish(plan, "en");
    assert_eq!(leads(&site, path, "en"), "/v1/entries/guidance/moved?locale=en");
    let one = site.id("redirect", "one");
    let to = |url: &str| json!({"from": {"path": path, "match": "exact"}, "to": {"url": url}, "status": 301});
    site.save(one, "shared", &to("https://new.example/"));
    assert_eq!(leads(&site, path, "en"), "/v1/entries/guidance/moved?locale=en", "a draft");
    site.publish(one, "shared");
    assert_eq!(leads(&site, path, "en"), "https://new.example/");
    site.try_unpublish(one, "en", Withdrawal::Gone { replacement: None }).unwrap();
    assert_eq!(leads(&site, path, "en"), "https://elsewhere.example/aid", "the prefix is left");
    let three = site.id("redirect", "three");
    let refused = site.try_unpublish(plan, "en", Withdrawal::Gone { replacement: None });
    assert!(refused.is_ok(), "French is still there");
    let refused = site.try_unpublish(plan, "fr", Withdrawal::Gone { replacement: None });
    assert!(
        matches!(&refused, Err(cms_core::commands::CommandError::InUse(by)) if by[0].0 == three),
        "{refused:?}"
    );
}

#[test]
fn loops_and_deceptive_addresses_are_refused_with_their_place() {
    let site = site();
    let entry = site.create("redirect", "new");
    site.save(entry, "en", &json!({"title": "New"}));
    let good = "https://good.example/";
    let drafts = [
        (content("/a", "exact", "javascript:alert(1)"), "/fields/to/url", "bad_format"),
        (content("/a", "exact", "//evil.example"), "/fields/to/url", "bad_format"),
        (content("/a", "exact", "https:\\\\evil.example"), "/fields/to/url", "bad_format"),
        (
            content("/a", "exact", "https://good.example@evil.example/"),
            "/fields/to/url",
            "bad_format",
        ),
        (content("/a", "exact", "data:text/html,x"), "/fields/to/url", "bad_format"),
        (content("/a", "exact", "/relative"), "/fields/to/url", "bad_format"),
        (content("//evil.example", "exact", good), "/fields/from/path", "redirect_bad_path"),
        (content("/a/../b", "exact", good), "/fields/from/path", "redirect_bad_path"),
        (content("/a%2F..%2Fb", "exact", good), "/fields/from/path", "redirect_bad_path"),
        (content("/a%00", "exact", good), "/fields/from/path", "redirect_bad_path"),
        (content("/a\\b", "exact", good), "/fields/from/path", "redirect_bad_path"),
        (content("a", "exact", good), "/fields/from/path", "bad_pattern"),
        (content("/", "prefix", good), "/fields/from/path", "redirect_too_wide"),
    ];
    let last = site.cms.log().last();
    for (shared, pointer, code) in drafts {
        let found = wrong(site.try_save(entry, "shared", &shared));
        assert!(found.contains(&pair(pointer, code)), "{shared}: {found:?}");
    }
    assert_eq!(site.cms.log().last(), last);
}

#[test]
fn no_redirect_is_published_that_leads_back_or_takes_another_s_path() {
    let site = site();
    let entry = site.create("redirect", "new");
    site.save(entry, "en", &json!({"title": "New"}));
    let good = "https://good.example/";
    let publications = [
        (content("/help", "prefix", good), "/fields/from/path", "redirect_taken"),
        (content("/help/", "prefix", good), "/fields/from/path", "redirect_taken"),
        (content("/a", "exact", "https://any.example/a"), "/fields/to/url", "redirect_loop"),
        (content("/a", "prefix", "https://any.example/a/b"), "/fields/to/url", "redirect_loop"),
        (content("/aid", "exact", "https://any.example/help/x"), "/fields/to/url", "redirect_loop"),
    ];
    for (shared, pointer, code) in publications {
        site.save(entry, "shared", &shared);
        assert_eq!(wrong(site.try_publish(entry, "en")), [pair(pointer, code)], "{shared}");
    }
    site.save(entry, "shared", &content("/help", "exact", "https://any.example/a"));
    site.publish(entry, "en");
    // And as import lines.
    let report = site.import_text(
        &[
            redirect("six", "/b", "exact", json!({"url": "https://x.example/b"})),
            redirect("seven", "/c/..", "exact", json!({"url": good})),
            redirect("eight", "/help/plan", "exact", json!({"url": good})),
        ]
        .map(|line| line.to_string())
        .join("\n"),
        false,
    );
    let refused: Vec<_> = report.refused.iter().map(|it| pairs(&it.violations)).collect();
    assert_eq!(
        refused,
        [
            [pair("/shared/to/url", "redirect_loop")],
            [pair("/shared/from/path", "redirect_bad_path")],
            [pair("/shared/from/path", "redirect_taken")],
        ]
    );
}
