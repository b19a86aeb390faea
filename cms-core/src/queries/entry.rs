//! One entry, for a reader: found by slug, id or key, in the best locale that there is.

use serde_json::json;

use super::{
    Delivery, ReadError,
    answer::{Answer, CacheKeys},
    fill::{Filler, Wanted},
    shapes::{self, AlternateShapes, ResolutionShape},
    site::SiteView,
};
use crate::{
    clock::Timestamp,
    event::Withdrawal,
    followers::delivery::{
        generations::Source,
        live::{LiveEntry, LiveLocale, Serving},
        tables::{self, SlugRow},
    },
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
};

/// A question for one entry.
#[derive(Debug, Clone)]
pub struct EntryQuestion<'a> {
    /// Of this type.
    pub type_name: &'a TypeName,
    /// Its slug, its id, or `key:` and its external key.
    pub name: &'a str,
    /// In this locale.
    pub locale: &'a Locale,
    /// Whether the reader named the locale; otherwise a slug's own locale is as good.
    pub explicit: bool,
    /// Whether another locale may stand in.
    pub fallback: bool,
    /// The fields wanted; all of them without a list.
    pub fields: Option<&'a [FieldName]>,
    /// The reference fields whose targets are wanted, too, each a path such as `topics.parent`.
    pub include: &'a [Vec<FieldName>],
}

/// What became of a question for one entry.
#[derive(Debug)]
pub enum EntryFound {
    /// Here it is.
    Entry(Answer),
    /// It is found under another slug.
    Moved {
        /// The slug to ask for.
        slug: String,
        /// The locale to ask for.
        locale: Locale,
    },
    /// It was withdrawn: its title and a notice, with what to read instead.
    Withdrawn(Answer),
    /// It is gone.
    Gone {
        /// What to read instead: type, slug and locale.
        replacement: Option<(TypeName, String, Locale)>,
    },
    /// It is published, but not in a locale that serves.
    NotTranslated {
        /// Those that it is published in, with their slugs.
        alternates: Vec<(Locale, String)>,
    },
    /// There is no such entry for readers.
    Unknown,
}

/// Where a name led.
enum Place {
    /// To this entry; `own` is the slug's own locale.
    Here {
        entry: EntryId,
        own: Option<Locale>,
    },
    /// To this entry, by a slug that should not be used for it any more.
    Elsewhere {
        entry: EntryId,
        own: Locale,
    },
    Nowhere,
}

impl Delivery {
    /// Finds one entry.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn entry(&self, question: &EntryQuestion<'_>) -> Result<EntryFound, ReadError> {
        let site = self.site()?;
        // From here on one state is seen, even while the follower is at work.
        let _steady = self.reader().steady();
        let (entry, locale, moved) = match self.place(question, &site)? {
            Place::Here { entry, own } => {
                (entry, own.unwrap_or_else(|| question.locale.clone()), false)
            }
            Place::Elsewhere { entry, own } => {
                (entry, if question.explicit { question.locale.clone() } else { own }, true)
            }
            Place::Nowhere => return Ok(EntryFound::Unknown),
        };
        let Some(entry) = self.live(entry)?.filter(|entry| entry.type_name == *question.type_name)
        else {
            return Ok(EntryFound::Unknown);
        };
        let chain = site.chain(&locale, &entry.source_locale);
        let chain = if question.fallback { &*chain } else { chain.get(..1).unwrap_or_default() };
        let page = entry.page(chain).filter(|page| question.fallback || !page.is_by_policy());
        let Some(page) = page else { return Ok(not_translated(&entry)) };
        let (served, live) = (page.own, page.own_live);
        match &live.withdrawal {
            None if moved => Ok(EntryFound::Moved { slug: live.slug.clone(), locale }),
            None => {
                let answer = self.answer(question, &site, &entry, (&locale, page))?;
                Ok(EntryFound::Entry(answer))
            }
            Some((at, Withdrawal::Withdrawn { notice, replacement })) => {
                let notice = (*at, notice.as_deref(), *replacement);
                let answer = self.withdrawn(question, &site, (&entry, served, live), notice)?;
                Ok(EntryFound::Withdrawn(answer))
            }
            Some((_, Withdrawal::Gone { replacement })) => Ok(EntryFound::Gone {
                replacement: self.replacement(*replacement, &site, &locale)?,
            }),
        }
    }

    fn place(&self, question: &EntryQuestion<'_>, site: &SiteView) -> Result<Place, ReadError> {
        if let Ok(entry) = question.name.parse::<EntryId>() {
            return Ok(Place::Here { entry, own: None });
        }
        if let Some(key) = question.name.strip_prefix("key:") {
            let entry =
                self.reader().get(&tables::KEYS, &(question.type_name.clone(), key.to_owned()))?;
            return Ok(entry.map_or(Place::Nowhere, |entry| Place::Here { entry, own: None }));
        }
        let prefix = (question.type_name.clone(), question.name.to_owned());
        let rows = self.reader().scan(&tables::SLUGS, &prefix, None);
        let rows: Vec<(Locale, SlugRow)> = rows
            .map(|row| row.map(|((_, _, locale), row)| (locale, row)))
            .collect::<Result<_, _>>()?;
        Ok(choose(&rows, question, site))
    }

    fn answer(
        &self,
        question: &EntryQuestion<'_>,
        site: &SiteView,
        entry: &LiveEntry,
        (asked, page): (&Locale, Serving<'_>),
    ) -> Result<Answer, ReadError> {
        let Serving { locale: served, live, .. } = page;
        let mut filler = Filler::new(self, site, served);
        filler.entry(entry.id)?;
        let wanted = question.fields.map_or(Wanted::All, Wanted::Named);
        let mut body = b"{\"data\":".to_vec();
        filler.data(entry, live, wanted, &mut body)?;
        body.extend_from_slice(b",\"alternates\":");
        shapes::write(&AlternateShapes { entry, locale: served }, &mut body);
        filler.offered(entry, &mut body)?;
        body.push(b'}');
        let mut stamp = filler.stamp;
        let mut seen = filler.seen;
        if !question.include.is_empty() {
            let included = self.included(&[entry.id], question.include, site, served)?;
            body.extend_from_slice(b",\"included\":");
            body.extend_from_slice(&included.body);
            stamp.merge(&included.stamp);
            seen.extend(included.seen);
        }
        let chain = site.chain(asked, &entry.source_locale);
        body.extend_from_slice(b",\"resolution\":");
        let resolution = ResolutionShape::of(asked, served).by_policy(page.is_by_policy());
        shapes::write(&resolution.along(&chain), &mut body);
        body.push(b'}');
        self.generations().stamp(Source::Slug(question.type_name, question.name), &mut stamp);
        let cache_keys = keys_of(&seen, &entry.type_name, served);
        Ok(Answer { body, locale: served.clone(), cache_keys, stamp })
    }

    fn withdrawn(
        &self,
        question: &EntryQuestion<'_>,
        site: &SiteView,
        (entry, served, live): (&LiveEntry, &Locale, &LiveLocale),
        (at, notice, replacement): (Timestamp, Option<&str>, Option<EntryId>),
    ) -> Result<Answer, ReadError> {
        let mut stamp = site.stamp.clone();
        for id in std::iter::once(entry.id).chain(replacement) {
            self.generations().stamp(Source::Entry(id), &mut stamp);
        }
        self.generations().stamp(Source::Slug(question.type_name, question.name), &mut stamp);
        let seen: Vec<_> = std::iter::once(entry.id).chain(replacement).collect();
        let replacement = self.replacement(replacement, site, question.locale)?;
        let replacement = replacement.map(|(type_name, slug, locale)| {
            json!({"type": type_name, "slug": slug, "locale": locale, "href": super::fill::href(&type_name, &slug, &locale)})
        });
        let chain = site.chain(question.locale, &entry.source_locale);
        let body = json!({
            "data": {
                "id": entry.id, "type": entry.type_name, "key": entry.key, "slug": live.slug, "locale": served,
                "dir": served.direction(),
                "fields": {"title": live.title},
                "withdrawal": {"at": at, "notice": notice, "replacement": replacement},
                "alternates": AlternateShapes { entry, locale: served },
            },
            "resolution": ResolutionShape::of(question.locale, served).along(&chain),
        });
        let cache_keys = keys_of(&seen, &entry.type_name, served);
        Ok(Answer {
            body: body.to_string().into_bytes(),
            locale: served.clone(),
            cache_keys,
            stamp,
        })
    }

    /// What to read instead, where that is published.
    fn replacement(
        &self,
        replacement: Option<EntryId>,
        site: &SiteView,
        locale: &Locale,
    ) -> Result<Option<(TypeName, String, Locale)>, ReadError> {
        let Some(entry) = replacement.map(|id| self.live(id)).transpose()?.flatten() else {
            return Ok(None);
        };
        let chain = site.chain(locale, &entry.source_locale);
        let served = entry.mention(&chain);
        Ok(served
            .map(|(locale, live)| (entry.type_name.clone(), live.slug.clone(), locale.clone())))
    }
}

/// Picks the entry that a slug means: live in the locale asked, in its chain, in other locales, in
/// history.
fn choose(rows: &[(Locale, SlugRow)], question: &EntryQuestion<'_>, site: &SiteView) -> Place {
    let look_up = site.chain(question.locale, question.locale);
    let rank =
        |locale: &Locale| look_up.iter().position(|step| step == locale).unwrap_or(usize::MAX);
    let best = |pick: fn(&SlugRow) -> Option<EntryId>| {
        let found = rows
            .iter()
            .filter_map(|(locale, row)| pick(row).map(|entry| (rank(locale), locale, entry)));
        found.min()
    };
    match (best(|row| row.live), best(|row| row.former)) {
        (Some((rank, _, entry)), _) if rank != usize::MAX => Place::Here { entry, own: None },
        (Some((_, own, entry)), _) if !question.explicit => {
            Place::Here { entry, own: Some(own.clone()) }
        }
        (Some((_, own, entry)), _) | (None, Some((_, own, entry))) => {
            Place::Elsewhere { entry, own: own.clone() }
        }
        (None, None) => Place::Nowhere,
    }
}

fn not_translated(entry: &LiveEntry) -> EntryFound {
    let alternates: Vec<_> =
        entry.readable().map(|(locale, live)| (locale.clone(), live.slug.clone())).collect();
    if alternates.is_empty() {
        EntryFound::Unknown
    } else {
        EntryFound::NotTranslated { alternates }
    }
}

/// The names of an answer to caches: its entries, or its type and locale.
pub(super) fn keys_of(seen: &[EntryId], type_name: &TypeName, locale: &Locale) -> CacheKeys {
    let mut fine = CacheKeys::default();
    fine.add_entries(seen);
    let mut coarse = CacheKeys::default();
    coarse.add('t', format!("{type_name}\0{locale}").as_bytes());
    fine.or_coarser(coarse)
}
