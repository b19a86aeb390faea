//! What is parsed from a request before a handler runs: the signature of a handler is its guard.

pub mod accept;
pub mod bearer;
pub mod body;
pub mod codings;
pub mod etags;
pub mod if_match;
pub mod partner;
pub mod path;
pub mod percent;
pub mod query;
pub mod session;
