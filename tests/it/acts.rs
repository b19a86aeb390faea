//! Acts of an editor, and what readers get after each: one locale at a time, from the acknowledgement on.

use cms_core::{commands::CommandError, event::Withdrawal};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, line, pair, part_of, route, translated, wrong},
};

fn content(title: &str) -> Value {
    json!({"title": title, "body": format!("About {title}.")})
}

/// All places where a reader could come across something.
const EVERYWHERE: [&str; 12] = [
    "/v1/entries/guidance?locale=en",
    "/v1/entries/guidance?locale=en&fields=title,body&count=exact&facet=topics",
    "/v1/entries/guidance?locale=fr",
    "/v1/entries/guidance?locale=fr&fallback=none",
    "/v1/entries/guidance?locale=ja&sort=title",
    "/v1/changes",
    "/v1/feed.atom?locale=en",
    "/v1/feed.atom?locale=fr",
    "/v1/sitemap.xml?type=guidance",
    "/v1/locales",
    "/v1/entries/guidance/key:secret?locale=en",
    "/v1/entries/guidance/secret-plan?locale=en",
];

#[test]
fn a_draft_is_nowhere_for_readers() {
    let site = Site::new();
    site.import(&[line("guidance", "open", &content("Open"))]);
    let before = EVERYWHERE.map(|path| site.get(path).text());
    let entry = site.create("guidance", "secret");
    site.save(entry, "en", &content("Secret plan"));
    site.save(entry, "fr", &content("Plan secret"));
    for (path, before) in EVERYWHERE.iter().zip(before) {
        let after = site.get(path);
        let same = after.text() == before || after.status == 404;
        // The cursors of changes move on; what they tell doesn't.
        assert!(same || *path == "/v1/changes", "{path}: {}", after.text());
        assert!(!after.text().to_lowercase().contains("secret"), "{path}: {}", after.text());
        assert!(!after.text().contains(&entry.to_string()), "{path}: {}", after.text());
    }
    for name in [entry.to_string(), "key:secret".to_owned(), "plan-secret".to_owned()] {
        for rest in ["", "?locale=fr", "?locale=en&fallback=none", "?include=topics"] {
            let answer = site.get(&format!("/v1/entries/guidance/{name}{rest}"));
            assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{name}{rest}");
        }
    }
}

#[test]
fn a_locale_is_published_alone() {
    let site = Site::new();
    let entry = site.create("guidance", "plan");
    site.save(entry, "en", &content("Plan"));
    site.save(entry, "fr", &content("Projet"));
    let (_, start) = site.changes(None);
    site.publish(entry, "en");

    let english = site.json("/v1/entries/guidance/plan?locale=en");
    assert_eq!(english["data"]["fields"]["title"], "Plan");
    assert_eq!(english["data"]["alternates"], json!([]), "a draft is no alternate");
    let in_french = site.json(&format!("/v1/entries/guidance/{entry}?locale=fr-CA"));
    let expected =
        json!({"requested": "fr-CA", "served": "en", "reason": "fallback", "chain": ["fr", "en"]});
    assert_eq!(in_french["resolution"], expected);
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr"), ["plan"]);
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr&fallback=none"), [] as [&str; 0]);
    let strict = site.get("/v1/entries/guidance/key:plan?locale=fr&fallback=none");
    assert_eq!((strict.status, strict.code().as_str()), (404, "translation-unavailable"));
    assert_eq!(
        strict.header("link"),
        Some("</v1/entries/guidance/plan?locale=en>; rel=\"alternate\"; hreflang=\"en\"")
    );
    assert_eq!(site.changes(Some(&start)).0, ["published guidance/plan en"]);

    site.publish(entry, "fr");
    let french = site.json("/v1/entries/guidance/projet?locale=fr");
    assert_eq!(french["data"]["fields"]["title"], "Projet");
    assert_eq!(french["data"]["alternates"][0]["slug"], "plan");
    let english = site.json("/v1/entries/guidance/plan?locale=en");
    assert_eq!(english["data"]["alternates"][0]["slug"], "projet", "and English names it");
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr"), ["projet"]);
}

#[test]
fn saving_changes_nothing_for_readers_until_it_is_published() {
    let site = Site::new();
    let entry = site.create("guidance", "plan");
    site.save_and_publish(entry, "en", &content("Plan"));
    let before = site.get("/v1/entries/guidance/plan?locale=en");
    let list = site.get("/v1/entries/guidance?locale=en");
    site.save(entry, "en", &content("Better plan"));
    let after = site.get("/v1/entries/guidance/plan?locale=en");
    assert_eq!(before.header("etag"), after.header("etag"));
    assert_eq!(list.body, site.get("/v1/entries/guidance?locale=en").body);

    site.publish(entry, "en");
    let changed = site.get("/v1/entries/guidance/plan?locale=en");
    assert_ne!(before.header("etag"), changed.header("etag"));
    assert_eq!(changed.json()["data"]["fields"]["title"], "Better plan");
    assert_eq!(changed.json()["data"]["revision"], 2);
    let listed = site.json("/v1/entries/guidance?locale=en");
    assert_eq!(listed["data"][0]["fields"]["title"], "Better plan");
}

#[test]
fn an_act_on_what_was_not_seen_is_refused_and_changes_nothing() {
    let site = Site::new();
    let entry = site.create("guidance", "plan");
    site.save_and_publish(entry, "en", &content("Plan"));
    let last = site.cms.log().last();
    let twice = wrong(site.try_publish(entry, "en"));
    assert_eq!(twice, [pair("", "already_published")]);
    assert!(matches!(site.try_publish(entry, "fr"), Err(CommandError::NotFound("revision"))));
    let stale = cms_core::commands::save_draft::SaveDraft {
        expected: Some(0),
        ..cms_core::commands::save_draft::SaveDraft::new(
            entry,
            part_of("en"),
            crate::site::fields(&content("Other")),
        )
    };
    let stale = wait_for(site.cms.save_draft(&site.administrator, stale));
    assert!(matches!(stale, Err(CommandError::Stale { current: 1 })), "{stale:?}");
    assert_eq!(
        wrong(site.try_save(entry, "de", &content("Plan"))),
        [pair("/locale", "unknown_locale")]
    );
    assert_eq!(site.cms.log().last(), last);
}

#[test]
fn of_two_who_save_over_the_same_revision_one_is_told() {
    let site = Site::new();
    let entry = site.create("guidance", "plan");
    site.save(entry, "en", &content("Plan"));
    let save = |title: &str| {
        let draft = cms_core::commands::save_draft::SaveDraft {
            expected: Some(1),
            ..cms_core::commands::save_draft::SaveDraft::new(
                entry,
                part_of("en"),
                crate::site::fields(&content(title)),
            )
        };
        let (cms, actor) = (site.cms.clone(), site.administrator.clone());
        async move { cms.save_draft(&actor, draft).await }
    };
    let (one, other) = wait_for(async { rocket::tokio::join!(save("One"), save("Other")) });
    let outcomes = [one.is_ok(), other.is_ok()];
    assert_eq!(outcomes.iter().filter(|accepted| **accepted).count(), 1, "{one:?} {other:?}");
    let refused = [one, other].into_iter().find_map(Result::err).unwrap();
    assert!(matches!(refused, CommandError::Stale { current: 2 }), "{refused:?}");
}

#[test]
fn what_is_withdrawn_keeps_its_title_and_says_what_to_read_instead() {
    let site = Site::new();
    site.import(&[
        line("guidance", "old", &content("Old")),
        translated("guidance", "old", "fr", &content("Vieux")),
        line("guidance", "new", &content("New")),
    ]);
    let (old, new) = (site.id("guidance", "old"), site.id("guidance", "new"));
    let (_, start) = site.changes(None);
    let withdrawal =
        Withdrawal::Withdrawn { notice: Some("Superseded".to_owned()), replacement: Some(new) };
    site.try_unpublish(old, "en", withdrawal).unwrap();

    let answer = site.json("/v1/entries/guidance/old?locale=en");
    assert_eq!(answer["data"]["fields"], json!({"title": "Old"}));
    assert_eq!(answer["data"]["withdrawal"]["notice"], "Superseded");
    assert_eq!(answer["data"]["withdrawal"]["replacement"]["slug"], "new");
    assert_eq!(site.slugs("/v1/entries/guidance?locale=en"), ["new"]);
    let french = site.json("/v1/entries/guidance/old-fr?locale=fr");
    assert_eq!(french["data"]["fields"]["title"], "Vieux", "French is as it was");
    assert_eq!(french["data"]["alternates"], json!([]));
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr&fallback=none"), ["old-fr"]);
    let told = site.changes(Some(&start)).0;
    assert_eq!(told, ["withdrawn guidance/old en", "changed guidance/old-fr fr"]);
    let feed = site.get("/v1/feed.atom?locale=en").text();
    assert!(feed.contains(&format!("<at:deleted-entry ref=\"urn:uuid:{old}\"")), "{feed}");
    assert!(!site.get("/v1/sitemap.xml?type=guidance").text().contains("/old?"));

    // The replacement moves: so does what is said of it.
    site.save_as(new, "en", "newer", &content("New"));
    site.publish(new, "en");
    let answer = site.json("/v1/entries/guidance/old?locale=en");
    assert_eq!(answer["data"]["withdrawal"]["replacement"]["slug"], "newer");

    // And back again.
    site.publish(old, "en");
    let answer = site.json("/v1/entries/guidance/old?locale=en");
    assert_eq!(answer["data"]["fields"]["body"]["markdown"], "About Old.");
    assert!(!site.get("/v1/feed.atom?locale=en").text().contains("deleted-entry"));
}

#[test]
fn what_is_gone_says_where_to_go_instead() {
    let site = Site::new();
    site.import(&[
        line("guidance", "old", &content("Old")),
        line("guidance", "new", &content("New")),
    ]);
    let (old, new) = (site.id("guidance", "old"), site.id("guidance", "new"));
    site.try_unpublish(old, "en", Withdrawal::Gone { replacement: Some(new) }).unwrap();
    for name in ["old".to_owned(), "key:old".to_owned(), old.to_string()] {
        let answer = site.get(&format!("/v1/entries/guidance/{name}?locale=en"));
        assert_eq!((answer.status, answer.code().as_str()), (410, "gone"), "{name}");
        assert!(answer.header("link").unwrap().contains("/v1/entries/guidance/new?locale=en"));
        assert!(!answer.text().contains("Old"), "{name}");
    }
    assert_eq!(
        wrong(site.try_unpublish(old, "en", Withdrawal::Gone { replacement: None })),
        [pair("", "not_published")]
    );
    let bad = Withdrawal::Gone { replacement: Some(old) };
    assert_eq!(
        wrong(site.try_unpublish(new, "en", bad)),
        [pair("/replacement", "replacement_unpublished")]
    );
}

#[test]
fn what_others_show_is_not_taken_away_from_under_them() {
    let site = Site::new();
    let page = json!({"title": "Call", "body": "Call {{route:line.phone}}."});
    site.import(&[route("line", "0800 111"), line("guidance", "call", &page)]);
    let (route, call) = (site.id("route", "line"), site.id("guidance", "call"));
    for refused in [
        site.try_unpublish(route, "en", Withdrawal::Gone { replacement: None }),
        wait_for(site.cms.erase(&site.administrator, route)),
    ] {
        let Err(CommandError::InUse(users)) = refused else { panic!("{refused:?}") };
        assert_eq!(users, [(call, part_of("en"))]);
    }
    site.try_unpublish(call, "en", Withdrawal::Gone { replacement: None }).unwrap();
    site.try_unpublish(route, "en", Withdrawal::Gone { replacement: None }).unwrap();
}

#[test]
fn publishing_what_embeds_and_taking_the_embedded_away_cannot_both_pass() {
    let site = Site::new();
    let page = json!({"title": "Call", "body": "Call {{route:line.phone}}."});
    for round in 0..10 {
        let key = format!("line-{round}");
        site.import(&[route(&key, "0800 111")]);
        let route = site.id("route", &key);
        let call = site.create("guidance", &format!("call-{round}"));
        let mut page = page.clone();
        page["body"] = format!("Call {{{{route:{key}.phone}}}}.").into();
        site.save(call, "en", &page);
        let publish = cms_core::commands::publish::Publish {
            entry: call,
            part: part_of("en"),
            expected: None,
            published_at: None,
            change_class: None,
        };
        let unpublish = cms_core::commands::unpublish::Unpublish {
            entry: route,
            locale: crate::site::locale("en"),
            expected: None,
            withdrawal: Withdrawal::Gone { replacement: None },
            recall: false,
        };
        let (cms, actor) = (&site.cms, &site.administrator);
        let (published, taken) = wait_for(async {
            rocket::tokio::join!(cms.publish(actor, publish), cms.unpublish(actor, unpublish))
        });
        assert!(published.is_ok() != taken.is_ok(), "{published:?} {taken:?}");
    }
}

#[test]
fn an_old_slug_leads_to_the_new_one_until_another_entry_takes_it() {
    let site = Site::new();
    let entry = site.create("guidance", "plan");
    site.save_as(entry, "en", "first", &content("Plan"));
    site.publish(entry, "en");
    site.save_as(entry, "en", "second", &content("Plan"));
    assert_eq!(site.get("/v1/entries/guidance/first?locale=en").status, 200, "still a draft");
    assert_eq!(site.get("/v1/entries/guidance/second?locale=en").status, 404);
    site.publish(entry, "en");
    let moved = site.get("/v1/entries/guidance/first?locale=en&fields=title");
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("/v1/entries/guidance/second?locale=en&fields=title"))
    );
    let other = site.create("guidance", "other");
    site.save_as(other, "en", "first", &content("Other"));
    site.publish(other, "en");
    let taken = site.json("/v1/entries/guidance/first?locale=en");
    assert_eq!(taken["data"]["fields"]["title"], "Other");
    let third = site.create("guidance", "third");
    let act = cms_core::commands::save_draft::SaveDraft {
        slug: Some("first".to_owned()),
        ..cms_core::commands::save_draft::SaveDraft::new(
            third,
            part_of("en"),
            crate::site::fields(&content("Third")),
        )
    };
    let refused = wait_for(site.cms.save_draft(&site.administrator, act));
    assert_eq!(wrong(refused), [pair("/slug", "slug_taken")]);
}

#[test]
fn a_slug_of_another_language_leads_to_the_one_of_the_language_asked() {
    let site = Site::new();
    site.import(&[
        line("guidance", "plan", &content("Plan")),
        translated("guidance", "plan", "fr", &content("Projet")),
    ]);
    let moved = site.get("/v1/entries/guidance/plan-fr?locale=en");
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("/v1/entries/guidance/plan?locale=en"))
    );
    let own = site.get_with("/v1/entries/guidance/plan-fr", &[("Accept-Language", "en")]);
    assert_eq!((own.status, own.header("content-language")), (200, Some("fr")));
}

#[test]
fn shared_fields_are_published_by_an_act_of_their_own_and_show_in_all_locales() {
    let site = Site::new();
    let entry = site.create("guidance", "plan");
    site.save(entry, "shared", &json!({"age_min": 9}));
    site.save_and_publish(entry, "en", &content("Plan"));
    site.save_and_publish(entry, "fr", &content("Projet"));
    let age = |slug: &str, tag: &str| {
        site.json(&format!("/v1/entries/guidance/{slug}?locale={tag}"))["data"]["fields"]["age_min"]
            .clone()
    };
    assert_eq!([age("plan", "en"), age("projet", "fr")], [9, 9], "taken along the first time");
    site.save(entry, "shared", &json!({"age_min": 12}));
    site.save_and_publish(entry, "fr", &content("Projet"));
    assert_eq!([age("plan", "en"), age("projet", "fr")], [9, 9], "and not again");
    let (_, start) = site.changes(None);
    site.publish(entry, "shared");
    assert_eq!([age("plan", "en"), age("projet", "fr")], [12, 12]);
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr&filter[age_min][gte]=12"), ["projet"]);
    let told = site.changes(Some(&start)).0;
    assert_eq!(told, ["changed guidance/plan en", "changed guidance/projet fr"]);
}
