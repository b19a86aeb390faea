//! Opens the store of `--data` for a command.

use std::{fs, path::Path};

use anyhow::Context as _;
use cms_core::{
    Cms,
    cms::{OpenError, Options},
};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{Failure, Global};

/// The threads that a command's own work runs on.
pub(crate) fn runtime(workers: usize) -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name("cms-worker")
        .enable_all()
        .build();
    Ok(runtime.context("no threads to work on")?)
}

/// Opens the store in a folder, or makes one, with the content types that `--schemas` names.
pub(crate) async fn open(folder: &Path, global: &Global) -> Result<Cms, Failure> {
    let types = global.schemas.as_deref().map(read_types).transpose()?;
    let options = Options { types, ..Options::default() };
    Ok(Cms::open_with(folder, options).await.map_err(explain)?)
}

/// An error with what to do about it.
fn explain(error: OpenError) -> anyhow::Error {
    anyhow::Error::new(error).context("the store can't be opened")
}

/// The schema files of a folder.
fn read_types(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let mut files = Vec::new();
    let listed =
        fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for item in listed {
        let path = item?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &std::path::PathBuf| -> anyhow::Result<Value> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
    };
    files.iter().map(read).collect()
}
