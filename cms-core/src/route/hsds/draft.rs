//! Services of partners' directories as drafts of routes: from HSDS to import lines. Pure.
//!
//! A draft has what the service says and nothing more: what readers have to be told besides (what one must say of
//! oneself, who is told) no directory knows, so nothing of it can be published before an editor has filled it in.
//! What could not be taken over is told, with its place.

mod channels;
mod hours;
mod nested;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    content_type::without_control_characters,
    locale::Locale,
    route::{Country, Group, Subdivision, hours::Zone},
};

/// The most services that are read from one file.
const MOST_SERVICES: usize = 100_000;

/// How services are to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The language that they are written in.
    pub locale: Locale,
    /// The country of those that name no area, and of numbers without a country's code.
    pub country: Option<Country>,
    /// The time zone of their schedules: the format has none.
    pub zone: Option<Zone>,
    /// What their terms mean here: the key of a concern, by a term's code, id or name.
    pub concerns: BTreeMap<String, String>,
}

/// Import lines, and what is not in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drafts {
    /// The lines: organisations first.
    pub lines: Vec<Value>,
    /// What was left off.
    pub left: Vec<Left>,
    /// How many services aren't active, and have no line.
    pub inactive: usize,
}

/// Something that was left off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The id of the service.
    pub service: String,
    /// Where in it, as a JSON Pointer.
    pub pointer: String,
    /// Why.
    pub reason: Reason,
}

/// Why something was left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It has no id or no name.
    #[error("it has no id or no name")]
    Nameless,
    /// It is no number that can be dialled.
    #[error("it is no number that can be dialled")]
    NoNumber,
    /// It is no https address.
    #[error("it is no https address")]
    NoLink,
    /// It is no plain e-mail address.
    #[error("it is no plain e-mail address")]
    NoEmail,
    /// It is no area with a code.
    #[error("it isn't the code of a country or of a part of one")]
    NoArea,
    /// It is nothing that a week, or a rule in words, could be made from.
    #[error("no opening hours could be made from it")]
    NoHours,
    /// The time zone isn't known.
    #[error("nothing says in which time zone it is")]
    NoZone,
    /// It is longer than may be, and was cut.
    #[error("it was cut")]
    Cut,
}

/// Why a file is none of services.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON.
    #[error("line {line}: {error}")]
    Json {
        /// The line where it stops being JSON.
        line: usize,
        /// Why.
        error: serde_json::Error,
    },
    /// There is no service in it.
    #[error("there is no service in it")]
    NoServices,
    /// There are more than can be read at once.
    #[error("there are more than {MOST_SERVICES} services in it")]
    TooMany,
}

/// Reads a file: a service or an organisation, lists and pages of them, one of them a line, or tables.
///
/// # Errors
/// [`ReadError`]
pub fn drafts(file: &[u8], options: &Options) -> Result<Drafts, ReadError> {
    let services = nested::services(&nested::parse(file)?);
    if services.is_empty() {
        return Err(ReadError::NoServices);
    }
    if services.len() > MOST_SERVICES {
        return Err(ReadError::TooMany);
    }
    let (mut drafts, mut routes, mut seen) = (Drafts::default(), Vec::new(), BTreeSet::new());
    for service in &services {
        if text(service, "status").is_some_and(|status| status != "active") {
            drafts.inactive += 1;
            continue;
        }
        let mut reading = Reading { service, options, left: Vec::new() };
        match reading.route() {
            Some((organisation, route)) => {
                let new = organisation.filter(|line| seen.insert(owned(line, "key")));
                drafts.lines.extend(new);
                routes.push(route);
            }
            None => reading.leave("", Reason::Nameless),
        }
        drafts.left.append(&mut reading.left);
    }
    drafts.lines.append(&mut routes);
    Ok(drafts)
}

/// A service that is being read.
struct Reading<'a> {
    service: &'a Value,
    options: &'a Options,
    left: Vec<Left>,
}

impl Reading<'_> {
    fn leave(&mut self, pointer: impl Into<String>, reason: Reason) {
        let service = owned(self.service, "id");
        self.left.push(Left { service, pointer: pointer.into(), reason });
    }

    /// The organisation's line, where it is named, and the route's.
    fn route(&mut self) -> Option<(Option<Value>, Value)> {
        let id = text(self.service, "id")?;
        let title = self.cut("name", 300)?;
        let organisation = self.organisation();
        let mut operator = json!({"kind": "other"});
        if let (Some(line), Some(operator)) = (&organisation, operator.as_object_mut()) {
            operator
                .insert("organisation".to_owned(), json!(format!("key:{}", owned(line, "key"))));
        }
        let covers = self.covers();
        let channels = self.channels(covers.get("countries").and_then(sole));
        let age = |name: &str| {
            let years = self.service.get(name)?;
            // Some write 12.0 and mean 12.
            let whole =
                years.as_u64().or_else(|| years.to_string().strip_suffix(".0")?.parse().ok());
            whole.filter(|years| *years <= 120).map(|years| json!(years))
        };
        let mut shared = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            shared.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("age_min", age("minimum_age"));
        add("age_max", age("maximum_age"));
        add("operator", Some(operator));
        add("covers", (!covers.is_empty()).then(|| json!(covers)));
        add("concerns", self.concerns());
        add("channels", (!channels.all.is_empty()).then(|| json!(channels.all)));
        let source = text(self.service, "url").filter(|url| url.starts_with("http"));
        add("sources", source.map(|url| json!([{"url": url}])));
        let day = text(self.service, "assured_date").and_then(|at| at.get(..10));
        let day = day.filter(|day| day.parse::<chrono::NaiveDate>().is_ok());
        add("assured", day.map(|date| json!({"date": date})));
        let steps: Vec<String> = text(self.service, "application_process")
            .into_iter()
            .flat_map(str::lines)
            .map(|step| clean(step, 2_000))
            .filter(|step| !step.is_empty())
            .take(20)
            .collect();
        let fields = json!({
            "title": title, "summary": self.cut("description", 2_000), "what_happens_next": steps,
            "channel_notes": channels.notes,
        });
        let key = format!("hsds/service/{}", key_part(id));
        let route = line(self.options, ("route", &key), &json!(shared), &fields);
        Some((organisation, route))
    }

    /// The organisation's line.
    fn organisation(&mut self) -> Option<Value> {
        let organisation = self.service.get("organization")?;
        let (id, name) = (text(organisation, "id")?, text(organisation, "name")?);
        let website = text(organisation, "website").filter(|url| url.starts_with("http"));
        let links = items(organisation, "additional_websites").filter_map(|it| {
            Some(json!({"kind": "website", "value": clean(text(it, "url")?, 2_000)}))
        });
        let links: Vec<Value> = links.take(50).collect();
        let name = clean(name, 300);
        let said = |member: &str, most: usize| text(organisation, member).map(|it| clean(it, most));
        let fields = json!({
            "title": name, "short_name": said("alternate_name", 100),
            "summary": said("description", 2_000).filter(|summary| *summary != name),
        });
        let key = format!("hsds/organization/{}", key_part(id));
        let shared = json!({"url": website, "links": links});
        Some(line(self.options, ("organisation", &key), &shared, &fields))
    }

    /// Where it works; where it doesn't say, in the country of the options.
    fn covers(&mut self) -> Map<String, Value> {
        let mut codes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let areas: Vec<&Value> = items(self.service, "service_areas").collect();
        for (index, area) in areas.iter().enumerate() {
            let named = ["name", "uri", "extent"].into_iter().filter_map(|name| text(area, name));
            let ending = |text: &str| {
                text.rsplit(['/', ':', '#']).next().unwrap_or_default().trim().to_owned()
            };
            match named.map(ending).find_map(|name| place(&name)) {
                Some((kind, code)) => drop(codes.entry(kind).or_default().insert(code)),
                None => self.leave(format!("/service_areas/{index}"), Reason::NoArea),
            }
        }
        if codes.is_empty()
            && let Some(country) = self.options.country
        {
            codes.entry("countries").or_default().insert(country.to_string());
        }
        codes.into_iter().map(|(list, codes)| (list.to_owned(), json!(codes))).collect()
    }

    /// What its terms mean here.
    fn concerns(&self) -> Option<Value> {
        let terms = items(self.service, "attributes").filter_map(|it| it.get("taxonomy_term"));
        let known = terms.flat_map(|term| {
            let names = ["code", "id", "name"].into_iter().filter_map(|name| text(term, name));
            names.filter_map(|name| self.options.concerns.get(name))
        });
        let keys: BTreeSet<String> = known.map(|key| format!("key:{key}")).collect();
        (!keys.is_empty()).then(|| json!(keys))
    }

    /// A text of the service, no longer than so many characters.
    fn cut(&mut self, name: &str, most: usize) -> Option<String> {
        let whole = text(self.service, name)?;
        let cut = clean(whole, most);
        if cut.ends_with('…') && !whole.trim_end().ends_with('…') {
            self.leave(format!("/{name}"), Reason::Cut);
        }
        Some(cut)
    }
}

/// A draft's import line.
fn line(options: &Options, (kind, key): (&str, &str), shared: &Value, fields: &Value) -> Value {
    json!({
        "type": kind, "key": key, "source_locale": options.locale, "locale": options.locale,
        "status": "draft", "shared": shared, "fields": fields,
    })
}

/// The list that a place stands in, and its code.
fn place(name: &str) -> Option<(&'static str, String)> {
    if let Ok(country) = name.parse::<Country>() {
        return Some(("countries", country.to_string()));
    }
    if let Ok(part) = name.parse::<Subdivision>() {
        return Some(("subdivisions", part.to_string()));
    }
    let name = name.to_lowercase();
    let group: Group = serde_json::from_value(json!(name)).ok()?;
    let code = serde_json::to_value(group).ok()?;
    Some(("groups", code.as_str()?.to_owned()))
}

/// The country of a list of one.
fn sole(countries: &Value) -> Option<Country> {
    match countries.as_array().map(Vec::as_slice) {
        Some([one]) => one.as_str()?.parse().ok(),
        Some(_) | None => None,
    }
}

/// An id as a part of a key: what isn't plain is replaced.
fn key_part(id: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    id.chars().take(150).map(|c| if plain(c) { c } else { '-' }).collect()
}

/// A text without what no field may hold, no longer than so many characters.
fn clean(text: &str, most: usize) -> String {
    let whole = without_control_characters(text.trim());
    if whole.chars().count() <= most {
        return whole.into_owned();
    }
    let mut cut: String = whole.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// The text of a member, if there is any in it.
fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn owned(value: &Value, name: &str) -> String {
    text(value, name).unwrap_or_default().to_owned()
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
