//! What acts have in common on slugs: a slug is one entry's at a time, of its type and in its locale.
//!
//! A draft takes the slug that it wants. One that another's page has it may only wait for, once that page's own draft has
//! given it up; it takes it when it is published, with the other or after it. So two pages exchange their slugs by one
//! release.

use super::{CommandError, Decision, Means, uses::text};
use crate::{
    entry::{Entry, Head},
    event::{Claim, Fields, Part, Stream},
    followers::ReadError,
    id::EntryId,
    locale::Locale,
    slug::Slug,
    store::ClaimChange,
    violation::Violation,
};

/// How a slug is to be had.
enum Standing {
    /// It is one's own, or nobody's.
    Free,
    /// Another's page has it, and that page's draft, which this rests on, has given it up.
    GivenUp((Stream, u64)),
    /// It is another's.
    Taken,
}

/// The slug of a draft, and what saving it with that takes.
pub(super) struct Slugged {
    pub(super) slug: String,
    pub(super) claims: Vec<ClaimChange>,
    pub(super) rests_on: Option<(Stream, u64)>,
}

/// The name that a slug is claimed as.
pub(super) fn claim(entry: &Entry, locale: &Locale, slug: &str) -> Claim {
    Claim::Slug(entry.type_name.clone(), locale.clone(), slug.to_owned())
}

fn taken(slug: &str) -> CommandError {
    CommandError::Invalid(vec![Violation::new("/slug", "slug_taken").with("slug", slug)])
}

impl Means {
    /// The slug to save: the one that is wanted, the last one, or one made from the title.
    pub(super) async fn slug(
        &self,
        entry: &Entry,
        (locale, head): (&Locale, Option<&Head>),
        wanted: Option<&str>,
        fields: &Fields,
    ) -> Result<Slugged, CommandError> {
        let last = head.and_then(|head| head.draft.slug.clone());
        // A translation begins with what comes first in it: while it had no title, its id was as good a name as any.
        let is_stopgap = |last: &&String| {
            head.is_none_or(|head| head.live.is_none())
                && **last == entry.id.to_string()
                && text(fields, "title").is_some()
        };
        let slug = match (wanted, last.as_ref().filter(|last| !is_stopgap(last))) {
            (Some(wanted), _) => Slug::parse(wanted)
                .map_err(|_| {
                    let bad = Violation::new("/slug", "bad_slug").with("slug", wanted);
                    CommandError::Invalid(vec![bad])
                })?
                .as_str()
                .to_owned(),
            (None, Some(last)) => last.clone(),
            (None, None) => {
                let made = text(fields, "title").and_then(|title| Slug::from_title(title, locale));
                let stem =
                    made.map_or_else(|| entry.id.to_string(), |slug| slug.as_str().to_owned());
                self.free_slug(&stem, (entry, locale)).await?
            }
        };
        let (mut claims, mut rests_on) = (Vec::new(), None);
        match self.standing(entry, locale, &slug).await? {
            Standing::Free => {
                claims.push(ClaimChange::Take(claim(entry, locale, &slug), *entry.id.as_bytes()));
            }
            Standing::GivenUp(by) => rests_on = Some(by),
            Standing::Taken => return Err(taken(&slug)),
        }
        let live =
            head.and_then(|head| head.live.as_ref()).and_then(|live| live.saved.slug.as_ref());
        if let Some(last) = last.filter(|last| *last != slug && Some(last) != live) {
            claims.extend(self.let_go(entry, locale, &last).await?);
        }
        Ok(Slugged { slug, claims, rests_on })
    }

    /// Lets go of a slug, if it is the entry's own: one that it only waited for stays with whoever has it.
    pub(super) async fn let_go(
        &self,
        entry: &Entry,
        locale: &Locale,
        slug: &str,
    ) -> Result<Option<ClaimChange>, CommandError> {
        let claim = claim(entry, locale, slug);
        let own = *entry.id.as_bytes();
        let holder = self.log.holder(&claim).await.map_err(ReadError::from)?;
        Ok((holder == Some(own)).then_some(ClaimChange::Release(claim, own)))
    }

    /// Takes the slug of a draft that is published now, where it only waited for it so far. Within a release, whoever has
    /// it may give it up by the same act.
    pub(super) async fn take_slug(
        &self,
        entry: &Entry,
        (locale, head): (&Locale, &Head),
        decision: &mut Decision,
    ) -> Result<(), CommandError> {
        let Some(slug) = &head.draft.slug else { return Ok(()) };
        let (claim, own) = (claim(entry, locale, slug), *entry.id.as_bytes());
        let holder = self.log.holder(&claim).await.map_err(ReadError::from)?;
        if holder == Some(own) {
            return Ok(());
        }
        if let Some(other) = holder {
            let other = self.editing.entry(EntryId::from_bytes(other))?;
            let head =
                other.and_then(|mut other| other.heads.remove(&Part::Locale(locale.clone())));
            let has = |head: Head| {
                let live = head.live.and_then(|live| live.saved.slug);
                head.draft.slug.as_ref() == Some(slug) || live.as_ref() == Some(slug)
            };
            if head.is_some_and(has) {
                return Err(taken(slug));
            }
        }
        decision.claims.push(ClaimChange::Take(claim, own));
        Ok(())
    }

    async fn standing(
        &self,
        entry: &Entry,
        locale: &Locale,
        slug: &str,
    ) -> Result<Standing, CommandError> {
        let holder = self.log.holder(&claim(entry, locale, slug)).await.map_err(ReadError::from)?;
        let Some(other) = holder.filter(|holder| holder != entry.id.as_bytes()) else {
            return Ok(Standing::Free);
        };
        let (other, part) = (EntryId::from_bytes(other), Part::Locale(locale.clone()));
        let head = self.editing.entry(other)?.and_then(|mut other| other.heads.remove(&part));
        let given_up = head.filter(|head| head.draft.slug.as_deref() != Some(slug));
        Ok(given_up.map_or(Standing::Taken, |head| {
            Standing::GivenUp((Stream::Entry(other, part), head.last))
        }))
    }

    /// The stem, or the stem with the first number after it that nobody has.
    async fn free_slug(
        &self,
        stem: &str,
        (entry, locale): (&Entry, &Locale),
    ) -> Result<String, CommandError> {
        if self.is_free(entry, locale, stem).await? {
            return Ok(stem.to_owned());
        }
        let short: String = stem.chars().take(90).collect();
        for number in 2_u32..10_000 {
            let slug = format!("{}-{number}", short.trim_end_matches('-'));
            if self.is_free(entry, locale, &slug).await? {
                return Ok(slug);
            }
        }
        Err(taken(stem))
    }

    async fn is_free(
        &self,
        entry: &Entry,
        locale: &Locale,
        slug: &str,
    ) -> Result<bool, CommandError> {
        Ok(matches!(self.standing(entry, locale, slug).await?, Standing::Free))
    }
}
