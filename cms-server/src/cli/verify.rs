//! `cms verify`: walks a whole store and names what is damaged.

use clap::Args;
use cms_core::{
    cms::{BytesSoundness, log_folder},
    event::Part,
    queries::soundness::Soundness,
    store::sled::{OpenError, Options, Verified, verify},
};
use serde_json::{Value, json};

use super::{Failure, Global, output, store};

/// Check the whole store: every checksum, every number, the Merkle tree, the high-water mark; then every
/// head, revision and reference against the log, and the file of every asset against its digest. Ends with 3 when something is damaged.
#[derive(Debug, Args)]
pub(crate) struct Verify {}

impl Verify {
    pub(crate) fn run(global: &Global) -> Result<(), Failure> {
        store::check_exists(&global.data)?;
        let bar = output::bar("events", global.json);
        let walked = verify(&log_folder(&global.data), &Options::default(), &mut |progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
        });
        bar.finish_and_clear();
        let walked = walked.map_err(refused)?;
        let looked = if walked.is_sound() { Some(look_at_heads(global)?) } else { None };
        let (heads, files) = looked.unzip();
        tell(&walked, heads.as_ref().zip(files.as_ref()), global.json);
        let heads_sound = heads.as_ref().is_some_and(Soundness::is_sound);
        let lost = files.map_or(0, |files| (files.missing.len() + files.damaged.len()) as u64);
        if walked.is_sound() && heads_sound && lost == 0 {
            return Ok(());
        }
        let faults = heads.map_or(0, |heads| heads.faults.len() as u64 + heads.omitted);
        let damaged = walked.damage.len() as u64 + walked.omitted + faults + lost;
        Err(Failure::No(format!("{damaged} places are damaged")))
    }
}

/// A store that is damaged so that it cannot be walked is an answer, too.
fn refused(error: OpenError) -> Failure {
    match error {
        OpenError::Damaged { .. } | OpenError::LostTail { .. } => Failure::No(error.to_string()),
        OpenError::AlreadyOpen(_) | OpenError::Newer { .. } | OpenError::Unavailable { .. } => {
            store::explain_log(error)
        }
    }
}

fn look_at_heads(global: &Global) -> Result<(Soundness, BytesSoundness), Failure> {
    store::runtime(2)?.block_on(async {
        let cms = store::open_as_it_is(global).await?;
        let bar = output::bar("entries", global.json);
        let found = cms.editing().soundness(&|entries| bar.set_position(entries)).await;
        bar.finish_and_clear();
        let bar = output::bar("files", global.json);
        let files = cms.look_at_bytes(&|files| bar.set_position(files)).await;
        bar.finish_and_clear();
        Ok((found.map_err(anyhow::Error::from)?, files.map_err(anyhow::Error::from)?))
    })
}

/// A part's name.
fn named(part: &Part) -> String {
    match part {
        Part::Shared => "shared".to_owned(),
        Part::Locale(locale) => locale.to_string(),
    }
}

fn tell(walked: &Verified, looked: Option<(&Soundness, &BytesSoundness)>, as_json: bool) {
    if as_json {
        output::say(as_one(walked, looked));
    } else {
        tell_lines(walked, looked);
    }
}

fn as_one(walked: &Verified, looked: Option<(&Soundness, &BytesSoundness)>) -> Value {
    let (heads, files) = looked.unzip();
    let damage: Vec<_> = walked
        .damage
        .iter()
        .map(|damage| json!({ "place": damage.place.to_string(), "reason": damage.reason }))
        .collect();
    let faults: Vec<_> = heads
        .iter()
        .flat_map(|heads| &heads.faults)
        .map(|fault| {
            json!({
                "entry": fault.entry.to_string(), "part": named(&fault.part),
                "reason": fault.kind.to_string(),
            })
        })
        .collect();
    json!({
        "events": walked.events, "erased": walked.erased,
        "epoch": walked.epoch.map(|epoch| epoch.0), "root": hex::encode(walked.root),
        "damage": damage, "omitted": walked.omitted,
        "entries": heads.map(|heads| heads.entries), "heads": heads.map(|heads| heads.heads),
        "faults": faults, "faults_omitted": heads.map(|heads| heads.omitted),
        "files": files.map(|files| files.files), "files_missing": files.map(|files| &files.missing),
        "files_damaged": files.map(|files| &files.damaged),
    })
}

fn tell_lines(walked: &Verified, looked: Option<(&Soundness, &BytesSoundness)>) {
    let (heads, files) = looked.unzip();
    for damage in &walked.damage {
        output::say(format_args!("{}: {}", damage.place, damage.reason));
    }
    for fault in heads.iter().flat_map(|heads| &heads.faults) {
        output::say(format_args!("{} {}: {}", fault.entry, named(&fault.part), fault.kind));
    }
    for (digests, what) in
        files.iter().flat_map(|files| [(&files.missing, "missing"), (&files.damaged, "damaged")])
    {
        for digest in digests {
            output::say(format_args!("file {digest}: {what}"));
        }
    }
    let omitted = walked.omitted + heads.map_or(0, |heads| heads.omitted);
    if omitted > 0 {
        output::say(format_args!("… and {omitted} more"));
    }
    output::say(format_args!(
        "{} events, {} of them erased; root {}",
        walked.events,
        walked.erased,
        hex::encode(walked.root)
    ));
    match heads {
        Some(heads) => output::say(format_args!(
            "{} entries with {} heads, held against the log",
            heads.entries, heads.heads
        )),
        None => output::say("the heads were not looked at, since the log is damaged"),
    }
}
