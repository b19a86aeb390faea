//! What a redirect must not do once readers follow it: take another's path, or lead back to itself.

use super::{CommandError, Means};
use crate::{
    entry::Entry,
    event::{Fields, Part},
    id::TypeName,
    redirect::{self, Redirect, Redirects},
    violation::Violation,
};

/// How many entries are looked at together.
const STEP: usize = 500;

/// What is wrong with a draft of shared fields, where the type is that of redirects.
pub(super) fn check(type_name: &TypeName, part: &Part, fields: &Fields) -> Vec<Violation> {
    let is_redirect = type_name.as_str() == redirect::TYPE && *part == Part::Shared;
    if is_redirect { redirect::check(fields) } else { Vec::new() }
}

impl Means {
    /// What is wrong with publishing these shared fields among the redirects that readers follow now.
    pub(super) async fn check_redirect(
        &self,
        entry: &Entry,
        shared: &Fields,
    ) -> Result<Vec<Violation>, CommandError> {
        if entry.type_name.as_str() != redirect::TYPE {
            return Ok(Vec::new());
        }
        let Some(new) = Redirect::of(shared) else { return Ok(Vec::new()) };
        let mut all = self.redirects_but(entry).await?;
        if all.rival(entry.id, &new).is_some() {
            let path = new.path.as_str();
            return Ok(vec![Violation::new("/from/path", "redirect_taken").with("path", path)]);
        }
        all.insert(entry.id, new.clone());
        let wrong = all.leads_back(entry.id, &new);
        Ok(wrong.then(|| Violation::new("/to/url", "redirect_loop")).into_iter().collect())
    }

    async fn redirects_but(&self, entry: &Entry) -> Result<Redirects, CommandError> {
        let mut all = Redirects::default();
        let mut after = None;
        loop {
            let ids = self.editing.entries(&entry.type_name, after, STEP)?;
            let Some(last) = ids.last() else { return Ok(all) };
            after = Some(*last);
            for id in ids.into_iter().filter(|id| *id != entry.id) {
                let Some(other) = self.editing.entry(id)? else { continue };
                let shared = other.heads.get(&Part::Shared).and_then(|head| head.live.as_ref());
                if let Some(live) = shared.filter(|_| other.published_locales().next().is_some()) {
                    let shared = self.editing.fields(live.saved.event).await?;
                    if let Some(redirect) = Redirect::of(&shared) {
                        all.insert(id, redirect);
                    }
                }
            }
        }
    }
}
