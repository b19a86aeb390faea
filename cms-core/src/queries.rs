//! Questions: one file each. [`Delivery`] answers readers' questions, [`Editing`] editors'.

pub mod answer;
pub mod as_of;
pub mod audit;
pub mod changes;
pub mod coverage;
pub mod directory;
pub mod entry;
pub mod export;
pub mod external_links;
pub mod fill;
pub mod form_at;
pub mod identities;
pub mod included;
pub mod lint;
pub mod list;
pub mod merge;
pub mod pages;
pub mod partner_keys;
pub mod previews;
pub mod proofs;
pub mod reader_reports;
pub mod recalls;
pub mod redirects;
pub mod search;
pub mod services;
pub mod sessions;
pub mod side_by_side;
pub mod site;
pub mod soundness;
pub mod suggest;
pub mod tokens;
pub mod tombstones;

mod delivery;
mod drafted_routes;
mod labels;
mod shapes;

pub use self::delivery::{Caches, Counts, Delivery};
pub use crate::followers::{
    ReadError,
    editing::reader::{Editing, Overdue},
};
