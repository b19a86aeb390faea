//! What readers get: bytes that were made ready, and how they go over the wire.

pub mod coding;
pub mod ready;
