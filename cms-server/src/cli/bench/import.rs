//! `cms bench import`: makes content and takes it in by the way that `cms import` takes.
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use cms_core::{Cms, commands::import::ImportOptions};

use super::{
    super::{Failure, Global, output, store},
    content::Plan,
    process,
};

/// Make content and import it into the store of `--data`: how fast, and what it takes.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Published revisions, about.
    #[arg(long, default_value_t = 10_000)]
    revisions: u64,
    /// Bytes of Markdown in each body.
    #[arg(long, default_value_t = 5_000)]
    body: usize,
    /// Which state of the content: another number gives every entry another text.
    #[arg(long, default_value_t = 0)]
    round: u64,
}

impl Import {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let plan = Plan::of(self.revisions, self.body, self.round);
        store::runtime(2)?.block_on(async {
            let cms = store::open(&global.data, global).await?;
            take_in(&cms, plan).await?;
            drop(cms);
            Ok(())
        })
    }
}

/// Imports all of a plan, and says how fast the log and the view, and then the lists, took it in.
pub(super) async fn take_in(cms: &Cms, plan: Plan) -> Result<(), Failure> {
    let administrator = cms.administrator().context("the store can't be read")?;
    let administrator = administrator.context("the store has no administrator")?;
    let pid = std::process::id();
    let (begun, used) = (Instant::now(), process::cpu(pid));
    let options = ImportOptions::default();
    let report = cms.import(&administrator, &mut { plan }, &options, &|_, _| ()).await;
    let report = report.context("the import stopped")?;
    if let Some(refused) = report.refused.first() {
        return Err(Failure::No(format!("the content is refused: {refused:?}")));
    }
    let say = |what: &str| {
        let (lasted, used) = (begun.elapsed(), process::cpu(pid).saturating_sub(used));
        output::say(format_args!(
            "{what}: {} revisions in {:.1} s: {:.0}/s, {:.3} CPU ms each; {}",
            report.accepted,
            lasted.as_secs_f64(),
            rate(report.accepted, lasted),
            each(report.accepted, used),
            process::memory(pid),
        ));
    };
    say("accepted");
    if !cms.settled().await {
        return Err(Failure::No("the followers have stopped".to_owned()));
    }
    say("in lists");
    Ok(())
}

pub(super) fn rate(count: u64, lasted: Duration) -> f64 {
    count as f64 / lasted.as_secs_f64()
}

/// Milliseconds for each.
pub(super) fn each(count: u64, used: Duration) -> f64 {
    used.as_secs_f64() * 1_000.0 / count.max(1) as f64
}
