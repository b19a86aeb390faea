//! `cms audit prove`: a file that shows, without this store, what was published and when.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    event::{EventBody, Part},
    id::EntryId,
    locale::Locale,
    proof::{file::Proof, shown::Extra},
};

use super::open;
use crate::cli::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
};

/// Write a proof of an event: of the one that published what readers get of a part, or of any by its number.
/// With `--content` it is the one that saved that revision, with all its fields and its author's note: think
/// before you hand it on.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// `ENTRY/LOCALE`, `ENTRY/shared`, or the number of an event.
    #[arg(value_name = "WHAT", value_parser = what)]
    what: What,
    /// Prove what the revision's content was, instead of that it was published.
    #[arg(long)]
    content: bool,
    /// The file to write; standard output without.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is to be proved.
#[derive(Debug, Clone)]
enum What {
    Event(u64),
    Part(EntryId, Part),
}

fn what(text: &str) -> Result<What, String> {
    if let Ok(number) = text.parse() {
        return Ok(What::Event(number));
    }
    let (id, part) = text.split_once('/').ok_or("it is no number, and has no slash")?;
    let id = id.parse::<EntryId>().map_err(|error| error.to_string())?;
    let part = match part {
        "shared" => Part::Shared,
        tag => Part::Locale(Locale::parse(tag).map_err(|error| error.to_string())?),
    };
    Ok(What::Part(id, part))
}

impl Prove {
    pub(super) fn run(&self, remote: &Remote, global: &Global) -> Result<(), Failure> {
        let server = remote.server()?;
        let proof = store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.ask(&server).await,
                None => self.find(global).await,
            }
        })?;
        match &self.out {
            Some(path) => {
                fs::write(path, &proof)
                    .with_context(|| format!("{} can't be written", path.display()))?;
                if !global.json {
                    output::note(format_args!("{} is written", path.display()));
                }
            }
            None => output::say(proof.trim_end()),
        }
        Ok(())
    }

    async fn ask(&self, server: &Server) -> Result<String, Failure> {
        let path = match &self.what {
            What::Event(number) => format!("/manage/v1/proofs/{number}"),
            What::Part(id, Part::Shared) => format!("/v1/proofs/{id}/shared"),
            What::Part(id, Part::Locale(locale)) => format!("/v1/proofs/{id}/{locale}"),
        };
        let proof = server.text(&path).await?;
        if !self.content {
            return Ok(proof);
        }
        let saved = saved_by(&proof)?;
        server.text(&format!("/manage/v1/proofs/{saved}")).await
    }

    async fn find(&self, global: &Global) -> Result<String, Failure> {
        let proofs = open(global).await?.proofs();
        let missing = || Failure::No("there is nothing of that kind to prove".to_owned());
        let number = match &self.what {
            What::Event(number) => *number,
            What::Part(id, part) => {
                let found = proofs.published_by(*id, part).map_err(anyhow::Error::from)?;
                found.ok_or_else(missing)?
            }
        };
        let proof = proofs.of_event(number).await.map_err(anyhow::Error::from)?;
        let proof = proof.ok_or_else(missing)?.to_string();
        if !self.content {
            return Ok(proof);
        }
        let saved = proofs.of_event(saved_by(&proof)?).await.map_err(anyhow::Error::from)?;
        Ok(saved.ok_or_else(missing)?.to_string())
    }
}

/// The event that saved what a proof says was published.
fn saved_by(proof: &str) -> Result<u64, Failure> {
    let no = || Failure::No("that event published nothing".to_owned());
    let proof: Proof = proof.parse().map_err(anyhow::Error::from)?;
    let extra: Extra = serde_json::from_slice(&proof.extra).map_err(anyhow::Error::from)?;
    let body = extra.body.ok_or_else(no)?;
    let body = serde_json::from_str(&body).map_err(anyhow::Error::from)?;
    let EventBody::Published { saved, .. } = body else { return Err(no()) };
    Ok(saved.number(proof.index + 1))
}
