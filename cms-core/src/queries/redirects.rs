//! Redirects for those who act on them: all of them in one file, or the one that an old path leads by.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Delivery, ReadError, answer::Answer, delivery::KeptRedirects, entry::keys_of, fill::href,
    site::SiteView,
};
use crate::{
    event::{Fields, Part},
    followers::delivery::{
        form::{Form, Segment},
        generations::{Source, Stamp},
        tables,
    },
    id::{EntryId, TypeName},
    locale::Locale,
    redirect::{self, OldPath, Redirect, Redirects, Target},
};

/// How many entries are read together.
const STEP: usize = 500;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentOn {
    /// 301 or 308.
    pub status: u16,
    /// To what.
    pub to: Destination,
}

/// What a redirect leads to, as it is published now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// An entry, in the locale that serves.
    Entry {
        /// Which.
        id: EntryId,
        /// Of what type.
        type_name: TypeName,
        /// Its slug there.
        slug: String,
        /// What it is called there.
        title: String,
        /// The locale.
        locale: Locale,
    },
    /// An address elsewhere.
    Url(String),
}

impl Delivery {
    /// Where a path leads readers of a locale, if a redirect says so and its target is published.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn sent_on(&self, path: &OldPath, locale: &Locale) -> Result<Option<SentOn>, ReadError> {
        let site = self.site()?;
        let kept = self.redirects()?;
        let Some((_, redirect)) = kept.redirects.find(path) else { return Ok(None) };
        let to = self.destination(&redirect.target, &site, locale, &mut Stamp::default())?;
        Ok(to.map(|to| SentOn { status: redirect.status, to }))
    }

    /// The redirects for readers of a locale, as JSON: all of them, or the one for a path.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn list_redirects(
        &self,
        path: Option<&OldPath>,
        locale: &Locale,
    ) -> Result<Answer, ReadError> {
        let site = self.site()?;
        let kept = self.redirects()?;
        let mut stamp = site.stamp.clone();
        stamp.merge(&kept.stamp);
        let served = site
            .locales
            .look_up(locale)
            .map_or_else(|| site.default_locale.clone(), |found| found.tag.clone());
        let (mut seen, mut data) = (Vec::new(), Vec::new());
        let found: Vec<_> = match path {
            Some(path) => kept.redirects.find(path).into_iter().collect(),
            None => kept.redirects.iter().collect(),
        };
        for (id, redirect) in found {
            seen.push(*id);
            seen.extend(match &redirect.target {
                Target::Entry(target) => Some(*target),
                Target::Url(_) => None,
            });
            if let Some(to) = self.destination(&redirect.target, &site, &served, &mut stamp)? {
                data.push(told(*id, redirect, &to));
            }
        }
        let body = json!({"data": data}).to_string().into_bytes();
        let cache_keys = match redirect_type() {
            Some(name) => {
                let mut keys = keys_of(&seen, &name, &served);
                keys.add('t', format!("{name}\0{served}").as_bytes());
                keys
            }
            None => super::answer::CacheKeys::default(),
        };
        Ok(Answer { body, locale: served, cache_keys, stamp })
    }

    /// All redirects that are published, from memory where that is current.
    fn redirects(&self) -> Result<Arc<KeptRedirects>, ReadError> {
        let current = |kept: &&Arc<KeptRedirects>| self.generations().is_current(&kept.stamp);
        if let Some(kept) = self.parts().redirects.read().as_ref().filter(current) {
            return Ok(Arc::clone(kept));
        }
        let mut kept = KeptRedirects { stamp: Stamp::default(), redirects: Redirects::default() };
        if let Some(name) = redirect_type() {
            self.generations().stamp(Source::Type(&name), &mut kept.stamp);
            let mut after = None;
            loop {
                let ids = self.published(&name, after, STEP)?;
                let Some(last) = ids.last() else { break };
                after = Some(*last);
                for id in ids {
                    let form = self.reader().get(&tables::FORMS, &(id, Part::Shared))?;
                    if let Some(redirect) = form.as_ref().and_then(of_form) {
                        kept.redirects.insert(id, redirect);
                    }
                }
            }
        }
        let kept = Arc::new(kept);
        *self.parts().redirects.write() = Some(Arc::clone(&kept));
        Ok(kept)
    }

    fn destination(
        &self,
        target: &Target,
        site: &SiteView,
        locale: &Locale,
        stamp: &mut Stamp,
    ) -> Result<Option<Destination>, ReadError> {
        let id = match target {
            Target::Url(url) => return Ok(Some(Destination::Url(url.clone()))),
            Target::Entry(id) => *id,
        };
        self.generations().stamp(Source::Entry(id), stamp);
        let Some(entry) = self.live(id)? else { return Ok(None) };
        let chain = site.chain(locale, &entry.source_locale);
        Ok(entry.mention(&chain).map(|(locale, live)| {
            let (slug, title, locale) = (live.slug.clone(), live.title.clone(), locale.clone());
            let type_name = entry.type_name.clone();
            Destination::Entry { id, type_name, slug, title, locale }
        }))
    }
}

fn redirect_type() -> Option<TypeName> {
    TypeName::parse(redirect::TYPE).ok()
}

fn told(id: EntryId, redirect: &Redirect, to: &Destination) -> Value {
    let (location, entry) = match to {
        Destination::Url(url) => (url.clone(), Value::Null),
        Destination::Entry { id, type_name, slug, title, locale } => (
            href(type_name, slug, locale),
            json!({"id": id, "type": type_name, "slug": slug, "title": title, "locale": locale}),
        ),
    };
    json!({
        "id": id, "from": redirect.path.as_str(),
        "match": if redirect.is_prefix { "prefix" } else { "exact" },
        "status": redirect.status, "location": location, "entry": entry,
    })
}

/// The redirect that a form of shared fields holds.
fn of_form(form: &Form) -> Option<Redirect> {
    let value = |segments: &[Segment]| {
        let mut text = String::new();
        for segment in segments {
            match segment {
                Segment::Ready(ready) => text.push_str(ready),
                Segment::References { targets, .. } => {
                    text.push_str(&json!(targets.first()).to_string());
                }
                Segment::Embed { .. }
                | Segment::Asset { .. }
                | Segment::Described { .. }
                | Segment::Figure { .. } => {}
            }
        }
        serde_json::from_str(&text).ok()
    };
    let fields: Option<Fields> =
        form.fields.iter().map(|field| Some((field.name.clone(), value(&field.value)?))).collect();
    Redirect::of(&fields?)
}
