//! `cms audit verify`: the Merkle tree from the first event to the last, and whether it goes on from a checkpoint.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    cms::log_folder,
    proof::{
        checkpoint::Checkpoint,
        note::{Note, Verifier},
    },
    store::{
        Log as _,
        sled::{Options, SledLog, verify},
    },
};
use serde_json::json;

use crate::cli::{Failure, Global, output, store};

/// Check that the log is whole: every event, every digest, the tree over all of them. With `--checkpoint`, also that
/// it goes on from there: that nothing before was changed. Ends with 3 when something is damaged or was changed.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A file with a signed checkpoint that was kept.
    #[arg(long, value_name = "FILE", requires = "keys")]
    checkpoint: Option<PathBuf>,
    /// A key that is trusted, as `/v1/checkpoint/keys` and `cms audit keys list` have it.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<Verifier>,
}

impl Verify {
    pub(super) fn run(&self, global: &Global) -> Result<(), Failure> {
        store::check_exists(&global.data)?;
        let kept = self.kept()?;
        let bar = output::bar("events", global.json);
        let log = log_folder(&global.data);
        let walked = verify(&log, &Options::default(), &mut |progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
        });
        bar.finish_and_clear();
        let walked = walked.map_err(store::explain_log)?;
        let goes_on = match &kept {
            Some(kept) if walked.is_sound() => Some(goes_on(&log, kept)?),
            Some(_) | None => None,
        };
        let root = hex::encode(walked.root);
        if global.json {
            let damage = walked
                .damage
                .iter()
                .map(|found| json!({ "place": found.place.to_string(), "reason": found.reason }));
            output::say(json!({
                "size": walked.events, "root": root, "erased": walked.erased,
                "epoch": walked.epoch.map(|epoch| epoch.0),
                "damage": damage.collect::<Vec<_>>(), "omitted": walked.omitted,
                "checkpoint": kept.as_ref().map(|kept| kept.size), "goes_on": goes_on,
            }));
        } else {
            for found in &walked.damage {
                output::say(format_args!("{}: {}", found.place, found.reason));
            }
            output::say(format_args!("size {}, root {root}", walked.events));
            if let (Some(kept), Some(true)) = (&kept, goes_on) {
                output::say(format_args!("the first {} are those of the checkpoint", kept.size));
            }
        }
        if !walked.is_sound() {
            let places = walked.damage.len() as u64 + walked.omitted;
            return Err(Failure::No(format!("{places} places are damaged")));
        }
        if goes_on == Some(false) {
            return Err(Failure::No("the log does not go on from the checkpoint".to_owned()));
        }
        Ok(())
    }

    /// The checkpoint that was kept, if it is to be trusted.
    fn kept(&self) -> Result<Option<Checkpoint>, Failure> {
        let Some(path) = &self.checkpoint else { return Ok(None) };
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        let no =
            |error: &dyn std::fmt::Display| Failure::No(format!("{}: {error}", path.display()));
        let note: Note = text.parse().map_err(|error| no(&error))?;
        Checkpoint::verified(&note, &self.keys).map(Some).map_err(|error| no(&error))
    }
}

/// Whether the log begins with what a checkpoint is of.
fn goes_on(log: &std::path::Path, kept: &Checkpoint) -> Result<bool, Failure> {
    let log = SledLog::open(log, Options::default()).map_err(store::explain_log)?;
    if kept.size > log.last() {
        return Ok(false);
    }
    let root = store::runtime(1)?.block_on(log.root(kept.size));
    Ok(root.map_err(anyhow::Error::from)? == kept.root)
}
