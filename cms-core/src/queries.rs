//! Questions: one file each. [`Delivery`] answers readers' questions, [`Editing`] editors'.

pub mod aids;
pub mod answer;
pub mod as_of;
pub mod audit;
pub mod changes;
pub mod checks;
pub mod coverage;
pub mod directory;
pub mod entry;
pub mod export;
pub mod external_links;
pub mod fill;
pub mod form_at;
pub mod glossary_export;
pub mod identities;
pub mod included;
pub mod lint;
pub mod list;
pub mod media;
pub mod memory;
pub mod merge;
pub mod pages;
pub mod partner_keys;
pub mod picture;
pub mod previews;
pub mod proofs;
pub mod reader_reports;
pub mod recalls;
pub mod redirects;
pub mod search;
pub mod segments;
pub mod services;
pub mod sessions;
pub mod site;
pub mod soundness;
pub mod suggest;
pub mod tokens;
pub mod tombstones;
pub mod translation_export;

mod delivery;
mod drafted_routes;
mod labels;
mod shapes;

pub(crate) use self::delivery::Settings;
pub use self::delivery::{Caches, Counts, Delivery};
pub use crate::followers::{
    ReadError,
    editing::reader::{Editing, Overdue},
};
