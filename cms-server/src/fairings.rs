//! What every answer gets, whichever endpoint makes it.

pub mod headers;
pub mod panics;
pub mod request_id;
