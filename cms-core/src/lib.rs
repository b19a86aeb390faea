//! The library of Beacon: multilingual guidance, kept in a log and served from views.

rust_i18n::i18n!("../locales");

pub mod access;
pub mod clock;
pub mod content_type;
pub mod embed;
pub mod entry;
pub mod event;
pub mod filter;
pub mod id;
pub mod locale;
pub mod markdown;
pub mod search;
pub mod slug;
pub mod store;
pub mod translation;
pub mod violation;
pub mod words;
