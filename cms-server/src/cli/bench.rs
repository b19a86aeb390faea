//! `cms bench`: measures of the program itself, one file for each.

use clap::{Args, Subcommand};

use super::Failure;

mod search;

/// Measure the program itself.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Search(search::BenchSearch),
}

impl Bench {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match &self.what {
            What::Search(search) => search.run(),
        }
    }
}
