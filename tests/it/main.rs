//! The integration tests: one binary, one file per topic.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod store_conformance;
