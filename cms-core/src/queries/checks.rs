//! What the checks find in translations: of one, or of all that somebody may read.

use super::{Editing, ReadError};
use crate::{
    access::{Act, Actor, Scope, allows},
    entry::Entry,
    event::Part,
    id::{EntryId, TypeName},
    locale::Locale,
    quality::Findings,
};

/// How many entries are listed together.
const STEP: usize = 256;

/// Which translations are to be checked.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those into this locale.
    pub locale: Option<Locale>,
    /// Those of entries of this type.
    pub type_name: Option<TypeName>,
    /// Those of this entry.
    pub entry: Option<EntryId>,
    /// What readers get, instead of the newest revisions.
    pub live: bool,
}

/// A translation that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its entry.
    pub entry: Entry,
    /// Its locale.
    pub locale: Locale,
    /// What was found.
    pub found: Findings,
}

impl Editing {
    /// Checks the translations that are wanted and that the actor may read, one after another: `take` hears of each,
    /// also of those in which nothing was found, and says whether to go on.
    ///
    /// # Errors
    /// [`ReadError`] when the view or the log cannot be read.
    pub async fn check_translations(
        &self,
        actor: &Actor,
        wanted: &Wanted,
        take: &mut (dyn FnMut(Checked) -> bool + Send),
    ) -> Result<(), ReadError> {
        if let Some(id) = wanted.entry {
            self.check_entry(actor, wanted, (id, take)).await?;
            return Ok(());
        }
        let types = match &wanted.type_name {
            Some(name) => vec![name.clone()],
            None => self.type_names()?,
        };
        for name in types {
            let mut after = None;
            loop {
                let ids = self.entries(&name, after, STEP)?;
                let Some(last) = ids.last() else { break };
                after = Some(*last);
                for id in ids {
                    if !self.check_entry(actor, wanted, (id, take)).await? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks an entry's translations; `false` to go no further.
    async fn check_entry(
        &self,
        actor: &Actor,
        wanted: &Wanted,
        (id, take): (EntryId, &mut (dyn FnMut(Checked) -> bool + Send)),
    ) -> Result<bool, ReadError> {
        let Some(entry) = self.entry(id)? else { return Ok(true) };
        if wanted.type_name.as_ref().is_some_and(|name| *name != entry.type_name) {
            return Ok(true);
        }
        let Some((kind, _)) = self.content_type(&entry.type_name)? else { return Ok(true) };
        for (part, head) in &entry.heads {
            let Part::Locale(locale) = part else { continue };
            let scope = Scope {
                agency: Some(entry.agency),
                type_name: Some(&entry.type_name),
                locale: Some(locale),
            };
            let is_wanted = *locale != entry.source_locale
                && wanted.locale.as_ref().is_none_or(|wanted| wanted == locale)
                && (!wanted.live || head.published().is_some())
                && allows(actor, Act::Read, &scope);
            if is_wanted {
                let found = self.checked(&entry, &kind, (locale, wanted.live)).await?;
                let (entry, locale) = (entry.clone(), locale.clone());
                if !take(Checked { entry, locale, found }) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
