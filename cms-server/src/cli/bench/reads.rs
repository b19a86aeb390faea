//! `cms bench reads`: what reads cost at the size of a store, and what memory they take.

use std::time::Duration;

use clap::Args;

use super::{
    super::{Failure, Global, output},
    client::{self, Asked, Client, Until},
    content::Plan,
    import::{each, rate},
    process,
    questions::{Law, Questions, What},
    start::Server,
};

/// Ask a server on the store of `--data`, which `cms bench import` filled: what an answer costs.
#[derive(Debug, Args)]
pub(crate) struct Reads {
    /// Published revisions that the store was made with.
    #[arg(long, default_value_t = 10_000)]
    revisions: u64,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections that the one client keeps open.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The client's `Accept-Encoding`, such as `zstd`; without it, answers come as they are.
    #[arg(long, default_value = "")]
    codings: String,
    /// How often each is measured.
    #[arg(long, default_value_t = 2)]
    times: u64,
}

impl Reads {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = Server::start(global)?;
        std::thread::sleep(Duration::from_secs(2));
        output::say(format_args!("at rest: {}", process::memory(server.pid())));
        let kinds = [
            (What::Entry, Law::Zipf),
            (What::Entry, Law::Uniform),
            (What::List, Law::Zipf),
            (What::List, Law::Uniform),
        ];
        for seed in 0..=self.times {
            for (what, law) in kinds {
                let asked = self.ask(&server, (what, law), seed)?;
                // The first round warms the caches up.
                if seed > 0 {
                    output::say(format_args!("{what:?} {law:?}: {asked}"));
                }
            }
        }
        output::say(format_args!("under load: {}", process::memory(server.pid())));
        Ok(())
    }

    fn ask(&self, server: &Server, (what, law): (What, Law), seed: u64) -> anyhow::Result<Cost> {
        let entries = Plan::of(self.revisions, 0, 0).entries;
        let mut questions = Questions::new(what, law, entries, seed);
        let until = Until { time: Duration::from_secs(self.seconds), answers: u64::MAX };
        let client = Client {
            server: server.address,
            connections: self.connections,
            codings: self.codings.clone(),
        };
        cost(server.pid(), || client::ask(&client, until, move || questions.next()))
    }
}

/// What answers cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) asked: Asked,
    pub(super) used: Duration,
}

impl Cost {
    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        rate(self.asked.answers, self.asked.lasted)
    }

    /// Milliseconds of a processor for each answer.
    pub(super) fn each(&self) -> f64 {
        each(self.asked.answers, self.used)
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.asked.bytes / self.asked.answers.max(1);
        write!(f, "{:.0}/s, {:.4} CPU ms each, {bytes} bytes", self.rate(), self.each())
    }
}

/// What a process uses while it is asked.
pub(super) fn cost(pid: u32, ask: impl FnOnce() -> anyhow::Result<Asked>) -> anyhow::Result<Cost> {
    let before = process::cpu(pid);
    let asked = ask()?;
    Ok(Cost { asked, used: process::cpu(pid).saturating_sub(before) })
}
