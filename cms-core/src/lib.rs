//! The library of Beacon: multilingual guidance, kept in a log and served from views.

pub mod access;
pub mod clock;
pub mod entry;
pub mod event;
pub mod id;
pub mod locale;
pub mod store;
pub mod translation;
pub mod violation;
