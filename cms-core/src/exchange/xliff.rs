//! XLIFF 2 (OASIS): 2.1 out; 2.0, 2.1 and 2.2 in.
//!
//! Each entry is a `file`, each segment a `unit` with one `segment`. Marks, addresses and embeds are inline codes,
//! what they stand for is in `originalData`. What must come back for a merge, the digests of both texts as they were,
//! is in the unit's `metadata`.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use self::{read::read, write::XliffWriter};

/// The core, of versions 2.0 and 2.1.
const CORE: &str = "urn:oasis:names:tc:xliff:document:2.0";
/// The core of version 2.2.
const CORE_22: &str = "urn:oasis:names:tc:xliff:document:2.2";
/// Translation candidates.
const MATCHES: &str = "urn:oasis:names:tc:xliff:matches:2.0";
/// Terms.
const GLOSSARY: &str = "urn:oasis:names:tc:xliff:glossary:2.0";
/// Whatever else is said of a unit.
const METADATA: &str = "urn:oasis:names:tc:xliff:metadata:2.0";

/// The category of our own metadata.
const OWN: &str = "beacon";
/// The metadata that holds the digest of the source that a unit was made of.
const SOURCE_DIGEST: &str = "source-digest";
/// The metadata that holds the digest of the translation as it was.
const TARGET_DIGEST: &str = "target-digest";
