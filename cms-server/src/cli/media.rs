//! `cms media`: the files of assets. Takes in folders of them, lists them, and lets go of what nobody needs.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    asset::{self, Shared},
    cms::CollectBytes,
    event::Part,
    id::TypeName,
};
use serde_json::{Value, json};

use super::{Failure, Global, output, store};

mod describe;
mod import;
mod place;
mod walk;

/// How many assets are listed together.
const STEP: usize = 500;

/// Take in folders of pictures and documents, list what there is, and let go of bytes that nothing names.
#[derive(Debug, Args)]
pub(crate) struct Media {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    Import(import::Import),
    /// List the assets: id, type, size, name, and the languages that they are described in.
    List,
    /// Let go of bytes that no revision in history names, and of uploads that never came to an end.
    Collect {
        /// Only say which they are.
        #[arg(long)]
        dry_run: bool,
        /// How many hours bytes stay in any case: whoever brings them for an import names them a while later.
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        older_than: u32,
    },
}

impl Media {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        store::runtime(4)?.block_on(async {
            match &self.act {
                Act::Import(import) => import.run(global).await,
                Act::List => {
                    store::check_exists(&global.data)?;
                    list(&store::open_as_it_is(global).await?, global.json).await
                }
                Act::Collect { dry_run, older_than } => {
                    store::check_exists(&global.data)?;
                    let cms = store::open_as_it_is(global).await?;
                    let stay = i64::from(*older_than) * 3_600_000;
                    collect(&cms, CollectBytes { dry_run: *dry_run, stay }, global.json).await
                }
            }
        })
    }
}

async fn list(cms: &Cms, as_json: bool) -> Result<(), Failure> {
    let editing = cms.editing();
    let type_name = TypeName::parse(asset::TYPE).context("no type of assets")?;
    let (mut after, mut found) = (None, 0_u64);
    loop {
        let ids = editing.entries(&type_name, after, STEP).context("the store can't be read")?;
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        for id in ids {
            let entry = editing.entry(id).context("the store can't be read")?;
            let Some(entry) = entry else { continue };
            let Some(head) = entry.heads.get(&Part::Shared) else { continue };
            let fields = editing.fields(head.draft.event).await.context("it can't be read")?;
            let Some(Shared { facts, .. }) = Shared::of(&fields) else { continue };
            found += 1;
            let published: Vec<_> =
                entry.published_locales().map(|(locale, _)| locale.to_string()).collect();
            if as_json {
                output::say(json!({
                    "id": id.to_string(), "key": entry.key, "file": facts.fields(), "published": published,
                }));
            } else {
                let size = match (facts.width, facts.height) {
                    (Some(width), Some(height)) => format!(" {width}x{height}"),
                    _ => String::new(),
                };
                let (kind, bytes, name) = (&facts.media_type, facts.bytes, &facts.name);
                let published = published.join(",");
                output::say(format_args!("{id} {kind}{size} {bytes} {name} {published}"));
            }
        }
    }
    if !as_json {
        output::say(format_args!("{found} assets"));
    }
    Ok(())
}

async fn collect(cms: &Cms, act: CollectBytes, as_json: bool) -> Result<(), Failure> {
    let administrator = store::administrator(cms)?;
    let done = cms.collect_bytes(&administrator, act).await;
    let done = done.context("not all was looked at; what was let go of is gone")?;
    let bytes: u64 = done.removed.iter().map(|(_, bytes)| bytes).sum();
    if as_json {
        let removed: Vec<Value> = done
            .removed
            .iter()
            .map(|(digest, bytes)| json!({ "digest": digest.to_string(), "bytes": bytes }))
            .collect();
        output::say(json!({
            "named": done.named, "young": done.young, "removed": removed, "bytes": bytes,
            "uploads": done.uploads, "dry_run": act.dry_run,
        }));
        return Ok(());
    }
    for (digest, bytes) in &done.removed {
        output::say(format_args!("{digest} {bytes}"));
    }
    let verb = if act.dry_run { "would be let go of" } else { "let go of" };
    output::say(format_args!(
        "{} files of {bytes} bytes {verb}; {} are named by revisions, {} are too young",
        done.removed.len(),
        done.named,
        done.young
    ));
    Ok(())
}
