//! The harness of these tests: an application with a few locales, a clock, and somebody who acts.

use std::sync::Arc;

use cms_core::{
    access::{Act, Grant},
    clock::ManualClock,
    commands::{
        configure_site::ConfigureSite, issue_token::IssueToken, save_account::CreateAccount,
    },
    event::SiteLocale,
    id::TypeName,
    locale::Locale,
};
use cms_server::config::Config;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, wait_for};

/// An application with a few locales, its clock, and a token of its administrator's.
pub struct Desk {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub token: String,
}

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

impl Desk {
    pub fn new() -> Self {
        Self::with(&Config::default())
    }

    /// With this configuration.
    pub fn with(config: &Config) -> Self {
        let clock = App::clock();
        let app = App::configured(config, &clock);
        let site = app.cms.editing().site().unwrap().unwrap();
        let known = |tag: &str| SiteLocale {
            tag: locale(tag),
            name: locale(tag).own_name().to_owned(),
            fallback: None,
        };
        let act = ConfigureSite {
            default_locale: site.default_locale,
            locales: ["en", "fr", "th"].map(known).to_vec(),
            default_agency: site.default_agency,
        };
        let administrator = app.cms.administrator().unwrap().unwrap();
        wait_for(app.cms.configure_site(&administrator, act)).unwrap();
        let token = app.token();
        Self { app, clock, token }
    }

    /// A token for an account that may do these acts to this type, in this locale.
    pub fn token_for(&self, acts: &[Act], type_name: Option<&str>, tag: Option<&str>) -> String {
        let administrator = self.app.cms.administrator().unwrap().unwrap();
        let grant = Grant {
            acts: acts.to_vec(),
            agency: None,
            type_name: type_name.map(|name| TypeName::parse(name).unwrap()),
            locale: tag.map(locale),
        };
        let name = format!("{acts:?} {type_name:?} {tag:?} {}", self.app.cms.log().last());
        let act = CreateAccount { name, grants: vec![grant] };
        let (account, _) = wait_for(self.app.cms.create_account(&administrator, act)).unwrap();
        let name = "theirs".to_owned();
        let act = IssueToken { account, name, expires: None };
        let issued = wait_for(self.app.cms.issue_token(&administrator, act)).unwrap();
        issued.secret.reveal().to_owned()
    }

    pub fn ask(&self, (method, path): (Method, &str), tag: Option<&str>, body: &Value) -> Answer {
        self.ask_as(&self.token, (method, path), tag, body)
    }

    pub fn ask_as(
        &self,
        token: &str,
        (method, path): (Method, &str),
        tag: Option<&str>,
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers =
            vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        headers.extend(tag.map(|tag| ("If-Match", tag)));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.app.send(method, &format!("/manage/v1/entries/{path}"), &headers, &body)
    }

    /// Makes an entry; gives its path.
    pub fn entry(&self, type_name: &str) -> String {
        let body = json!({ "source_locale": "en" });
        let made = self.ask((Method::Post, type_name), None, &body);
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let path = format!("{type_name}/{id}");
        let location = format!("/manage/v1/entries/{path}");
        assert_eq!(made.header("location"), Some(location.as_str()));
        path
    }

    /// Saves a title; gives the new tag.
    pub fn save(&self, path: &str, tag: &str, title: &str) -> String {
        let body = json!({ "fields": { "title": title, "body": "Text." } });
        let saved = self.ask((Method::Patch, path), Some(tag), &body);
        assert_eq!(saved.status, 200, "{saved:?}");
        saved.header("etag").unwrap().to_owned()
    }

    pub fn act(&self, path: &str, act: &str, tag: &str, body: &Value) -> Answer {
        self.ask((Method::Post, &format!("{path}/{act}")), Some(tag), body)
    }

    /// Does an act that goes well; gives where the part stands.
    pub fn done(&self, path: &str, act: &str, tag: &str, body: &Value) -> Value {
        let answer = self.act(path, act, tag, body);
        assert_eq!(answer.status, 200, "{act}: {answer:?}");
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        assert!(answer.header("event").is_some());
        answer.json()
    }

    pub fn first_fault(answer: &Answer) -> String {
        assert_eq!(answer.status, 422, "{answer:?}");
        answer.faults().first().unwrap().1.clone()
    }

    pub fn read(&self, path: &str, query: &str) -> Answer {
        let path = path.replacen("guidance/", "", 1);
        let id = path.split('/').next().unwrap();
        self.app.get(&format!("/v1/entries/guidance/{id}?{query}"))
    }
}
