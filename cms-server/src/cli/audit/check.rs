//! `cms audit check`: what a proof shows, without a store and without a network.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use cms_core::proof::{file::Proof, note::Verifier, shown::Shown};
use serde_json::{Value, json};

use crate::cli::{Failure, Global, output};

/// Check proofs, and say what they show. Needs no store and no server, only keys that you trust. Ends with 3 when one
/// of them shows nothing.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files that `cms audit prove` or `/v1/proofs` gave.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A key that is trusted: `NAME+ID+KEY`, as `/v1/checkpoint/keys` has it.
    #[arg(long = "key", required = true, value_name = "KEY")]
    keys: Vec<Verifier>,
}

impl Check {
    pub(super) fn run(&self, global: &Global) -> Result<(), Failure> {
        let mut wrong = 0;
        let mut told = Vec::new();
        for path in &self.files {
            let text = fs::read_to_string(path)
                .with_context(|| format!("{} can't be read", path.display()))?;
            let name = path.display().to_string();
            let shown = text.parse::<Proof>().map_err(|error| error.to_string());
            match shown.and_then(|it| it.check(&self.keys).map_err(|error| error.to_string())) {
                Ok(shown) if global.json => told.push(as_value(&name, &shown)),
                Ok(shown) => tell(&name, &shown),
                Err(reason) => {
                    wrong += 1;
                    told.push(json!({ "file": name, "valid": false, "reason": reason }));
                    if !global.json {
                        output::say(format_args!("{name}: {reason}"));
                    }
                }
            }
        }
        if global.json {
            output::say(json!({ "data": told }));
        }
        if wrong > 0 {
            return Err(Failure::No(format!(
                "{wrong} of {} proofs show nothing",
                self.files.len()
            )));
        }
        Ok(())
    }
}

fn as_value(name: &str, shown: &Shown) -> Value {
    json!({
        "file": name, "valid": true, "log": shown.checkpoint.origin,
        "size": shown.checkpoint.size, "root": hex::encode(shown.checkpoint.root),
        "event": shown.number, "at": shown.at, "kind": shown.kind, "body": shown.body,
    })
}

fn tell(name: &str, shown: &Shown) {
    let Shown { checkpoint, number, at, kind, body } = shown;
    output::say(format_args!(
        "{name}: event {number} of {}, at {at}: {kind} (checkpoint of {} events)",
        checkpoint.origin, checkpoint.size
    ));
    if let Some(body) = body
        && let Ok(text) = serde_json::to_string_pretty(body)
    {
        output::say(text);
    }
}
