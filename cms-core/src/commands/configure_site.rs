//! Sets the site's locales, its default locale and its default agency.

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::Actor,
    event::{EventBody, SiteLocale, Stream},
    id::AgencyId,
    locale::{Locale, Locales},
    store::NewEvent,
    violation::Violation,
};

/// The whole configuration, replacing what is there.
#[derive(Debug, Clone)]
pub struct ConfigureSite {
    /// Where content without a better choice comes from.
    pub default_locale: Locale,
    /// All locales, the default one among them.
    pub locales: Vec<SiteLocale>,
    /// Whose an entry is when nobody says.
    pub default_agency: AgencyId,
}

impl Means {
    /// Configures the site. An administrator's act. A locale that has content cannot be left out.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong.
    pub async fn configure_site(
        &self,
        actor: &Actor,
        act: ConfigureSite,
    ) -> Result<Accepted, CommandError> {
        Self::check_administrator(actor)?;
        let before = self.editing.site()?;
        let mut violations = Locales::new(act.default_locale.clone(), act.locales.clone()).check();
        if !act.locales.iter().any(|locale| locale.tag == act.default_locale) {
            violations.push(
                Violation::new("/default_locale", "unknown_locale")
                    .with("tag", &act.default_locale),
            );
        }
        if !self.editing.agencies()?.contains_key(&act.default_agency) {
            violations.push(
                Violation::new("/default_agency", "unknown_agency").with("id", act.default_agency),
            );
        }
        if let Some(before) = &before {
            let kept = |tag: &Locale| act.locales.iter().any(|locale| locale.tag == *tag);
            let dropped = before.locales.iter().filter(|locale| !kept(&locale.tag));
            violations.extend(dropped.map(|locale| {
                Violation::new("/locales", "locale_dropped").with("tag", &locale.tag)
            }));
        }
        none_of(violations)?;
        let decision = Decision {
            expectations: vec![(Stream::Site, before.map_or(0, |before| before.last))],
            events: vec![NewEvent {
                streams: vec![Stream::Site],
                body: EventBody::SiteConfigured {
                    default_locale: act.default_locale,
                    locales: act.locales,
                    default_agency: act.default_agency,
                },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }
}
