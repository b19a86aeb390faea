//! Adds a locale to the site, or changes one: its name, where to look when content is missing in it, or that it is the
//! default.

use super::{Accepted, CommandError, Means, configure_site::ConfigureSite, none_of};
use crate::{access::Actor, event::SiteLocale, locale::Locale, violation::Violation};

/// The longest name of a locale, in characters.
const NAME: usize = 100;

/// Where to look when content is missing in a locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fallback {
    /// Where it was.
    Kept,
    /// Where it is usual: the tag cut shorter, the source locale, the site's default.
    Usual,
    /// Here, in order, and nowhere else.
    Chain(Vec<Locale>),
}

/// A locale to set. What isn't said stays as it is.
#[derive(Debug, Clone)]
pub struct ConfigureLocale {
    /// Which; added where it is missing.
    pub tag: Locale,
    /// Its name in its own language; a usual one where there is none yet.
    pub name: Option<String>,
    /// Where to look next when content is missing in it.
    pub fallback: Fallback,
    /// Whether to make it the site's default.
    pub default: bool,
}

impl Means {
    /// Sets a locale. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong.
    pub async fn configure_locale(
        &self,
        actor: &Actor,
        act: ConfigureLocale,
    ) -> Result<Accepted, CommandError> {
        Self::check_administrator(actor)?;
        let mut site = self.editing.site()?.ok_or(CommandError::NotFound("site"))?;
        if let Some(name) = &act.name {
            let length = name.chars().count();
            let is_good = (1..=NAME).contains(&length) && !name.chars().any(char::is_control);
            let wrong = || Violation::new("/name", "text_length").with("min", 1).with("max", NAME);
            none_of((!is_good).then(wrong).into_iter().collect())?;
        }
        let change = |known: &mut SiteLocale| {
            if let Some(name) = &act.name {
                known.name.clone_from(name);
            }
            match &act.fallback {
                Fallback::Kept => {}
                Fallback::Usual => known.fallback = None,
                Fallback::Chain(chain) => known.fallback = Some(chain.clone()),
            }
        };
        if let Some(known) = site.locales.iter_mut().find(|known| known.tag == act.tag) {
            change(known);
        } else {
            let (tag, name) = (act.tag.clone(), act.tag.own_name().to_owned());
            let mut added = SiteLocale { tag, name, fallback: None };
            change(&mut added);
            site.locales.push(added);
        }
        let default_locale = if act.default { act.tag } else { site.default_locale };
        let (locales, default_agency) = (site.locales, site.default_agency);
        let act = ConfigureSite { default_locale, locales, default_agency };
        self.configure_site(actor, act).await
    }
}
