//! Corpora: pages in many languages, one JSON object a line, turned into import lines.
//!
//! Pages that are each other's translations share `source_of`; that becomes the entry's key. The entry's
//! source is the page that says so, or the first where none does. A second source in one group is an
//! entry of its own, under its own id. Objects with a `name` and no body are organisations: drafts, since
//! what a directory says of them is not enough to publish. Each gives the draft of a route, too.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Cursor},
    path::PathBuf,
};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

mod support;

/// The files of a corpus, with the source of each group of translations.
pub(super) struct Corpus {
    files: Vec<PathBuf>,
    /// By group: the id and the locale of its source.
    sources: HashMap<String, (String, String)>,
}

impl Corpus {
    /// Looks through the files for the sources.
    pub(super) fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut corpus = Self { files: files.to_vec(), sources: HashMap::new() };
        let mut firsts = HashMap::new();
        for path in files {
            let file =
                File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
            for line in BufReader::new(file).lines() {
                let line = line.with_context(|| format!("{} can't be read", path.display()))?;
                // What doesn't parse is refused by the import, with its line.
                let Ok(page) = serde_json::from_str::<Value>(&line) else { continue };
                let Some(group) = text(&page, "source_of") else { continue };
                let source = (owned(&page, "id"), owned(&page, "locale"));
                firsts.entry(group.to_owned()).or_insert_with(|| source.clone());
                if text(&page, "translation_status") == Some("source") {
                    corpus.sources.entry(group.to_owned()).or_insert(source);
                }
            }
        }
        for (group, first) in firsts {
            corpus.sources.entry(group).or_insert(first);
        }
        Ok(corpus)
    }

    fn convert(&self, line: &str) -> String {
        match serde_json::from_str::<Value>(line) {
            Ok(page) if page.get("name").is_some() => organisation(&page).to_string(),
            Ok(page) => self.page(&page).to_string(),
            Err(_) => line.to_owned(),
        }
    }

    fn page(&self, page: &Value) -> Value {
        let group = text(page, "source_of").unwrap_or_default();
        let own = (owned(page, "id"), owned(page, "locale"));
        let source = self.sources.get(group).unwrap_or(&own);
        let is_second = text(page, "translation_status") == Some("source") && source.0 != own.0;
        let (key, source_locale) = if is_second {
            (format!("{group}#{}", own.0), &own.1)
        } else {
            (group.to_owned(), &source.1)
        };
        json!({
            "type": "guidance",
            "key": key.split_whitespace().collect::<Vec<_>>().join("-"),
            "source_locale": source_locale,
            "locale": own.1,
            "status": "published",
            "fields": {
                "title": page.get("title"),
                "summary": page.get("summary"),
                "body": page.get("body_markdown"),
            },
            "updated_at": page.get("updated"),
        })
    }
}

/// An organisation of a directory, as a draft.
fn organisation(page: &Value) -> Value {
    let mut shared = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        shared.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("countries", text(page, "country").map(|country| json!([country])));
    add("regions", page.get("regions").cloned());
    add("tags", page.get("tags").cloned());
    add("archived", page.get("archived").cloned());
    add("checked_on", text(page, "updated").and_then(|at| at.get(..10)).map(|day| json!(day)));
    let (age_min, age_max) = ages(text(page, "age_range").unwrap_or_default());
    add("age_min", age_min.map(|age| json!(age)));
    add("age_max", age_max.map(|age| json!(age)));
    let channels = page.get("channels").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of_kind = |url: bool| {
        channels.iter().filter(move |channel| (text(channel, "type") == Some("url")) == url)
    };
    add("url", of_kind(true).find_map(|channel| channel.get("value")).cloned());
    let links: Vec<_> = of_kind(false)
        .map(|channel| json!({"kind": channel.get("type"), "value": channel.get("value")}))
        .collect();
    add("links", (!links.is_empty()).then(|| json!(links)));
    let credit = [("text", "attribution"), ("licence", "license")].into_iter();
    let credit: Map<String, Value> =
        credit.filter_map(|(name, of)| Some((name.to_owned(), json!(text(page, of)?)))).collect();
    add("credit", (!credit.is_empty()).then(|| json!(credit)));
    json!({
        "type": "organisation",
        "key": owned(page, "id"),
        "source_locale": page.get("locale"),
        "locale": page.get("locale"),
        "status": "draft",
        "shared": shared,
        "fields": {
            "title": page.get("name"),
            "short_name": text(page, "nickname").filter(|short| Some(*short) != text(page, "name")),
            "summary": page.get("summary"),
            "description": page.get("notes"),
            "eligibility": page.get("catchment"),
            "referral": page.get("referral"),
        },
    })
}

/// The ages that a text such as `17+` or `Under 18` names.
fn ages(text: &str) -> (Option<u32>, Option<u32>) {
    let number = |text: &str| {
        text.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u32>().ok()
    };
    match text.split_once('-') {
        Some((from, to)) => (number(from), number(to)),
        None if text.ends_with('+') => (number(text), None),
        None if text.starts_with("Under") => {
            (None, number(text).and_then(|age| age.checked_sub(1)))
        }
        None => (None, None),
    }
}

fn text<'a>(page: &'a Value, name: &str) -> Option<&'a str> {
    page.get(name).and_then(Value::as_str)
}

fn owned(page: &Value, name: &str) -> String {
    text(page, name).unwrap_or_default().to_owned()
}

impl cms_core::commands::import::Lines for Corpus {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let mut converted = Vec::new();
        for path in &self.files {
            for line in BufReader::new(File::open(path)?).lines() {
                converted.extend_from_slice(self.convert(&line?).as_bytes());
                converted.push(b'\n');
            }
        }
        // After all others, so that those keep the numbers that they have in their files.
        for path in &self.files {
            for line in BufReader::new(File::open(path)?).lines() {
                let page = serde_json::from_str::<Value>(&line?).unwrap_or_default();
                let is_archived = page.get("archived").and_then(Value::as_bool) == Some(true);
                if page.get("name").is_some() && !is_archived {
                    converted.extend_from_slice(support::route(&page).to_string().as_bytes());
                    converted.push(b'\n');
                }
            }
        }
        Ok(Box::new(Cursor::new(converted)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_range_is_read_where_it_can_be() {
        assert_eq!(ages("17+"), (Some(17), None));
        assert_eq!(ages("Under 18"), (None, Some(17)));
        assert_eq!(ages("16-25"), (Some(16), Some(25)));
        assert_eq!(ages("anyone"), (None, None));
    }
}
