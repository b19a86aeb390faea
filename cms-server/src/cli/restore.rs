//! `cms restore`: a store made from a backup.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    cms::log_folder,
    store::sled::{Options, RestoreError, restore},
};
use serde_json::json;

use super::{Failure, Global, output};

/// Make the store of `--data`, which must be empty or missing, from a backup. All of it is checked before
/// it counts. The store begins a new epoch: readers who follow changes are told to read everything again.
///
/// Tokens are not in a backup: `cms token create` makes a new one.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder of the backup.
    folder: PathBuf,
}

impl Restore {
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
        let root = hex::encode(restored.root);
        if global.json {
            output::say(json!({
                "events": restored.events, "epoch": restored.epoch.0, "root": root,
            }));
        } else {
            output::say(format_args!(
                "{} events restored into {}, epoch {}; root {root}",
                restored.events,
                global.data.display(),
                restored.epoch.0
            ));
        }
        fs::File::open(&global.data).and_then(|folder| folder.sync_all()).context("not synced")?;
        Ok(())
    }
}
