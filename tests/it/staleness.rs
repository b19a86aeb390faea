//! Translations whose source moved on: outdated segment by segment, by class, and what readers get then.

use cms_core::{
    access::{Act, Grant},
    commands::{
        CommandError, approve::Approve, issue_token::IssueToken, publish::Publish,
        save_account::CreateAccount, save_draft::SaveDraft, submit::Submit,
    },
    content_type,
    event::{ChangeClass, Translates},
    id::EntryId,
};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    site::{Site, fields, locale, part_of, wrong},
};

const SAFE: &str = "Tell an adult whom you trust what has happened.";
const CALL: &str = "Call 116 111 at any time of the day.";

fn body(texts: &[&str]) -> Value {
    json!({"title": "Blackmail", "body": texts.join("\n\n")})
}

/// A site whose guidance has this policy, with an entry in English and French.
fn site(policy: &str) -> (Site, EntryId) {
    let site = Site::new();
    let shipped = content_type::shipped();
    let file = shipped.into_iter().find(|(name, _)| name.as_str() == "guidance").unwrap().1;
    let mut schema: Value = serde_json::from_str(file).unwrap();
    schema["x-translation-policy"] = policy.into();
    wait_for(site.cms.save_type(&site.administrator, &schema)).unwrap();
    let entry = site.create("guidance", "plan");
    site.save_and_publish(entry, "en", &body(&[SAFE, CALL]));
    site.save_and_publish(
        entry,
        "fr",
        &json!({"title": "Chantage", "summary": "En bref.", "body": "Parlez-en.\n\nAppelez le 116 111."}),
    );
    (site, entry)
}

fn source(site: &Site, entry: EntryId, class: ChangeClass, content: &Value) {
    publish_as(site, entry, class, content).unwrap();
}

fn publish_as(
    site: &Site,
    entry: EntryId,
    class: ChangeClass,
    content: &Value,
) -> Result<(), CommandError> {
    site.save(entry, "en", content);
    let act = Publish { change_class: Some(class), ..Publish::new(entry, part_of("en")) };
    let done = wait_for(site.cms.publish(&site.administrator, act)).map(drop);
    assert!(wait_for(site.cms.settled()));
    done
}

fn french(site: &Site) -> Value {
    site.json("/v1/entries/guidance/chantage?locale=fr")
}

fn told(site: &Site) -> Value {
    let mut translation = french(site)["data"]["translation"].clone();
    translation.as_object_mut().unwrap().remove("outdated_since");
    translation
}

fn outdated(behind: u32, class: &str, policy: Option<&str>) -> Value {
    json!({
        "source_locale": "en", "status": "outdated", "behind": behind, "change_class": class,
        "policy": policy, "withheld": [],
    })
}

#[test]
fn a_change_outdates_and_its_undoing_makes_current_again() {
    let (site, entry) = site("flag");
    assert_eq!(told(&site)["status"], "current");
    source(
        &site,
        entry,
        ChangeClass::Substantive,
        &body(&[SAFE, "Call 112 at any time of the day."]),
    );
    assert_eq!(told(&site), outdated(1, "substantive", None));
    source(
        &site,
        entry,
        ChangeClass::Safety,
        &body(&[SAFE, "Call 112 now.", "Keep the messages."]),
    );
    assert_eq!(told(&site), outdated(2, "safety", Some("flag")));
    let since = french(&site)["data"]["translation"]["outdated_since"].clone();
    assert!(since.is_string());
    source(&site, entry, ChangeClass::Substantive, &body(&[SAFE, CALL]));
    assert_eq!(told(&site)["status"], "current", "it says what the source says again");
    assert_eq!(told(&site)["behind"], 0);
}

#[test]
fn what_is_only_wrapped_otherwise_or_published_again_outdates_nothing() {
    let (site, entry) = site("fallback");
    let wrapped = SAFE.replace("trust ", "trust\n");
    source(&site, entry, ChangeClass::Substantive, &body(&[&wrapped, CALL]));
    assert_eq!(told(&site)["status"], "current");
    assert_eq!(french(&site)["resolution"]["reason"], "exact");
}

#[test]
fn a_translation_that_is_published_again_is_current_and_one_of_an_older_source_is_not() {
    let (site, entry) = site("flag");
    source(&site, entry, ChangeClass::Safety, &body(&[SAFE, "Call 112 now."]));
    let before = json!({"title": "Chantage", "body": "Parlez-en.\n\nAppelez le 116 111."});
    let again = json!({"title": "Chantage", "body": "Parlez-en.\n\nAppelez le 112."});
    // Made from the first revision, whatever it is published after.
    let old = SaveDraft {
        translates: Some(Translates::Revision(1)),
        ..SaveDraft::new(entry, part_of("fr"), fields(&before))
    };
    wait_for(site.cms.save_draft(&site.administrator, old)).unwrap();
    site.publish(entry, "fr");
    assert_eq!(told(&site), outdated(1, "safety", Some("flag")));
    site.save_and_publish(entry, "fr", &again);
    assert_eq!(told(&site)["status"], "current");
    let unknown = SaveDraft {
        translates: Some(Translates::Unknown("00".to_owned())),
        ..SaveDraft::new(entry, part_of("fr"), fields(&again))
    };
    wait_for(site.cms.save_draft(&site.administrator, unknown)).unwrap();
    site.publish(entry, "fr");
    assert_eq!(told(&site)["status"], "outdated", "nobody knows what it was made from");
}

#[test]
fn under_fallback_the_translations_address_gives_the_source_and_search_finds_that_alone() {
    let (site, entry) = site("fallback");
    let (_, start) = site.changes(None);
    source(&site, entry, ChangeClass::Safety, &body(&[SAFE, "Call 112 now."]));
    let french = french(&site);
    assert_eq!(french["data"]["locale"], "en");
    assert_eq!(french["data"]["fields"]["title"], "Blackmail");
    let expected =
        json!({"requested": "fr", "served": "en", "reason": "policy", "chain": ["fr", "en"]});
    assert_eq!(french["resolution"], expected);
    let strict = site.get("/v1/entries/guidance/chantage?locale=fr&fallback=none");
    assert_eq!((strict.status, strict.code().as_str()), (404, "translation-unavailable"));
    let changed = site.changes(Some(&start)).0;
    assert!(changed.contains(&"changed guidance/chantage fr".to_owned()), "{changed:?}");

    let list = site.json("/v1/entries/guidance?locale=fr");
    assert_eq!(list["data"][0]["fields"]["title"], "Blackmail");
    assert_eq!(list["data"][0]["resolution"]["reason"], "policy");
    assert_eq!(site.slugs("/v1/entries/guidance?locale=fr&fallback=none"), [] as [&str; 0]);
    let found = site.json("/v1/search?q=Blackmail&locale=fr");
    assert_eq!(found["data"][0]["resolution"]["reason"], "policy");
    assert_eq!(site.json("/v1/search?q=Chantage&locale=fr")["page"]["count"], 0);
    let feed = site.get("/v1/feed.atom?locale=fr").text();
    assert!(!feed.contains("Chantage"), "{feed}");
    let suggested = site.get("/v1/suggest?q=Chant&locale=fr").text();
    assert!(!suggested.contains("Chantage"), "{suggested}");
    let map = site.get("/v1/sitemap.xml?type=guidance").text();
    assert!(!map.contains("chantage"), "{map}");
    let english = site.json("/v1/entries/guidance/blackmail?locale=en");
    assert_eq!(english["data"]["alternates"], json!([]));

    let anew = json!({"title": "Chantage", "body": "Parlez-en.\n\nAppelez le 112."});
    site.save_and_publish(entry, "fr", &anew);
    assert!(wait_for(site.cms.settled()));
    assert_eq!(self::french(&site)["resolution"]["reason"], "exact");
    assert_eq!(site.json("/v1/search?q=Chantage&locale=fr")["page"]["count"], 1);
}

#[test]
fn a_replaced_translation_does_not_show_through_others_either() {
    let (site, entry) = site("fallback");
    let other = site.create("guidance", "other");
    let related = json!({"related": [entry.to_string()]});
    site.save(other, "shared", &related);
    site.save_and_publish(other, "en", &json!({"title": "Other", "body": "See {{entry:plan}}."}));
    site.save_and_publish(other, "fr", &json!({"title": "Autre", "body": "Voir {{entry:plan}}."}));
    let shown = || site.get("/v1/entries/guidance/autre?locale=fr&include=related").text();
    assert!(shown().contains("Chantage"));
    source(&site, entry, ChangeClass::Safety, &body(&[SAFE, "Call 112 now."]));
    assert!(!shown().contains("Chantage") && shown().contains("Blackmail"), "{}", shown());
    // Without a source there is nothing in its place, and what is not safe is not shown.
    let gone = cms_core::event::Withdrawal::Gone { replacement: None };
    let act = cms_core::commands::unpublish::Unpublish {
        entry,
        locale: locale("en"),
        expected: None,
        withdrawal: gone,
        recall: true,
    };
    wait_for(site.cms.unpublish(&site.administrator, act)).unwrap();
    assert!(!shown().contains("Chantage"));
    assert_eq!(site.get("/v1/entries/guidance/chantage?locale=fr&fallback=none").status, 404);
}

#[test]
fn under_withhold_the_fields_that_hold_outdated_segments_are_left_out() {
    let (site, entry) = site("withhold");
    let summed = |summary: &str| {
        let mut content = body(&[SAFE, CALL]);
        content["summary"] = summary.into();
        content
    };
    source(&site, entry, ChangeClass::Safety, &summed("In short: do not pay."));
    let french = french(&site);
    assert_eq!(french["data"]["fields"]["summary"], Value::Null, "{french}");
    assert_eq!(french["data"]["fields"]["title"], "Chantage");
    assert_eq!(french["data"]["translation"]["withheld"], json!(["summary"]));
    assert_eq!(french["data"]["translation"]["policy"], "withhold");
    assert_eq!(site.json("/v1/search?q=%22En%20bref%22&locale=fr")["page"]["count"], 0);
    // What no entry is published without isn't left out: then the source is served.
    source(&site, entry, ChangeClass::Safety, &body(&[SAFE, "Call 112 now."]));
    assert_eq!(self::french(&site)["resolution"]["reason"], "policy");
}

#[test]
fn an_editorial_change_touches_no_translation_and_hides_nothing() {
    let (site, entry) = site("fallback");
    let typo = SAFE.replace("adult", "adlut");
    source(&site, entry, ChangeClass::Editorial, &body(&[&typo, CALL]));
    assert_eq!(told(&site)["status"], "current");
    for (texts, code) in [
        ([SAFE, "Call 116 000 at any time of the day."], "editorial_number"),
        (["Tell an adult whom you do not trust what has happened.", CALL], "editorial_negation"),
        (["Tell [an adult](/a) whom you trust what has happened.", CALL], "editorial_link"),
        (["Tell an adult whom you trust on Monday what has happened.", CALL], "editorial_date"),
        ([CALL, &typo], "editorial_moves"),
    ] {
        let refused = wrong(publish_as(&site, entry, ChangeClass::Editorial, &body(&texts)));
        assert!(refused.contains(&("/fields/body".to_owned(), code.to_owned())), "{refused:?}");
    }
    let shorter = wrong(publish_as(&site, entry, ChangeClass::Editorial, &body(&[&typo])));
    assert_eq!(shorter, [("/fields/body".to_owned(), "editorial_removes".to_owned())]);
    assert_eq!(told(&site)["status"], "current");
    // What was said to be weightier when it was saved isn't taken back when it is published.
    let said = SaveDraft {
        change_class: Some(ChangeClass::Safety),
        ..SaveDraft::new(entry, part_of("en"), fields(&body(&[SAFE, "Call 112."])))
    };
    wait_for(site.cms.save_draft(&site.administrator, said)).unwrap();
    source(&site, entry, ChangeClass::Editorial, &body(&[SAFE, "Call 113."]));
    assert_eq!(french(&site)["resolution"]["reason"], "policy");
}

#[test]
fn somebody_else_may_agree_that_a_change_is_editorial() {
    let (site, entry) = site("fallback");
    let changed = body(&[SAFE, "Call 116111 at any time of the day."]);
    let refused = wrong(publish_as(&site, entry, ChangeClass::Editorial, &changed));
    assert_eq!(refused, [("/fields/body".to_owned(), "editorial_number".to_owned())]);
    let part = || part_of("en");
    let submit = Submit { entry, part: part(), expected: None, note: None };
    wait_for(site.cms.submit(&site.administrator, submit)).unwrap();
    let grants = vec![Grant {
        acts: vec![Act::Read, Act::Review],
        agency: None,
        type_name: None,
        locale: None,
    }];
    let account = CreateAccount { name: "reviewer".to_owned(), grants };
    let (account, _) = wait_for(site.cms.create_account(&site.administrator, account)).unwrap();
    let reviewer = site.cms.editing().actor(account).unwrap().unwrap();
    let approve = Approve { entry, part: part(), expected: None, note: None };
    wait_for(site.cms.approve(&reviewer, approve)).unwrap();
    let act = Publish { change_class: Some(ChangeClass::Editorial), ..Publish::new(entry, part()) };
    wait_for(site.cms.publish(&site.administrator, act)).unwrap();
    assert_eq!(told(&site)["status"], "current");
}

/// What management says, to the administrator.
fn managed(site: &Site, path: &str) -> crate::app::Answer {
    let account = site.administrator.account;
    let act = IssueToken { account, name: "tests".to_owned(), expires: None };
    let issued = wait_for(site.cms.issue_token(&site.administrator, act)).unwrap();
    let bearer = format!("Bearer {}", issued.secret.reveal());
    site.get_with(path, &[("Authorization", bearer.as_str())])
}

#[test]
fn a_translator_sees_what_changed_from_what_and_what_says_it() {
    let (site, entry) = site("flag");
    source(
        &site,
        entry,
        ChangeClass::Safety,
        &body(&["First of all, breathe.", SAFE, "Call 112 at any time of the day."]),
    );
    let place = format!("/manage/v1/entries/guidance/{entry}");
    let told = managed(&site, &format!("{place}/fr/segments")).json();
    let segments = told["segments"].as_array().unwrap();
    let brief = |row: &Value| -> [Value; 4] {
        ["source", "previous", "target", "status"].map(|name| row[name].clone())
    };
    let rows: Vec<_> = segments.iter().map(brief).collect();
    let row = |texts: [Option<&str>; 3], status: &str| {
        let [source, previous, target] = texts.map(|text| json!(text));
        [source, previous, target, json!(status)]
    };
    // The French body has two paragraphs, as the English one had that it was made of.
    assert_eq!(
        rows,
        [
            row([Some("First of all, breathe."), None, None], "missing"),
            row([Some(SAFE), None, Some("Parlez-en.")], "current"),
            row(
                [Some("Call 112 at any time of the day."), Some(CALL), Some("Appelez le 116 111.")],
                "outdated"
            ),
            row([Some("Blackmail"), None, Some("Chantage")], "current"),
        ]
    );
    assert_eq!(segments[2]["change_class"], "safety");
    assert_eq!((&told["status"], &told["behind"]), (&json!("outdated"), &json!(1)));
    assert_eq!(told["unpaired"][0]["target"], "En bref.", "the source has no summary");
    source(&site, entry, ChangeClass::Substantive, &body(&[SAFE]));
    let told = managed(&site, &format!("{place}/fr/segments")).json();
    let gone = told["segments"].as_array().unwrap().last().unwrap();
    assert_eq!(brief(gone), row([None, Some(CALL), Some("Appelez le 116 111.")], "obsolete"));
    for rest in ["en/segments", "ja/segments?target=live", "shared/segments"] {
        assert_eq!(managed(&site, &format!("{place}/{rest}")).status, 404, "{rest}");
    }
    assert_eq!(site.get(&format!("{place}/fr/segments")).status, 401);
}

#[test]
fn a_coordinator_sees_how_far_translations_are_by_locale_type_and_agency() {
    let (site, entry) = site("fallback");
    let second = site.create("guidance", "second");
    site.save_and_publish(second, "en", &body(&[SAFE]));
    source(&site, entry, ChangeClass::Safety, &body(&[SAFE, "Call 112 now."]));
    let status = "/manage/v1/translations/status";
    let told = managed(&site, &format!("{status}?locale=fr&type=guidance")).json();
    let row = &told["data"][0];
    let count = |name: &str| row[name].as_u64().unwrap();
    assert_eq!(told["data"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!((count("entries"), count("missing"), count("current")), (2, 1, 0));
    assert_eq!((count("outdated_by_safety"), count("held_back"), count("segments")), (1, 1, 1));
    assert!(row["oldest"].is_string());
    let csv = managed(&site, &format!("{status}?locale=fr&format=csv"));
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    assert!(csv.text().lines().nth(1).unwrap().starts_with("fr,guidance,"), "{}", csv.text());
    for (query, name) in [("type=nothing", "type"), ("agency=nobody", "agency"), ("x=1", "x")] {
        let wrong = managed(&site, &format!("{status}?{query}"));
        assert_eq!((wrong.status, wrong.faults()[0].0.as_str()), (400, name));
    }
    assert_eq!(site.get(status).status, 401);
}

#[test]
fn only_a_source_says_what_its_change_means() {
    let (site, entry) = site("flag");
    site.save(entry, "fr", &json!({"title": "Chantage", "body": "Autre.\n\nAppelez le 116 111."}));
    let act =
        Publish { change_class: Some(ChangeClass::Safety), ..Publish::new(entry, part_of("fr")) };
    let refused = wrong(wait_for(site.cms.publish(&site.administrator, act)));
    assert_eq!(refused, [("/change_class".to_owned(), "not_the_source".to_owned())]);
}

#[test]
fn a_change_of_policy_holds_at_once_and_a_rebuilt_view_says_the_same() {
    let (site, entry) = site("flag");
    source(&site, entry, ChangeClass::Safety, &body(&[SAFE, "Call 112 now."]));
    assert_eq!(french(&site)["resolution"]["reason"], "exact");
    let mut schema = site.json("/v1/types/guidance")["schema"].clone();
    if schema.is_null() {
        let shipped = content_type::shipped();
        let file = shipped.into_iter().find(|(name, _)| name.as_str() == "guidance").unwrap().1;
        schema = serde_json::from_str(file).unwrap();
    }
    schema["x-translation-policy"] = "fallback".into();
    wait_for(site.cms.save_type(&site.administrator, &schema)).unwrap();
    assert_eq!(french(&site)["resolution"]["reason"], "policy");
    wait_for(site.cms.rebuild(&|_| ())).unwrap();
    assert_eq!(french(&site)["resolution"]["reason"], "policy");
}
