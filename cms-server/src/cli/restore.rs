//! `cms restore`: a store made from a backup.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    cms::{log_folder, media_folder},
    media::{Blobs, Digest},
    store::sled::{Options, RestoreError, restore},
};
use serde_json::json;

use super::{Failure, Global, blobs, output, store};

/// Make the store of `--data`, which must be empty or missing, from a backup. All of it is checked before
/// it counts. The store begins a new epoch: readers who follow changes are told to read everything again.
///
/// Tokens are not in a backup: `cms token create` makes a new one.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder of the backup.
    folder: PathBuf,
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

impl Restore {
    /// Looks whether each file of an asset is what its name says, before anything is made.
    fn check_files(&self) -> Result<(), Failure> {
        for (digest, path) in blobs::there(&self.folder)? {
            if Digest::of(&read(&path)?) != digest {
                let path = path.display();
                return Err(Failure::No(format!("{path} is damaged: it isn't what its name says")));
            }
        }
        Ok(())
    }

    /// Brings back the files of assets; answers how many.
    async fn bring_files(&self, global: &Global) -> Result<u64, Failure> {
        let kept = match store::configuration(global)?.media_options()?.blobs {
            Some(kept) => kept,
            None => Blobs::in_folder(&media_folder(&global.data))
                .context("no place for files of assets")?,
        };
        let mut files = 0;
        for (digest, path) in blobs::there(&self.folder)? {
            let put = kept.put(digest, read(&path)?.into()).await;
            put.with_context(|| format!("{} was not brought back", path.display()))?;
            files += 1;
        }
        Ok(files)
    }

    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let is_empty = match fs::read_dir(&global.data) {
            Ok(mut items) => items.next().is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => {
                return Err(anyhow::Error::new(error)
                    .context(format!("{} can't be read", global.data.display()))
                    .into());
            }
        };
        if !is_empty {
            let folder = global.data.display();
            return Err(Failure::No(format!("{folder} is not empty: nothing is restored over it")));
        }
        self.check_files()?;
        let bar = output::bar("events", global.json);
        let restored = restore(
            &self.folder,
            &log_folder(&global.data),
            &Options::default(),
            &mut |progress| {
                bar.set_length(progress.of);
                bar.set_position(progress.done);
            },
        );
        bar.finish_and_clear();
        let restored = restored.map_err(|error| match error {
            RestoreError::NoBackup(_) | RestoreError::NotEmpty(_) => Failure::No(error.to_string()),
            RestoreError::Volume(_) | RestoreError::Log(_) => {
                let folder = self.folder.display().to_string();
                Failure::Failed(
                    anyhow::Error::new(error).context(format!("{folder} was not restored")),
                )
            }
        })?;
        let files = store::runtime(2)?.block_on(self.bring_files(global))?;
        let root = hex::encode(restored.root);
        if global.json {
            output::say(json!({
                "events": restored.events, "epoch": restored.epoch.0, "root": root, "files": files,
            }));
        } else {
            output::say(format_args!(
                "{} events restored into {}, epoch {}; root {root}",
                restored.events,
                global.data.display(),
                restored.epoch.0
            ));
            if files > 0 {
                output::say(format_args!("{files} files of assets are back"));
            }
        }
        fs::File::open(&global.data).and_then(|folder| folder.sync_all()).context("not synced")?;
        Ok(())
    }
}
