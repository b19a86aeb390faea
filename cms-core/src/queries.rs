//! Questions: one file each. [`Delivery`] answers readers' questions, [`Editing`] editors'.

pub mod answer;
pub mod changes;
pub mod entry;
pub mod export;
pub mod fill;
pub mod included;
pub mod list;
pub mod pages;
pub mod recalls;
pub mod redirects;
pub mod site;
pub mod soundness;
pub mod tokens;
pub mod tombstones;

mod delivery;

pub use self::delivery::{Caches, Counts, Delivery};
pub use crate::followers::{ReadError, editing::reader::Editing};
