//! Who may do what, where: one pure function over an actor's grants.
//!
//! [`token`] is how a program says
//! who it is; [`password`], [`totp`] and [`session`] are how a person does, or [`vouching`], through a provider.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, AgencyId, TypeName},
    locale::Locale,
};

pub mod backoff;
pub mod credentials;
pub mod errand;
pub mod partner;
pub mod password;
pub mod session;
pub mod token;
pub mod totp;
pub mod vouching;

/// Something that needs a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// See drafts and history.
    Read,
    /// Make an entry, save drafts.
    Write,
    /// Approve what others wrote, or ask for changes.
    Review,
    /// Publish and unpublish.
    Publish,
    /// Erase an entry.
    Erase,
    /// Set up locales, agencies, content types and accounts; import; back up.
    Administer,
}

impl Act {
    /// All acts, from the smallest right to the largest.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Write, Self::Review, Self::Publish, Self::Erase, Self::Administer];

    /// The name on the wire and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Review => "review",
            Self::Publish => "publish",
            Self::Erase => "erase",
            Self::Administer => "administer",
        }
    }
}

/// Acts allowed within a scope. An absent part of the scope means everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What.
    pub acts: Vec<Act>,
    /// For whose entries.
    #[serde(default)]
    pub agency: Option<AgencyId>,
    /// For entries of which type.
    #[serde(default, rename = "type")]
    pub type_name: Option<TypeName>,
    /// In which locale. A grant with a locale gives no right over shared fields.
    #[serde(default)]
    pub locale: Option<Locale>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account, for the log.
    pub account: AccountId,
    /// What it was granted.
    pub grants: Vec<Grant>,
}

impl Actor {
    /// An actor that may do everything, everywhere.
    pub fn administrator(account: AccountId) -> Self {
        let acts = Act::ALL.to_vec();
        Self { account, grants: vec![Grant { acts, agency: None, type_name: None, locale: None }] }
    }

    /// Whether it may administer the site.
    pub fn is_administrator(&self) -> bool {
        allows(self, Act::Administer, &Scope::default())
    }
}

/// What an act is about. An absent part means that the act reaches beyond any one of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Whose entry.
    pub agency: Option<AgencyId>,
    /// Its type.
    pub type_name: Option<&'a TypeName>,
    /// The locale.
    pub locale: Option<&'a Locale>,
}

/// Whether the actor may do this there: whether one of its grants has the act and covers the scope.
pub fn allows(actor: &Actor, act: Act, scope: &Scope<'_>) -> bool {
    actor.grants.iter().any(|grant| {
        grant.acts.contains(&act)
            && covers(grant.agency.as_ref(), scope.agency.as_ref())
            && covers(grant.type_name.as_ref(), scope.type_name)
            && covers(grant.locale.as_ref(), scope.locale)
    })
}

/// A grant without a bound covers all; one with a bound covers just that.
fn covers<T: PartialEq>(granted: Option<&T>, asked: Option<&T>) -> bool {
    granted.is_none_or(|granted| asked == Some(granted))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of grants (an act, and each bound absent or one of two) against every act and scope:
    /// (6 × 27)³ = 4,251,528 questions.
    #[test]
    fn allows_is_right_over_its_whole_product() {
        let agencies =
            [None, Some(AgencyId::from_bytes([1; 16])), Some(AgencyId::from_bytes([2; 16]))];
        let types = [None, TypeName::parse("page").ok(), TypeName::parse("route").ok()];
        let locales = [None, Locale::parse("fr").ok(), Locale::parse("es").ok()];
        let mut all = Vec::new();
        for act in Act::ALL {
            for agency in &agencies {
                for type_name in &types {
                    for locale in &locales {
                        all.push((act, agency, type_name, locale));
                    }
                }
            }
        }
        assert_eq!(all.len(), 162);
        let grant = |(act, agency, type_name, locale): (
            Act,
            &Option<AgencyId>,
            &Option<TypeName>,
            &Option<Locale>,
        )| Grant {
            acts: vec![act],
            agency: *agency,
            type_name: type_name.clone(),
            locale: locale.clone(),
        };
        let mut asked = 0_u32;
        for one in &all {
            for two in &all {
                let actor = Actor {
                    account: AccountId::from_bytes([0; 16]),
                    grants: vec![grant(*one), grant(*two)],
                };
                for question in &all {
                    let (act, agency, type_name, locale) = *question;
                    let scope = Scope {
                        agency: *agency,
                        type_name: type_name.as_ref(),
                        locale: locale.as_ref(),
                    };
                    // Said anew: the same act, and each bound is none or the very thing asked about.
                    let expected = [one, two].into_iter().any(|granted| {
                        granted.0 == act
                            && (granted.1.is_none() || granted.1 == agency)
                            && (granted.2.is_none() || granted.2 == type_name)
                            && (granted.3.is_none() || granted.3 == locale)
                    });
                    assert_eq!(allows(&actor, act, &scope), expected, "{actor:?} {scope:?}");
                    asked += 1;
                }
            }
        }
        assert_eq!(asked, 4_251_528);
        let nobody = Actor { account: AccountId::from_bytes([0; 16]), grants: Vec::new() };
        assert!(all.iter().all(|(act, ..)| !allows(&nobody, *act, &Scope::default())));
    }

    /// Every grant over two values (or none) of each bound, against every scope: 27 × 27 × 2 acts.
    #[test]
    fn a_grant_covers_its_scope_and_nothing_else() {
        let agencies =
            [None, Some(AgencyId::from_bytes([1; 16])), Some(AgencyId::from_bytes([2; 16]))];
        let types = &[None, TypeName::parse("page").ok(), TypeName::parse("route").ok()];
        let locales = &[None, Locale::parse("fr").ok(), Locale::parse("es").ok()];
        let all = || {
            agencies.iter().flat_map(move |a| {
                types.iter().flat_map(move |t| locales.iter().map(move |l| (*a, t, l)))
            })
        };
        for (agency, type_name, locale) in all() {
            let grant = Grant {
                acts: vec![Act::Write],
                agency,
                type_name: type_name.clone(),
                locale: locale.clone(),
            };
            let actor = Actor { account: AccountId::from_bytes([0; 16]), grants: vec![grant] };
            for (asked_agency, asked_type, asked_locale) in all() {
                let scope = Scope {
                    agency: asked_agency,
                    type_name: asked_type.as_ref(),
                    locale: asked_locale.as_ref(),
                };
                let expected = (agency.is_none() || agency == asked_agency)
                    && (type_name.is_none() || type_name == asked_type)
                    && (locale.is_none() || locale == asked_locale);
                assert_eq!(allows(&actor, Act::Write, &scope), expected);
                assert!(!allows(&actor, Act::Publish, &scope), "an act that was not granted");
            }
        }
    }
}
