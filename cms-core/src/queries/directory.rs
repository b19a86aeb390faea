//! The directory of routes in one locale: made from what is published, kept until any of that changes.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwapOption;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value, json};

use super::{
    Delivery, ReadError,
    answer::{Answer, CacheKeys},
    fill::{Filler, Wanted, href},
    site::SiteView,
};
use crate::{
    clock::Timestamp,
    event::Part,
    followers::delivery::{
        form::Segment,
        generations::{Source, Stamp},
        live::{LiveEntry, LiveLocale},
        tables,
    },
    id::{EntryId, TypeName},
    locale::Locale,
    route::{
        self, Audience, Concern, Directory, Fallback, Finder, Moment, Organisation, Question,
        Route, Texts,
    },
    words,
};

/// What a directory is made from.
pub(super) const TYPES: [&str; 4] = ["route", "concern", "audience", "organisation"];
/// What routes call a concern or audience that isn't published.
pub(super) const UNPUBLISHED: &str = "unpublished";

/// The directories that are ready.
#[derive(Debug, Default)]
pub(super) struct Directories {
    ready: RwLock<HashMap<Locale, Arc<Ready>>>,
    making: Mutex<()>,
}

/// A directory, ready for questions.
#[derive(Debug)]
pub struct Ready {
    finder: Finder,
    stamp: Stamp,
    /// What the clock said last.
    moment: ArcSwapOption<Moment>,
}

impl Ready {
    /// What answers from it.
    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// What it was made from.
    pub(super) fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// What the clock says.
    pub fn moment(&self, at: Timestamp) -> Arc<Moment> {
        let last = self.moment.load_full();
        if let Some(moment) = last.as_ref().filter(|moment| moment.holds(at)) {
            return Arc::clone(moment);
        }
        let moment = Arc::new(self.finder.moment(at, last.as_deref()));
        self.moment.store(Some(Arc::clone(&moment)));
        moment
    }
}

/// An answer to a question for routes.
#[derive(Debug)]
pub struct RoutesFound {
    /// The answer.
    pub answer: Answer,
    /// When the clock changes it.
    pub until: Option<Timestamp>,
}

impl Delivery {
    /// The directory of the site's locale that suits a reader best, ready for questions.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn directory(&self, asked: &Locale) -> Result<Arc<Ready>, ReadError> {
        let site = self.site()?;
        let locale = effective(&site, asked);
        let kept = |all: &Directories| {
            let ready = all.ready.read().get(&locale).map(Arc::clone);
            ready.filter(|ready| self.generations().is_current(&ready.stamp))
        };
        let all = &self.parts().directories;
        if let Some(ready) = kept(all) {
            return Ok(ready);
        }
        // One thread makes it, the others wait for that.
        let _turn = all.making.lock();
        if let Some(ready) = kept(all) {
            return Ok(ready);
        }
        let ready = Arc::new(self.make_directory(&site, &locale)?);
        let mut kept = all.ready.write();
        // Locales that the site no longer has go with the next change.
        kept.retain(|_, ready| self.generations().is_current(&ready.stamp));
        kept.insert(locale, Arc::clone(&ready));
        Ok(ready)
    }

    /// The directory as a file: no flag in it depends on the clock.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn directory_file(&self, asked: &Locale) -> Result<Answer, ReadError> {
        let ready = self.directory(asked)?;
        let directory = serde_json::to_vec(&**ready.finder.directory()).unwrap_or_default();
        let mut body = b"{\"data\":".to_vec();
        body.extend_from_slice(&directory);
        self.answer_about(&ready, asked, body)
    }

    /// Answers a question for routes. What it names must be known: see [`Finder::check`]. Instants are told
    /// at the clock of the reader's zone, too, where that is given.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn routes(
        &self,
        ready: &Ready,
        asked: &Locale,
        question: &Question,
        (at, reader): (Timestamp, Option<route::hours::Zone>),
    ) -> Result<RoutesFound, ReadError> {
        let moment = ready.moment(at);
        let found = ready.finder.look_up(question, &moment);
        let told = ready.finder.tell(&found, &moment, reader);
        let mut body = b"{\"data\":".to_vec();
        body.extend_from_slice(&serde_json::to_vec(&told).unwrap_or_default());
        Ok(RoutesFound { answer: self.answer_about(ready, asked, body)?, until: found.until })
    }

    /// Ends a body with what was asked and served.
    fn answer_about(
        &self,
        ready: &Ready,
        asked: &Locale,
        mut body: Vec<u8>,
    ) -> Result<Answer, ReadError> {
        let site = self.site()?;
        let locale = &ready.finder.directory().locale;
        let resolution = json!({
            "requested": asked, "served": locale,
            "reason": if asked.matches(locale) { "exact" } else { "fallback" },
            "chain": site.chain(asked, &site.default_locale),
        });
        body.extend_from_slice(format!(",\"resolution\":{resolution}}}").as_bytes());
        let mut cache_keys = CacheKeys::default();
        for type_name in TYPES {
            cache_keys.add('t', format!("{type_name}\0{locale}").as_bytes());
        }
        Ok(Answer { body, locale: locale.clone(), cache_keys, stamp: ready.stamp.clone() })
    }

    fn make_directory(&self, site: &SiteView, locale: &Locale) -> Result<Ready, ReadError> {
        let mut stamp = Stamp::default();
        self.generations().stamp(Source::Site, &mut stamp);
        let types = TYPES.map(|name| TypeName::parse(name).ok());
        types
            .iter()
            .flatten()
            .for_each(|name| self.generations().stamp(Source::Type(name), &mut stamp));
        let _steady = self.reader().steady();
        let [routes, concerns, audiences, _] = &types;
        let told = |name: &Option<TypeName>| self.told_entries(site, locale, name.as_ref());
        let concerns = sorted(told(concerns)?);
        let audiences = sorted(told(audiences)?);
        let names: HashMap<EntryId, String> =
            concerns.iter().chain(&audiences).map(|told| (told.id, told.name.clone())).collect();
        let mut listed = Vec::new();
        for told in told(routes)? {
            match self.listed(&told, &names)? {
                Some(route) => listed.push(route),
                None => {
                    tracing::warn!(entry = %told.id, "a published route that can't be read as one");
                }
            }
        }
        let concerns = concerns.iter().map(|told| concern(told, &names)).collect();
        let audiences = audiences.iter().map(audience).collect();
        let directory = Directory::new(locale.clone(), texts(locale), concerns, audiences, listed);
        Ok(Ready {
            finder: Finder::new(Arc::new(directory)),
            stamp,
            moment: ArcSwapOption::empty(),
        })
    }

    /// All published entries of a type, each in the best locale, as readers get them.
    pub(super) fn told_entries(
        &self,
        site: &SiteView,
        locale: &Locale,
        type_name: Option<&TypeName>,
    ) -> Result<Vec<Told>, ReadError> {
        let Some(type_name) = type_name else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for id in self.published(type_name, None, usize::MAX)? {
            let Some(entry) = self.live(id)? else { continue };
            let chain = site.chain(locale, &entry.source_locale);
            if let Some((served, live)) = entry.mention(&chain) {
                all.push(self.told(site, &entry, (served, live))?);
            }
        }
        Ok(all)
    }

    fn told(
        &self,
        site: &SiteView,
        entry: &LiveEntry,
        (locale, live): (&Locale, &LiveLocale),
    ) -> Result<Told, ReadError> {
        let mut filler = Filler::new(self, site, locale);
        let mut body = Vec::new();
        filler.data(entry, live, Wanted::Short, &mut body)?;
        body.push(b'}');
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        let fields = value.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Told {
            id: entry.id,
            name: entry.key.as_ref().map_or_else(|| entry.id.to_string(), ToString::to_string),
            key: entry.key.as_ref().map(ToString::to_string),
            slug: live.slug.clone(),
            locale: locale.clone(),
            href: href(&entry.type_name, &live.slug, locale),
            fields,
        })
    }

    /// A route as the directory has it. `None` when its fields are not those of a route.
    fn listed(
        &self,
        told: &Told,
        names: &HashMap<EntryId, String>,
    ) -> Result<Option<Route>, ReadError> {
        let mut fields = told.fields.clone();
        let form = self.reader().get(&tables::FORMS, &(told.id, Part::Shared))?.unwrap_or_default();
        for list in ["concerns", "audiences"] {
            // From the form, not from what is shown: a route for something that isn't published is no route
            // for everything.
            let field = form.fields.iter().find(|field| field.name.as_str() == list);
            let targets =
                field.into_iter().flat_map(|field| &field.value).flat_map(
                    |segment| match segment {
                        Segment::References { targets, .. } => targets.as_slice(),
                        Segment::Ready(_)
                        | Segment::Embed { .. }
                        | Segment::Asset { .. }
                        | Segment::Described { .. }
                        | Segment::Figure { .. } => &[],
                    },
                );
            let name =
                |id: &EntryId| Value::from(names.get(id).map_or(UNPUBLISHED, String::as_str));
            fields.insert(list.to_owned(), targets.map(name).collect());
        }
        let excludes = fields.get("excludes").and_then(Value::as_array).into_iter().flatten();
        let exclusion = |it: &Value| {
            Some(json!({"concern": name_of(it.get("concern")?)?, "reason": it.get("reason")}))
        };
        let excludes: Vec<Value> = excludes.filter_map(exclusion).collect();
        fields.insert("excludes".to_owned(), excludes.into());
        let organisation = fields.get("operator").and_then(|operator| operator.get("organisation"));
        let organisation: Option<Organisation> =
            organisation.and_then(|value| serde_json::from_value(value.clone()).ok());
        if let Some(Value::Object(operator)) = fields.get_mut("operator") {
            operator.insert("organisation".to_owned(), json!(organisation));
        }
        let head = json!({
            "id": told.id, "key": told.key, "slug": told.slug, "locale": told.locale,
            "dir": told.locale.direction(), "href": told.href,
        });
        fields.extend(head.as_object().cloned().unwrap_or_default());
        let Ok(mut route) = serde_json::from_value::<Route>(fields.into()) else { return Ok(None) };
        annotate(&mut route, told.fields.get("channel_notes"));
        Ok(Some(route))
    }
}

/// An entry as readers get it.
pub(super) struct Told {
    pub(super) id: EntryId,
    name: String,
    pub(super) key: Option<String>,
    pub(super) slug: String,
    pub(super) locale: Locale,
    href: String,
    pub(super) fields: Map<String, Value>,
}

impl Told {
    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.fields.get(name)?.as_i64()
    }
}

/// By position, then by name.
fn sorted(mut all: Vec<Told>) -> Vec<Told> {
    all.sort_by(|a, b| {
        let key = |told: &Told| (told.number("position").unwrap_or(i64::MAX), told.name.clone());
        key(a).cmp(&key(b))
    });
    all
}

fn concern(told: &Told, names: &HashMap<EntryId, String>) -> Concern {
    let parent =
        told.fields.get("parent").and_then(|parent| parent.get("id")?.as_str()?.parse().ok());
    let labels = told.fields.get("labels").and_then(Value::as_array).into_iter().flatten();
    let label = |label: &Value| {
        Some(route::Label {
            audience: name_of(label.get("audience")?)?,
            label: label.get("label")?.as_str()?.to_owned(),
        })
    };
    Concern {
        name: told.name.clone(),
        id: told.id,
        slug: told.slug.clone(),
        title: told.text("title").unwrap_or_default().to_owned(),
        labels: labels.filter_map(label).collect(),
        parent: parent.and_then(|parent: EntryId| names.get(&parent).cloned()),
    }
}

fn audience(told: &Told) -> Audience {
    let age = |name: &str| told.number(name).and_then(|age| u8::try_from(age).ok());
    Audience {
        name: told.name.clone(),
        id: told.id,
        slug: told.slug.clone(),
        title: told.text("title").unwrap_or_default().to_owned(),
        age_min: age("age_min"),
        age_max: age("age_max"),
    }
}

/// What an entry that is referred to is called: its key, or else its id.
fn name_of(reference: &Value) -> Option<String> {
    let member = |name: &str| reference.get(name).and_then(Value::as_str).map(str::to_owned);
    member("key").or_else(|| member("id"))
}

/// Gives each channel its link, and the reader's own words about it.
pub(super) fn annotate(route: &mut Route, notes: Option<&Value>) {
    let notes = notes.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for channel in &mut route.channels {
        let text = |name: &str| {
            let of =
                |note: &&Value| note.get("channel").and_then(Value::as_str) == Some(&channel.id);
            notes.iter().find(of)?.get(name)?.as_str().map(str::to_owned)
        };
        (channel.label, channel.note) = (text("label"), text("note"));
        channel.href = channel.link();
    }
}

fn texts(locale: &Locale) -> Texts {
    let text = |key: &str| words::text(locale, &format!("route.{key}"), &[]);
    let fallback = |reason: Fallback| {
        (reason.as_str().to_owned(), text(&format!("fallback.{}", reason.as_str())))
    };
    Texts {
        call_local_number: text("call_local_number"),
        ask_for_country: text("ask_for_country"),
        fallback: Fallback::ALL.into_iter().map(fallback).collect(),
    }
}

/// The site's locale that a directory is made for.
fn effective(site: &SiteView, asked: &Locale) -> Locale {
    site.locales
        .look_up(asked)
        .map_or_else(|| site.default_locale.clone(), |locale| locale.tag.clone())
}
