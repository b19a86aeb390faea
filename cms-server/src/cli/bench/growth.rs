//! `cms bench growth`: what a store takes on disk after all of its content was changed some times.
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::{path::Path, time::Duration};

use clap::Args;
use cms_core::Cms;

use super::{
    super::{Failure, Global, output, store},
    content::Plan,
    import::take_in,
    process,
};

/// Change all content of the store of `--data` some times, and say what it takes on disk.
#[derive(Debug, Args)]
pub(crate) struct Growth {
    /// Published revisions that the store was made with.
    #[arg(long, default_value_t = 10_000)]
    revisions: u64,
    /// Bytes of Markdown in each body.
    #[arg(long, default_value_t = 5_000)]
    body: usize,
    /// How often all of it is changed.
    #[arg(long, default_value_t = 5)]
    rounds: u64,
    /// Seconds to wait at the end for what the store does by itself.
    #[arg(long, default_value_t = 60)]
    wait: u64,
}

impl Growth {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        store::runtime(2)?.block_on(async {
            let cms = store::open(&global.data, global).await?;
            for round in 0..=self.rounds {
                take_in(&cms, Plan::of(self.revisions, self.body, round)).await?;
                self.tell(round, &cms, &global.data)?;
            }
            tokio::time::sleep(Duration::from_secs(self.wait)).await;
            self.tell(self.rounds, &cms, &global.data)?;
            Ok(())
        })
    }

    fn tell(&self, round: u64, cms: &Cms, data: &Path) -> anyhow::Result<()> {
        let size = |part: &str| process::on_disk(&data.join(part));
        let (log, (on_disk, rows)) = (size("log"), cms.space()?);
        let plan = Plan::of(self.revisions, self.body, round);
        let text = plan.lines() * self.body as u64;
        output::say(format_args!(
            "after round {round}: log {} MiB for {} MiB of text in all rounds ({:.2}); view {} MiB for {} MiB of \
             rows ({:.2}), {} MiB of text; all that is derived: {} MiB",
            log >> 20,
            (text * (round + 1)) >> 20,
            ratio(log, text * (round + 1)),
            on_disk >> 20,
            rows >> 20,
            ratio(on_disk, rows),
            text >> 20,
            size("derived") >> 20,
        ));
        Ok(())
    }
}

fn ratio(size: u64, of: u64) -> f64 {
    size as f64 / of.max(1) as f64
}
