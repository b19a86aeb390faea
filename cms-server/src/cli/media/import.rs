//! `cms media import`: all files of a folder, each an asset, again and again: only what is new or another changes.
#![expect(clippy::wildcard_enum_match_arm, reason = "whatever else is refused says so itself")]

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    Cms,
    access::Actor,
    asset,
    commands::{CommandError, replace_asset::ReplaceAsset, upload_asset::UploadAsset},
    id::{AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    super::{Failure, Global, output, store},
    describe::{self, Sidecar},
    walk::{self, Found},
};

/// How many files are on their way at once.
const TOGETHER: usize = 4;

/// Take in all files of a folder and of those in it, each as an asset. A file's type is found in its content; what
/// its maker's device wrote into it is left out. `FILE.json` beside FILE says what is in it:
/// `{"alt": {"en": "…", "fr": "…"}, "caption": {…}, "decorative": false}`. The same folder again changes what has
/// changed, and an import that was broken off goes on.
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
    cms: Cms,
    actor: Actor,
    type_name: TypeName,
    agency: Option<AgencyId>,
    locale: Option<Locale>,
    publish: bool,
}

impl Import {
    pub(super) async fn run(&self, global: &Global) -> Result<(), Failure> {
        let files = walk::files(&self.folder)
            .with_context(|| format!("{} can't be read", self.folder.display()))?;
        let cms = store::open(&global.data, global).await?;
        let taking = Arc::new(self.taking(cms)?);
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
        if !taking.cms.settled().await {
            return Err(Failure::No("the files are here, but not made ready yet".to_owned()));
        }
        tell(&all, global.json)
    }

    fn taking(&self, cms: Cms) -> Result<Taking, Failure> {
        let agencies = cms.editing().agencies().context("the store can't be read")?;
        let agency = match &self.agency {
            None => None,
            Some(key) => {
                let found = agencies.values().find(|agency| agency.key.as_str() == key);
                let none = || Failure::No(format!("there is no agency {key}"));
                Some(found.ok_or_else(none)?.id)
            }
        };
        Ok(Taking {
            actor: store::administrator(&cms)?,
            cms,
            type_name: TypeName::parse(asset::TYPE).context("no type of assets")?,
            agency,
            locale: self.locale.clone(),
            publish: self.publish,
        })
    }
}

impl Taking {
    /// Takes a file in, with what is said of it; or says all that is wrong.
    async fn take(&self, file: &Found) -> Result<Became, Vec<String>> {
        let failed = |error: anyhow::Error| vec![format!("{error:#}")];
        let sidecar = Sidecar::of(file).map_err(failed)?;
        let key = sidecar.key(file).map_err(failed)?;
        let path = file.path.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        let bytes = read.map_err(|error| failed(error.into()))?;
        let bytes = bytes.map_err(|error| failed(error.into()))?;
        let (id, mut became) = self.keep(file, key, bytes).await.map_err(told)?;
        let said = sidecar.save(&self.cms, &self.actor, id).await.map_err(told)?;
        if said && became == Became::Unchanged {
            became = Became::Changed;
        }
        if self.publish {
            describe::publish(&self.cms, &self.actor, id).await.map_err(told)?;
        }
        Ok(became)
    }

    async fn keep(
        &self,
        file: &Found,
        key: Option<ExternalKey>,
        bytes: Vec<u8>,
    ) -> Result<(EntryId, Became), CommandError> {
        let name = file.name.clone();
        let known = match &key {
            Some(key) => self.cms.editing().entry_by_key(&self.type_name, key)?,
            None => None,
        };
        if let Some(entry) = known {
            let act = ReplaceAsset { entry, expected: None, name: Some(name) };
            let (_, accepted) = self.cms.replace_asset(&self.actor, act, bytes).await?;
            let became = accepted.map_or(Became::Unchanged, |_| Became::Changed);
            return Ok((entry, became));
        }
        let act =
            UploadAsset { name, agency: self.agency, source_locale: self.locale.clone(), key };
        let done = self.cms.upload_asset(&self.actor, act, bytes).await?;
        Ok((done.entry, done.accepted.map_or(Became::Unchanged, |_| Became::Made)))
    }
}

/// What is wrong, in words.
fn told(error: CommandError) -> Vec<String> {
    match error {
        CommandError::Invalid(violations) => violations.iter().map(output::said).collect(),
        other => vec![other.to_string()],
    }
}

fn tell(all: &BTreeMap<String, Result<Became, Vec<String>>>, as_json: bool) -> Result<(), Failure> {
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
