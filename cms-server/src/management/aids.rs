//! What helps with a segment, on the wire: what was translated before that is like it, and the terms in it.

use cms_core::{
    glossary::{Agreed, Forbidden, Wording},
    search::memory::Likely,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::memory::MatchDocument;

/// What was translated before that is like a segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentMatch {
    /// `context` for the same text in the same place, `exact` for the same text, `fuzzy` for one that is like it.
    kind: &'static str,
    #[serde(flatten)]
    found: MatchDocument,
}

impl SegmentMatch {
    /// A match of a segment's source.
    pub(super) fn of(likely: Likely, source: &str, origin: String) -> Self {
        let kind = match likely.percent {
            101.. => "context",
            100 => "exact",
            ..100 => "fuzzy",
        };
        Self { kind, found: MatchDocument::of(likely, source, origin) }
    }
}

/// A term that stands in a segment's source.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreedDocument {
    /// Its entry.
    entry: String,
    /// What stands in the segment.
    found: String,
    /// The term in the source's language.
    term: String,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    /// What to say, then what may be said as well; nothing where the term isn't agreed in this language.
    approved: Vec<String>,
    /// What isn't to be said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forbidden: Vec<ForbiddenDocument>,
}

/// A wording that isn't to be used.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForbiddenDocument {
    /// What isn't to be said.
    wording: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Forbidden> for ForbiddenDocument {
    fn from(Forbidden { wording, reason }: Forbidden) -> Self {
        Self { wording, reason }
    }
}

impl From<Agreed> for AgreedDocument {
    fn from(agreed: Agreed) -> Self {
        let approved = agreed.target.iter().flat_map(Wording::approved);
        Self {
            entry: agreed.entry.to_string(),
            approved: approved.map(str::to_owned).collect(),
            forbidden: agreed
                .target
                .into_iter()
                .flat_map(|target| target.forbidden)
                .map(ForbiddenDocument::from)
                .collect(),
            found: agreed.found,
            term: agreed.source.term,
            definition: agreed.source.definition,
        }
    }
}
