//! `cms compact`: gives space back, and takes what was erased out of the files.

use clap::Args;
use cms_core::{
    cms::log_folder,
    store::sled::{CompactError, Options, compact},
};
use serde_json::json;

use super::{Failure, Global, output, store};

/// Copy the log into fresh files, verify the copy, and let it take the old one's place: what was erased is
/// out of the files from then on. On a stopped store; the disk needs room for both.
#[derive(Debug, Args)]
pub(crate) struct Compact {}

impl Compact {
    pub(crate) fn run(global: &Global) -> Result<(), Failure> {
        store::check_exists(&global.data)?;
        let bar = output::bar("events", global.json);
        let done = compact(&log_folder(&global.data), &Options::default(), &mut |progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
        });
        bar.finish_and_clear();
        let done = done.map_err(|error| match error {
            CompactError::Log(error) => store::explain_log(error),
            CompactError::Damaged(_) => Failure::No(format!("{error}; the log is as it was")),
        })?;
        if global.json {
            output::say(json!({
                "events": done.events, "before": done.before, "after": done.after,
            }));
        } else {
            output::say(format_args!(
                "{} events: {} bytes before, {} now",
                done.events, done.before, done.after
            ));
        }
        Ok(())
    }
}
