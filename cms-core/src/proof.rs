//! Proof, pure: the Merkle tree, signed checkpoints of it, and files that show offline what happened when.
//!
//! [`note`] and [`checkpoint`] are the formats of C2SP (`signed-note`, `tlog-checkpoint`), [`mod@file`] is its
//! `tlog-proof`; [`shown`] is what such a file shows of one of our events.

pub mod checkpoint;
pub mod file;
pub mod keyring;
pub mod merkle;
pub mod note;
pub mod shown;
