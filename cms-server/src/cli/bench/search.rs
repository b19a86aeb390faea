//! `cms bench search`: which passages of a question set search would show first.
//!
//! No store is needed: the passages are analysed, indexed in memory and ranked by the code that answers
//! readers. With `--typos` each question has one typing error, to see what they cost.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{locale::Locale, search::Passages};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::typos::Typist;
use crate::cli::{Failure, output};

/// The passages of an answer.
const RANKED: usize = 10;

/// Rank the passages of a question set for each of its questions.
///
/// Reads `passages.jsonl` (`id`, `text`) and `queries.jsonl` (`id`, `text`) and writes a line for each
/// question: `{"query_id": …, "ranked": [ids of the ten best passages]}`.
#[derive(Debug, Args)]
pub(crate) struct BenchSearch {
    /// The directory of the question set.
    #[arg(long, value_name = "DIR")]
    set: PathBuf,
    /// The language of the passages and questions.
    #[arg(long, value_name = "TAG")]
    locale: Locale,
    /// Makes one error in a word of five letters or more of each question (a letter left out, doubled,
    /// mistaken or swapped); the number decides which, and the same one makes the same errors.
    #[arg(long, value_name = "SEED")]
    typos: Option<u64>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A passage or a question.
#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

#[derive(Serialize)]
struct Ranking<'s> {
    query_id: &'s str,
    ranked: Vec<&'s str>,
}

impl BenchSearch {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let lines = self.rank()?;
        output::say(format_args!("{lines} questions answered in {}", self.out.display()));
        Ok(())
    }

    fn rank(&self) -> anyhow::Result<usize> {
        let passages: Vec<Line> = read(&self.set.join("passages.jsonl"))?;
        let questions: Vec<Line> = read(&self.set.join("queries.jsonl"))?;
        let texts = passages.iter().map(|passage| passage.text.as_str());
        let index = Passages::index(&self.locale, texts).context("no index could be made")?;
        let typist = self.typos.map(|seed| Typist::new(seed, questions.iter().map(|it| &*it.text)));
        let out = File::create(&self.out)
            .with_context(|| format!("{} can't be made", self.out.display()))?;
        let mut out = BufWriter::new(out);
        for question in &questions {
            let typed = typist.as_ref().map(|typist| typist.mistyped(&question.id, &question.text));
            let typed = typed.as_ref().unwrap_or(&question.text);
            let hits = index.ask(typed, RANKED).context("the index can't be read")?;
            let ranked = hits.into_iter().filter_map(|at| passages.get(at));
            let ranking = Ranking {
                query_id: &question.id,
                ranked: ranked.map(|passage| passage.id.as_str()).collect(),
            };
            serde_json::to_writer(&mut out, &ranking)?;
            writeln!(out)?;
        }
        out.flush()?;
        Ok(questions.len())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    let lines = BufReader::new(file).lines().enumerate();
    let parse = |(number, line): (usize, std::io::Result<String>)| {
        serde_json::from_str(&line?)
            .with_context(|| format!("{}:{}: not a line of the set", path.display(), number + 1))
    };
    lines.map(parse).collect()
}
