//! `cms bench`: measures Beacon on this machine, with content that it makes itself.
//!
//! A new measurement is a file in `bench/` with its arguments and a `run`, and a variant of [`Measure`].

use clap::{Args, Subcommand};

use super::{Failure, Global};

mod acts;
mod bare;
mod client;
mod content;
mod embeds;
mod growth;
mod import;
mod machine;
mod memory;
mod one;
mod process;
mod publish;
mod questions;
mod reads;
mod search;
mod start;
mod typos;

/// Measure Beacon on this machine, with content that is made for it. See docs/benchmarks.md.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Measure {
    Import(import::Import),
    Growth(growth::Growth),
    One(one::One),
    Bare(bare::Bare),
    Reads(reads::Reads),
    Start(start::Start),
    Publish(publish::Publications),
    Search(search::BenchSearch),
    Memory(memory::BenchMemory),
    Embeds(embeds::Embeds),
    Acts(acts::Acts),
}

impl Bench {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        if !matches!(self.measure, Measure::Bare(_) | Measure::Search(_)) {
            machine::describe();
        }
        match &self.measure {
            Measure::Import(import) => import.run(global),
            Measure::Growth(growth) => growth.run(global),
            Measure::One(one) => one.run(global),
            Measure::Bare(bare) => bare.run(),
            Measure::Reads(reads) => reads.run(global),
            Measure::Start(start) => start.run(global),
            Measure::Publish(publish) => publish.run(global),
            Measure::Search(search) => search.run(),
            Measure::Memory(memory) => memory.run(global),
            Measure::Embeds(embeds) => embeds.run(global),
            Measure::Acts(acts) => acts.run(global),
        }
    }
}
