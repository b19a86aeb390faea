//! `cms media import`: all files of a folder, each an asset, again and again: only what is new or another changes.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    event::Part,
    id::{EntryId, ExternalKey},
    locale::Locale,
    media::{Limits, take_in},
};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    super::{Failure, Global, output, remote::Remote, store},
    describe::{self, Sidecar},
    place::{self, New, Place, Store, Wrong},
    walk::{self, Found},
};

/// How many files are on their way at once.
const TOGETHER: usize = 4;

/// Take in all files of a folder and of those in it, each as an asset. A file's type is found in its content; what
/// its maker's device wrote into it is left out. `FILE.json` beside FILE says what is in it:
/// `{"alt": {"en": "…", "fr": "…"}, "caption": {…}, "decorative": false}`. The same folder again changes what has
/// changed, and an import that was broken off goes on; to a server, a large file from where it broke off.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The folder.
    folder: PathBuf,
    /// Publish each asset in the languages that it is described in.
    #[arg(long)]
    publish: bool,
    /// The key of the agency that the assets are of; the site's default without.
    #[arg(long, value_name = "KEY")]
    agency: Option<String>,
    /// The language that they are described in first; the site's default without.
    #[arg(long, value_name = "TAG", value_parser = locale)]
    locale: Option<Locale>,
    #[command(flatten)]
    remote: Remote,
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).map_err(|error| error.to_string())
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    /// An asset was made.
    Made,
    /// Its asset has another file now, or other words.
    Changed,
    /// All is as it was.
    Unchanged,
}

/// What all files share.
struct Taking {
    place: Place,
    agency: Option<String>,
    locale: Option<Locale>,
    publish: bool,
}

impl Import {
    pub(super) async fn run(&self, global: &Global) -> Result<(), Failure> {
        let files = walk::files(&self.folder)
            .with_context(|| format!("{} can't be read", self.folder.display()))?;
        let taking = Arc::new(self.taking(global).await?);
        let bar = output::bar("files", global.json);
        bar.set_length(u64::try_from(files.len()).unwrap_or(u64::MAX));
        let places = Arc::new(Semaphore::new(TOGETHER));
        let mut tasks = JoinSet::new();
        for file in files {
            let (taking, places) = (Arc::clone(&taking), Arc::clone(&places));
            tasks.spawn(async move {
                let _place = places.acquire_owned().await;
                let became = taking.take(&file).await;
                (file.name, became)
            });
        }
        let mut all = BTreeMap::new();
        while let Some(done) = tasks.join_next().await {
            let (name, became) = done.context("a file was given up")?;
            all.insert(name, became);
            bar.inc(1);
        }
        bar.finish_and_clear();
        if !taking.place.settled().await {
            return Err(Failure::No("the files are here, but not made ready yet".to_owned()));
        }
        tell(&all, global.json)
    }

    async fn taking(&self, global: &Global) -> Result<Taking, Failure> {
        let place = if let Some(server) = self.remote.server()? {
            Place::Server(server)
        } else {
            let cms = store::open(&global.data, global).await?;
            let agency = self.agency.as_ref().map(|key| place::agency_of(&cms, key)).transpose()?;
            let actor = store::administrator(&cms)?;
            Place::Store(Box::new(Store { cms, actor, agency }))
        };
        let (agency, locale) = (self.agency.clone(), self.locale.clone());
        Ok(Taking { place, agency, locale, publish: self.publish })
    }
}

impl Taking {
    /// Takes a file in, with what is said of it; or says all that is wrong.
    async fn take(&self, file: &Found) -> Result<Became, Wrong> {
        let failed = |error: anyhow::Error| vec![format!("{error:#}")];
        let sidecar = Sidecar::of(file).map_err(failed)?;
        let key = sidecar.key(file).map_err(failed)?;
        let path = file.path.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        let bytes = read.map_err(|error| failed(error.into()))?;
        let bytes = bytes.map_err(|error| failed(error.into()))?;
        let (id, mut became) = self.keep(file, key, bytes).await?;
        if sidecar.save(&self.place, id).await? && became == Became::Unchanged {
            became = Became::Changed;
        }
        if self.publish {
            describe::publish(&self.place, id).await?;
        }
        Ok(became)
    }

    async fn keep(
        &self,
        file: &Found,
        key: Option<ExternalKey>,
        bytes: Vec<u8>,
    ) -> Result<(EntryId, Became), Wrong> {
        let name = file.name.clone();
        let known = match &key {
            Some(key) => self.place.known(key).await?,
            None => None,
        };
        if let Some(entry) = known {
            let is_another = match self.has(entry, bytes).await? {
                Some(bytes) => self.place.replace(entry, name, bytes).await?,
                None => false,
            };
            return Ok((entry, if is_another { Became::Changed } else { Became::Unchanged }));
        }
        let (agency, locale) = (self.agency.clone(), self.locale.clone());
        let (id, is_new) = self.place.make(New { name, agency, locale, key }, bytes).await?;
        Ok((id, if is_new { Became::Made } else { Became::Unchanged }))
    }

    /// Gives the bytes back unless a server has them already: they needn't be sent to find that out.
    async fn has(&self, entry: EntryId, bytes: Vec<u8>) -> Result<Option<Vec<u8>>, Wrong> {
        if matches!(self.place, Place::Store(_)) {
            return Ok(Some(bytes));
        }
        let shared = self.place.fields(entry, &Part::Shared).await?;
        let digest = shared.get("digest").and_then(Value::as_str).map(str::to_owned);
        let looked = tokio::task::spawn_blocking(move || {
            let taken = take_in(&bytes, &Limits::default());
            let is_same = taken.is_ok_and(|taken| Some(taken.digest.to_string()) == digest);
            Some(bytes).filter(|_| !is_same)
        });
        looked.await.map_err(|error| vec![error.to_string()])
    }
}

fn tell(all: &BTreeMap<String, Result<Became, Wrong>>, as_json: bool) -> Result<(), Failure> {
    let count = |wanted| all.values().filter(|became| became.as_ref() == Ok(&wanted)).count();
    let [made, changed, unchanged] = [Became::Made, Became::Changed, Became::Unchanged].map(count);
    let refused = all.len() - made - changed - unchanged;
    if as_json {
        let refused: Vec<_> = all
            .iter()
            .filter_map(|(name, became)| {
                Some(json!({ "file": name, "errors": became.as_ref().err()? }))
            })
            .collect();
        output::say(json!({
            "files": all.len(), "made": made, "changed": changed, "unchanged": unchanged, "refused": refused,
        }));
    } else {
        for (name, became) in all {
            for error in became.as_ref().err().into_iter().flatten() {
                output::say(format_args!("{name}: {error}"));
            }
        }
        output::say(format_args!(
            "{} files: {made} made, {changed} changed, {unchanged} unchanged, {refused} refused",
            all.len()
        ));
    }
    if refused == 0 { Ok(()) } else { Err(Failure::No(format!("{refused} files were refused"))) }
}
