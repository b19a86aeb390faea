//! The library of Beacon: multilingual guidance, kept in a log and served from views.

pub mod clock;
pub mod event;
pub mod id;
pub mod locale;
pub mod store;
pub mod violation;
