//! The adapters that the suite of `store_conformance` runs against: each opens its log, and opens it
//! again.

use std::sync::Arc;

use cms_core::store::{
    Log,
    memory::MemoryLog,
    sled::{Options, SledLog},
};

/// An adapter under test.
pub(crate) trait Adapter {
    /// Opens its log. Whoever opens it a second time has let go of the first.
    fn open(&mut self) -> Arc<dyn Log>;
}

/// The log in memory: opened again it is the same one.
#[derive(Default)]
pub(crate) struct Memory(Arc<MemoryLog>);

impl Adapter for Memory {
    fn open(&mut self) -> Arc<dyn Log> {
        Arc::<MemoryLog>::clone(&self.0)
    }
}

/// The log on disk, in a folder of its own.
pub(crate) struct Sled(tempfile::TempDir);

impl Default for Sled {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Adapter for Sled {
    fn open(&mut self) -> Arc<dyn Log> {
        Arc::new(SledLog::open(self.0.path(), Options::default()).unwrap())
    }
}
