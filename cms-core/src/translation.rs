//! Whether a translation still says what its source says. Pure.
//!
//! It is outdated segment by segment ([`Ageing`]); of a text that nobody knows, as a whole.

mod ageing;
pub mod machine;
pub mod memory;
pub mod replayed;

use serde::{Deserialize, Serialize};

pub use self::ageing::{Aged, Ageing, SegmentStatus, Step};

use crate::{
    clock::Timestamp,
    event::{ChangeClass, Translates},
};

/// A publication of an entry's source locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The revision that was published.
    pub revision: u32,
    /// When.
    pub at: Timestamp,
    /// What the author said that it means for translations.
    pub class: ChangeClass,
    /// The event that saved it.
    pub saved: u64,
}

/// How many publications of a source are remembered: a translation that is further behind counts as
/// this far behind.
pub const PUBLICATIONS_KEPT: usize = 64;

/// Whether a form is the source, a current translation of it, or an outdated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TranslationStatus {
    /// The entry was written in this locale.
    Source,
    /// The source has not been published since, other than editorially.
    Current,
    /// The source has.
    Outdated,
}

/// How far a form is behind its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// In a word.
    pub status: TranslationStatus,
    /// How many publications of the source, other than editorial ones, it lacks.
    pub behind: u32,
    /// The weightiest class among those.
    pub change_class: Option<ChangeClass>,
    /// When the first of those was published.
    pub outdated_since: Option<Timestamp>,
}

impl Freshness {
    /// Of a source form.
    pub const SOURCE: Self = Self {
        status: TranslationStatus::Source,
        behind: 0,
        change_class: None,
        outdated_since: None,
    };

    /// Of a translation that says what its source says.
    pub const CURRENT: Self = Self { status: TranslationStatus::Current, ..Self::SOURCE };

    /// Of a translation, given the source's publications in order.
    pub fn of(publications: &[Publication], translates: Option<&Translates>) -> Self {
        // A text that this store never held is older than all that it holds.
        let known = match translates {
            Some(Translates::Revision(revision)) => *revision,
            Some(Translates::Unknown(_)) => 0,
            None => u32::MAX,
        };
        let lacking: Vec<_> = publications
            .iter()
            .filter(|publication| {
                publication.revision > known && publication.class != ChangeClass::Editorial
            })
            .collect();
        Self {
            status: if lacking.is_empty() {
                TranslationStatus::Current
            } else {
                TranslationStatus::Outdated
            },
            behind: u32::try_from(lacking.len()).unwrap_or(u32::MAX),
            change_class: lacking.iter().map(|publication| publication.class).max(),
            outdated_since: lacking.first().map(|publication| publication.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(revision: u32, class: ChangeClass) -> Publication {
        let at = Timestamp::from_millis(i64::from(revision));
        Publication { revision, at, class, saved: u64::from(revision) }
    }

    #[test]
    fn a_translation_is_outdated_by_what_its_source_published_since_other_than_editorially() {
        use ChangeClass::{Editorial, Safety, Substantive};
        let history = [
            published(1, Substantive),
            published(2, Editorial),
            published(4, Safety),
            published(5, Substantive),
        ];
        let of = |revision| Freshness::of(&history, Some(&Translates::Revision(revision)));
        assert_eq!(of(5).status, TranslationStatus::Current);
        assert_eq!((of(4).behind, of(4).change_class), (1, Some(Substantive)));
        let since = Some(Timestamp::from_millis(4));
        assert_eq!(
            (of(2).behind, of(2).change_class, of(2).outdated_since),
            (2, Some(Safety), since)
        );
        assert_eq!(of(1), of(2), "an editorial change outdates nothing");
    }

    #[test]
    fn a_translation_of_a_text_unknown_here_is_outdated() {
        let history = [published(1, ChangeClass::Substantive)];
        let freshness = Freshness::of(&history, Some(&Translates::Unknown("0".to_owned())));
        assert_eq!(freshness.status, TranslationStatus::Outdated);
    }

    #[test]
    fn nothing_is_outdated_while_the_source_is_not_published() {
        assert_eq!(
            Freshness::of(&[], Some(&Translates::Revision(1))).status,
            TranslationStatus::Current
        );
    }
}
