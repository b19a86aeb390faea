//! Embeds: what other entries show changes with what is shown, everywhere, from the acknowledged act on;
//! what cannot be embedded is told at publication, with its place.

use cms_core::event::Withdrawal;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, line, pair, route, route_shared, shared, translated, wrong},
};

/// A route, a statistic, a guidance in two languages that shows both, one that shows its summary, and a
/// page that shows the title of the first.
fn with_embeds() -> Site {
    let site = Site::new();
    let statistic = shared(
        line(
            "statistic",
            "told",
            &json!({"title": "Told", "claim": "Most felt better.", "unit": "%"}),
        ),
        json!({"value": 83, "primary_source": {"title": "A survey", "year": 2026}}),
    );
    let body =
        "Call {{route:line.phone}} now.\n\n{{route:line}}\n\n{{statistic:told.value}} of them.";
    let summary = "Help in {{route:line.phone}} words";
    site.import(&[
        route("line", "0800 111"),
        translated("route", "line", "fr", &json!({"title": "La ligne"})),
        statistic,
        line("guidance", "call", &json!({"title": "Call", "summary": summary, "body": body})),
        translated("guidance", "call", "fr", &json!({"title": "Appelle", "body": body})),
        line("page", "home", &json!({"title": "Home", "body": "Read {{entry:call}}."})),
        line("page", "about", &json!({"title": "About", "body": "{{entry:call.summary}}"})),
    ]);
    site
}

fn html(site: &Site, path: &str) -> String {
    site.json(path)["data"]["fields"]["body"]["html"].as_str().unwrap().to_owned()
}

#[test]
fn a_changed_number_is_on_every_page_that_shows_it_from_the_acknowledged_act_on() {
    let site = with_embeds();
    let everywhere = [
        "/v1/entries/guidance/call?locale=en",
        "/v1/entries/guidance/call?locale=ja",
        "/v1/entries/guidance/call-fr?locale=fr",
        "/v1/entries/guidance?locale=en&fields=body",
        "/v1/entries/guidance?locale=fr&fields=title,body",
        "/v1/entries/page?locale=en&include=parent&fields=body",
    ];
    // Each is asked before, so that a kept answer would be found out.
    for path in everywhere.iter().take(5) {
        let body = site.get(path).text();
        assert!(body.contains("0800 111") && body.contains("83%"), "{path}: {body}");
    }
    let (_, start) = site.changes(None);
    let route = site.id("route", "line");
    for number in ["0800 222", "0800 333"] {
        site.save(route, "shared", &route_shared(number));
        for path in everywhere.iter().take(5) {
            assert!(!site.get(path).text().contains(number), "a draft is not shown: {path}");
        }
        site.publish(route, "shared");
        for path in everywhere.iter().take(5) {
            let body = site.get(path).text();
            assert!(body.contains(number) && !body.contains("0800 111"), "{path}: {body}");
            assert!(body.contains(&format!("tel:{}", number.replace(' ', ""))), "{path}");
        }
    }
    let (told, _) = site.changes(Some(&start));
    let expected = [
        "changed route/line en",
        "changed route/line-fr fr",
        "changed guidance/call en",
        "changed guidance/call-fr fr",
    ];
    for page in expected {
        assert!(told.contains(&page.to_owned()), "{page} in {told:?}");
    }
}

#[test]
fn a_changed_figure_and_title_are_on_every_page_that_shows_them() {
    let site = with_embeds();
    assert!(html(&site, "/v1/entries/page/home?locale=en").contains(">Call</a>"));
    let statistic = site.id("statistic", "told");
    site.save(
        statistic,
        "shared",
        &json!({"value": 84, "primary_source": {"title": "A survey", "year": 2026}}),
    );
    site.publish(statistic, "shared");
    for path in ["/v1/entries/guidance/call?locale=en", "/v1/entries/guidance/call-fr?locale=fr"] {
        let body = html(&site, path);
        assert!(body.contains("84%") && !body.contains("83%"), "{body}");
    }
    let call = site.id("guidance", "call");
    let (_, start) = site.changes(None);
    site.save_as(call, "en", "ring", &json!({"title": "Ring", "summary": "Short", "body": "…"}));
    site.publish(call, "en");
    let home = html(&site, "/v1/entries/page/home?locale=en");
    assert!(home.contains(">Ring</a>") && home.contains("/v1/entries/guidance/ring?"), "{home}");
    assert!(html(&site, "/v1/entries/page/about?locale=en").contains("Short"));
    let (told, _) = site.changes(Some(&start));
    for page in ["changed guidance/ring en", "changed page/home en", "changed page/about en"] {
        assert!(told.contains(&page.to_owned()), "{page} in {told:?}");
    }
}

#[test]
fn an_embed_is_in_the_reader_s_language_and_says_when_it_is_not() {
    let site = with_embeds();
    let english = html(&site, "/v1/entries/guidance/call?locale=en");
    assert!(english.contains("The line line") && !english.contains("La ligne"), "{english}");
    let french = html(&site, "/v1/entries/guidance/call-fr?locale=fr");
    assert!(french.contains("La ligne") && !french.contains("The line line"), "{french}");
    // The figure is in English alone.
    assert!(french.contains("<span lang=\"en\" dir=\"ltr\">83%</span>"), "{french}");
    let route = site.id("route", "line");
    site.try_unpublish(route, "fr", Withdrawal::Gone { replacement: None }).unwrap();
    let french = html(&site, "/v1/entries/guidance/call-fr?locale=fr");
    assert!(french.contains("<div lang=\"en\" dir=\"ltr\">"), "{french}");
    assert!(french.contains("The line line"), "{french}");
    let new = json!({"title": "La bonne ligne"});
    site.save_and_publish(route, "fr", &new);
    let french = html(&site, "/v1/entries/guidance/call-fr?locale=fr");
    assert!(french.contains("La bonne ligne") && !french.contains("The line line"), "{french}");
}

#[test]
fn what_cannot_be_embedded_is_told_at_publication_with_its_place() {
    let site = with_embeds();
    let hidden = site.create("guidance", "hidden");
    site.save(hidden, "en", &json!({"title": "Hidden", "summary": "S", "body": "b"}));
    let entry = site.create("guidance", "new");
    let cases = [
        ("{{route:nowhere}}", "embed_missing"),
        ("{{route:call}}", "embed_missing"),
        ("{{statistic:line}}", "embed_missing"),
        ("{{entry:hidden}}", "embed_unpublished"),
        ("{{route:line.fax}}", "embed_missing_piece"),
        ("{{entry:call.body}}", "embed_missing_piece"),
        ("{{entry:call.nothing}}", "embed_missing_piece"),
        ("{{Route:line}}", "embed_unknown_kind"),
        ("{{video:line}}", "embed_unknown_kind"),
        ("{{route:}}", "embed_no_target"),
        ("{{route:line", "embed_unclosed"),
        ("[a]({{route:line.phone}})", "embed_misplaced"),
    ];
    for (token, code) in cases {
        let body = format!("First.\n\nÜber {token}");
        site.save(entry, "en", &json!({"title": "New", "summary": "Of {{it}}", "body": body}));
        let Err(cms_core::commands::CommandError::Invalid(found)) = site.try_publish(entry, "en")
        else {
            panic!("{token} is refused")
        };
        assert_eq!(crate::site::pairs(&found), [pair("/fields/body", code)], "{token}");
        let column = if token.starts_with('[') { "10" } else { "6" };
        assert_eq!(found[0].facts["line"], "3", "{token}");
        assert_eq!(found[0].facts["column"], column, "{token}");
        assert!(token.contains(&found[0].facts["text"]), "{token}: {:?}", found[0].facts);
    }
    // All at once, and drafts may hold them.
    let body = "{{route:nowhere}} {{entry:hidden}}\n{{route:line.fax}}";
    site.save(entry, "en", &json!({"title": "New", "body": body}));
    let codes: Vec<_> =
        wrong(site.try_publish(entry, "en")).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["embed_missing", "embed_unpublished", "embed_missing_piece"]);
    site.publish(hidden, "en");
    site.save(
        entry,
        "en",
        &json!({"title": "New", "body": "{{entry:hidden}}, \\{{route:no}}, `{{route:no}}`"}),
    );
    site.publish(entry, "en");
}

#[test]
fn no_circle_of_embeds_is_published_whichever_way_it_closes() {
    let site = Site::new();
    let guidance = |summary: &str| json!({"title": "T", "summary": "S", "body": summary});
    site.import(&[route("line", "0800 111"), line("guidance", "a", &guidance("A"))]);
    let (route, a) = (site.id("route", "line"), site.id("guidance", "a"));
    // A route that tells of its evidence by way of an article, and the article shows the route's text.
    let told = |evidence: &str| json!({"title": "The line", "evidence_guidance": evidence});
    site.save_and_publish(route, "en", &told("Keep {{entry:a}} at hand."));
    site.save_and_publish(
        a,
        "en",
        &guidance("{{entry:line.evidence_guidance}} {{route:line.phone}}"),
    );
    assert!(html(&site, "/v1/entries/guidance/a?locale=en").contains("at hand"), "a link is none");
    site.save(route, "en", &told("Self: {{entry:line.evidence_guidance}}"));
    assert_eq!(
        wrong(site.try_publish(route, "en")),
        [pair("/fields/evidence_guidance", "embed_circle")]
    );
    let second = site.import(&[crate::site::route("second", "0800 222")]);
    assert_eq!(second.accepted, 1);
    let second = site.id("route", "second");
    site.save_and_publish(second, "en", &told("See {{entry:line.evidence_guidance}}"));
    site.save(route, "en", &told("See {{entry:second.evidence_guidance}}"));
    assert_eq!(
        wrong(site.try_publish(route, "en")),
        [pair("/fields/evidence_guidance", "embed_circle")]
    );
    // Of both at once, one at most passes.
    site.save_and_publish(second, "en", &told("Nothing"));
    site.save(route, "en", &told("See {{entry:second.evidence_guidance}}"));
    site.save(second, "en", &told("See {{entry:line.evidence_guidance}}"));
    let publish = |entry| cms_core::commands::publish::Publish {
        entry,
        part: crate::site::part_of("en"),
        expected: None,
        published_at: None,
        change_class: None,
    };
    let (cms, actor) = (&site.cms, &site.administrator);
    let (one, other) = wait_for(async {
        rocket::tokio::join!(
            cms.publish(actor, publish(route)),
            cms.publish(actor, publish(second))
        )
    });
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[test]
fn what_is_embedded_cannot_bring_markup_or_a_script_along() {
    let site = Site::new();
    let evil = "<img src=x onerror=alert(1)>\"[a](javascript:alert(1))";
    let title = json!({"title": evil});
    let body: Value =
        json!({"title": "T", "body": "x {{entry:evil}} y\n\n{{route:line}} {{route:line.phone}}"});
    site.import(&[
        line("topic", "evil", &title),
        shared(line("route", "line", &title), route_shared("0808 157 0000")),
        line("guidance", "a", &body),
    ]);
    let data = site.json("/v1/entries/guidance/a?locale=en");
    let html = data["data"]["fields"]["body"]["html"].as_str().unwrap();
    assert!(!html.contains("<img") && !html.contains("href=\"javascript"), "{html}");
    let markdown = data["data"]["fields"]["body"]["markdown"].as_str().unwrap();
    let mut read = String::new();
    pulldown_cmark::html::push_html(&mut read, pulldown_cmark::Parser::new(markdown));
    assert!(!read.contains("<img") && !read.contains("href=\"javascript"), "{markdown}: {read}");
}
