//! A site to act on and to read from: the façade, and the real router over the same store.

use std::io::{self, BufRead, Cursor};

use cms_core::{
    Cms,
    access::Actor,
    commands::{
        Accepted, CommandError,
        configure_site::ConfigureSite,
        create_entry::CreateEntry,
        import::{ImportOptions, ImportReport, Lines},
        publish::Publish,
        save_draft::SaveDraft,
        unpublish::Unpublish,
    },
    event::{Fields, Part, SiteLocale, Withdrawal},
    id::{EntryId, ExternalKey, FieldName, TypeName},
    locale::Locale,
    violation::Violation,
};
use cms_server::config::Config;
use rocket::{http::Header, local::blocking::Client};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, open, wait_for};

/// A store with content, its administrator, and a reader.
pub struct Site {
    pub cms: Cms,
    pub administrator: Actor,
    client: Client,
    pub folder: TempDir,
}

/// Lines from memory.
pub struct Text(pub String);

impl Lines for Text {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(Cursor::new(self.0.clone().into_bytes())))
    }
}

impl Site {
    /// A new site in English, French, Arabic and Japanese.
    pub fn new() -> Self {
        let site = Self::over(tempfile::tempdir().unwrap());
        let before = site.cms.editing().site().unwrap().unwrap();
        let locales = ["en", "fr", "ar", "ja"].map(|tag| SiteLocale {
            tag: locale(tag),
            name: tag.to_owned(),
            fallback: None,
        });
        let act = ConfigureSite {
            default_locale: locale("en"),
            locales: locales.to_vec(),
            default_agency: before.default_agency,
        };
        wait_for(site.cms.configure_site(&site.administrator, act)).unwrap();
        site
    }

    /// The site in a folder.
    pub fn over(folder: TempDir) -> Self {
        let cms = open(folder.path());
        let administrator = cms.administrator().unwrap().unwrap();
        let client = Client::untracked(cms_server::rocket(&Config::default(), &cms).unwrap());
        Self { cms, administrator, client: client.unwrap(), folder }
    }

    /// Closes it, and gives its folder.
    pub fn close(self) -> TempDir {
        drop(self.client);
        drop(self.cms);
        self.folder
    }

    pub fn create(&self, type_name: &str, key: &str) -> EntryId {
        let act = CreateEntry {
            type_name: TypeName::parse(type_name).unwrap(),
            agency: None,
            source_locale: locale("en"),
            key: Some(ExternalKey::parse(key).unwrap()),
        };
        wait_for(self.cms.create_entry(&self.administrator, act)).unwrap().0
    }

    /// Saves a revision over whatever is there. `part` is a locale, or `shared`.
    pub fn try_save(
        &self,
        entry: EntryId,
        part: &str,
        content: &Value,
    ) -> Result<Accepted, CommandError> {
        let act = SaveDraft::new(entry, part_of(part), fields(content));
        wait_for(self.cms.save_draft(&self.administrator, act))
    }

    pub fn save(&self, entry: EntryId, part: &str, content: &Value) -> Accepted {
        self.try_save(entry, part, content).unwrap()
    }

    /// Saves a revision under a slug.
    pub fn save_as(&self, entry: EntryId, part: &str, slug: &str, content: &Value) {
        let act = SaveDraft {
            slug: Some(slug.to_owned()),
            ..SaveDraft::new(entry, part_of(part), fields(content))
        };
        wait_for(self.cms.save_draft(&self.administrator, act)).unwrap();
    }

    pub fn try_publish(&self, entry: EntryId, part: &str) -> Result<Accepted, CommandError> {
        let act = Publish {
            entry,
            part: part_of(part),
            expected: None,
            published_at: None,
            change_class: None,
        };
        wait_for(self.cms.publish(&self.administrator, act))
    }

    pub fn publish(&self, entry: EntryId, part: &str) -> Accepted {
        self.try_publish(entry, part).unwrap()
    }

    pub fn save_and_publish(&self, entry: EntryId, part: &str, content: &Value) {
        self.save(entry, part, content);
        self.publish(entry, part);
    }

    pub fn try_unpublish(
        &self,
        entry: EntryId,
        tag: &str,
        withdrawal: Withdrawal,
    ) -> Result<Accepted, CommandError> {
        let act =
            Unpublish { entry, locale: locale(tag), expected: None, withdrawal, recall: false };
        wait_for(self.cms.unpublish(&self.administrator, act))
    }

    /// Imports lines as they are.
    pub fn import_text(&self, lines: &str, atomic: bool) -> ImportReport {
        let options = ImportOptions { atomic, ..ImportOptions::default() };
        let mut lines = Text(lines.to_owned());
        let importing =
            async { self.cms.import(&self.administrator, &mut lines, &options, &|_, _| ()).await };
        let report = wait_for(importing).unwrap();
        assert!(wait_for(self.cms.settled()));
        report
    }

    /// Imports lines that are all good.
    pub fn import(&self, lines: &[Value]) -> ImportReport {
        let report = self.import_text(&text(lines), false);
        assert_eq!(report.refused, []);
        report
    }

    /// The export, drafts included or not.
    pub fn export(&self, drafts: bool) -> String {
        let mut text = String::new();
        let exporting = async {
            let mut write = |line: cms_core::queries::export::ExportLine| {
                text.push_str(&line.text);
                text.push('\n');
                Ok::<_, cms_core::queries::ReadError>(())
            };
            self.cms.editing().export(drafts, &mut write).await
        };
        wait_for(exporting).unwrap();
        text
    }

    pub fn id(&self, type_name: &str, key: &str) -> EntryId {
        let key = ExternalKey::parse(key).unwrap();
        let type_name = TypeName::parse(type_name).unwrap();
        self.cms.editing().entry_by_key(&type_name, &key).unwrap().unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = self.client.get(path.to_owned());
        for (name, value) in headers {
            request.add_header(Header::new(*name, (*value).to_owned()));
        }
        Answer::of(request.dispatch())
    }

    /// What is at an address, which is good JSON.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The slugs of a list, in its order.
    pub fn slugs(&self, path: &str) -> Vec<String> {
        let list = self.json(path);
        let slug = |item: &Value| item["slug"].as_str().unwrap().to_owned();
        list["data"].as_array().unwrap().iter().map(slug).collect()
    }

    /// The changes since a cursor: `op type/slug locale` each, and where to go on.
    pub fn changes(&self, since: Option<&str>) -> (Vec<String>, String) {
        let since = since.map(|cursor| format!("&since={cursor}")).unwrap_or_default();
        let told = self.json(&format!("/v1/changes?limit=1000{since}"));
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let line = |page: &Value| {
            let [op, kind] = ["op", "type"].map(|name| text(&page[name]));
            let [slug, locale] = ["slug", "locale"].map(|name| text(&page[name]));
            format!("{op} {kind}/{slug} {locale}")
        };
        let lines = told["data"].as_array().unwrap().iter().map(line).collect();
        (lines, text(&told["page"]["next"]))
    }
}

pub fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

pub fn part_of(part: &str) -> Part {
    if part == "shared" { Part::Shared } else { Part::Locale(locale(part)) }
}

pub fn fields(content: &Value) -> Fields {
    let members = content.as_object().unwrap();
    members.iter().map(|(name, value)| (FieldName::parse(name).unwrap(), value.clone())).collect()
}

/// JSON values as lines.
pub fn text(lines: &[Value]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A published English line.
pub fn line(type_name: &str, key: &str, content: &Value) -> Value {
    json!({
        "type": type_name, "key": key, "source_locale": "en", "locale": "en",
        "status": "published", "slug": key, "fields": content,
    })
}

/// The same with shared fields.
pub fn shared(mut line: Value, content: Value) -> Value {
    line["shared"] = content;
    line
}

/// A published line of a translation.
pub fn translated(type_name: &str, key: &str, tag: &str, content: &Value) -> Value {
    let mut line = line(type_name, key, content);
    line["locale"] = tag.into();
    line["slug"] = format!("{key}-{tag}").into();
    line
}

/// A published route with one telephone number, in English.
pub fn route(key: &str, number: &str) -> Value {
    shared(line("route", key, &json!({"title": format!("The {key} line")})), route_shared(number))
}

/// The shared fields of a route with one telephone number.
pub fn route_shared(number: &str) -> Value {
    json!({
        "operator": {"kind": "child_helpline"}, "covers": {"countries": ["GB"]}, "identity": "anonymous_ok",
        "channels": [{"id": "phone", "kind": "phone", "value": number}],
    })
}

/// What an act was refused for: each pointer and code.
pub fn wrong<T: std::fmt::Debug>(outcome: Result<T, CommandError>) -> Vec<(String, String)> {
    match outcome {
        Err(CommandError::Invalid(violations)) => pairs(&violations),
        other => panic!("refused for broken rules it should be, and was: {other:?}"),
    }
}

pub fn pairs(violations: &[Violation]) -> Vec<(String, String)> {
    violations.iter().map(|it| (it.pointer.clone(), it.code.clone())).collect()
}

/// One pointer and code.
pub fn pair(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}
