//! Opens the store of `--data` for a command.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use cms_core::{
    Cms,
    access::Actor,
    cms::{OpenError, Options, log_folder},
    store::LogOpenError,
};
use cms_server::config::Config;
use rocket::figment::value::Dict;
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
    open_for(folder, global, &configuration(global)?).await
}

/// The same, as it is configured.
pub(crate) async fn open_for(
    folder: &Path,
    global: &Global,
    config: &Config,
) -> Result<Cms, Failure> {
    let types = global.schemas.as_deref().map(read_types).transpose()?;
    let (synonyms, media) = (config.search.groups(), config.media_options()?);
    let options = Options { types, synonyms, media, ..Options::default() };
    Ok(Cms::open_with(folder, options).await.map_err(explain)?)
}

/// Opens the store of `--data` with the content types that it has.
pub(crate) async fn open_as_it_is(global: &Global) -> Result<Cms, Failure> {
    let media = configuration(global)?.media_options()?;
    let options = Options { types: Some(Vec::new()), media, ..Options::default() };
    Ok(Cms::open_with(&global.data, options).await.map_err(explain)?)
}

/// What is configured: where the bytes of assets lie is the same for a command as for the server.
pub(crate) fn configuration(global: &Global) -> Result<Config, Failure> {
    Ok(Config::load(global.config.as_deref(), Dict::new())?)
}

/// Refuses a folder without a store: what only looks at one makes none.
pub(crate) fn check_exists(folder: &Path) -> Result<(), Failure> {
    if log_folder(folder).is_dir() {
        return Ok(());
    }
    Err(Failure::No(format!("there is no store in {}: see --data", folder.display())))
}

/// The administrator that the owner of the folder acts as.
pub(crate) fn administrator(cms: &Cms) -> Result<Actor, Failure> {
    let administrator = cms.administrator().context("the store can't be read")?;
    Ok(administrator.context("the store has no administrator")?)
}

/// An error with what to do about it.
pub(crate) fn explain(error: OpenError) -> anyhow::Error {
    if let OpenError::Log(error) = error {
        return explained(error);
    }
    anyhow::Error::new(error).context("the store can't be opened")
}

/// The same for the log alone.
pub(crate) fn explain_log(error: LogOpenError) -> Failure {
    explained(error).into()
}

fn explained(error: LogOpenError) -> anyhow::Error {
    let advice = match &error {
        LogOpenError::AlreadyOpen(_) => {
            "another process has the store: stop it, or ask the server that has it with --url"
        }
        LogOpenError::Damaged { .. } | LogOpenError::LostTail { .. } => {
            "the store is damaged: `cms verify` names the places, and `cms restore` makes it anew from a backup"
        }
        LogOpenError::Newer { .. } => "the store was written by a newer version of this program",
        LogOpenError::Unavailable { .. } => "the store can't be opened",
    };
    anyhow::Error::new(error).context(advice)
}

/// The paths of the schema files in a folder.
pub(crate) fn schema_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
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
    Ok(files)
}

/// The schema files of a folder.
fn read_types(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let read = |path: &PathBuf| -> anyhow::Result<Value> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
    };
    schema_files(folder)?.iter().map(read).collect()
}
