//! `cms audit keys`: the keys that checkpoints are signed with. On a stopped store only: a secret is no business of
//! the network's.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{Cms, commands::checkpoint_keys::CarryOn, proof::keyring::Key};
use serde_json::{Value, json};

use super::open;
use crate::cli::{Failure, Global, output, store, token::refused};

/// List, change, retire, save and carry over the keys that checkpoints are signed with. They are in no backup.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the keys that signatures are checked with, the newest first.
    List,
    /// Make a new key. It signs beside the one before until that is retired: time for others to learn of it.
    Change {
        /// Another name for the log, such as `example.org/beacon`: to all who check, it is another log then.
        #[arg(long, value_name = "NAME")]
        origin: Option<String>,
    },
    /// Retire a key: it signs no more, and what it signed stays good.
    Retire {
        /// Its id: the eight digits between the two plus signs.
        id: String,
    },
    /// Save the newest key, which is a secret, to a new file that only its owner can read.
    Save {
        /// The file.
        file: PathBuf,
    },
    /// Carry on with a key that was saved, after a restore. Refused unless the store goes on from a checkpoint that
    /// the key signed: take the newest that anybody has.
    CarryOn {
        /// The file with the key.
        file: PathBuf,
        /// The file with the checkpoint.
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
}

impl Keys {
    pub(super) fn run(&self, global: &Global) -> Result<(), Failure> {
        store::runtime(2)?.block_on(async {
            let cms = open(global).await?;
            self.act(&cms).await?;
            if let Act::Save { file } = &self.act {
                output::note(format_args!("{} is written: keep it safe", file.display()));
            }
            let ring = cms.proofs().keys().await.map_err(anyhow::Error::from)?;
            if global.json {
                output::say(
                    json!({ "data": ring.keys().iter().map(as_value).collect::<Vec<_>>() }),
                );
            } else {
                ring.keys().iter().for_each(tell);
            }
            Ok(())
        })
    }

    async fn act(&self, cms: &Cms) -> Result<(), Failure> {
        let administrator = store::administrator(cms)?;
        match &self.act {
            Act::List => {}
            Act::Change { origin } => {
                let made = cms.change_checkpoint_key(&administrator, origin.clone()).await;
                made.map_err(refused)?;
            }
            Act::Retire { id } => {
                cms.retire_checkpoint_key(&administrator, id).await.map_err(refused)?;
            }
            Act::Save { file } => {
                let secret = cms.reveal_checkpoint_key(&administrator).await.map_err(refused)?;
                save(file, &secret)?;
            }
            Act::CarryOn { file, checkpoint } => {
                let act = CarryOn { secret: read(file)?, checkpoint: read(checkpoint)? };
                cms.carry_on_checkpoints(&administrator, act).await.map_err(refused)?;
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    Ok(fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?)
}

fn save(path: &Path, secret: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        writeln!(file, "{secret}")?;
        file.sync_all()
    });
    Ok(written.with_context(|| format!("{} can't be written", path.display()))?)
}

fn as_value(key: &Key) -> Value {
    json!({ "key": key.verifier, "since": key.since, "retired": key.retired })
}

fn tell(key: &Key) {
    let retired = key.retired.map(|at| format!(", retired {at}")).unwrap_or_default();
    output::say(format_args!("{} (since {}{retired})", key.verifier, key.since));
}
