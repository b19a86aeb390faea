//! `cms bench memory`: what the translation memory knows of texts that it has not seen, and how fast it says so.
//!
//! Real pairs are those of a corpus (`--format corpus-jsonl` of `cms import`): pages of a group whose texts are cut into
//! the same kinds of segments as their source's. Half of the groups build a memory, the other half's segments ask. Then a
//! memory of many pairs is made of them, with other words here and there, and asked.
#![expect(clippy::format_collect, reason = "short texts, once")]

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    hash::{DefaultHasher, Hasher as _},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    clock::Timestamp,
    id::AgencyId,
    locale::Locale,
    markdown,
    search::{
        Pace,
        memory::{Asked, Memory},
    },
    segment::{Segment, SegmentKind},
    translation::memory::{Direction, Pair, Provenance},
};
use serde::Deserialize;
use serde_json::json;

use super::super::{Failure, Global, output};

/// Build a translation memory of one half of a corpus, and ask it for the other half; then the same with many pairs.
#[derive(Debug, Args)]
pub(crate) struct BenchMemory {
    /// The corpus, one page as a JSON object a line.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How many pairs the large memory has; 0 for none.
    #[arg(long, default_value_t = 1_000_000)]
    pairs: u64,
    /// How often it is asked.
    #[arg(long, default_value_t = 2_000)]
    questions: usize,
    /// Only translations into this locale.
    #[arg(long)]
    to: Option<Locale>,
}

/// A page of the corpus.
#[derive(Deserialize)]
struct Page {
    locale: String,
    source_of: String,
    #[serde(default)]
    body_markdown: String,
    #[serde(default)]
    translation_status: String,
}

/// A segment and what says it, in a group of pages.
struct Real {
    group: u64,
    direction: Direction,
    kind: SegmentKind,
    source: String,
    target: String,
}

/// How like the best match is, in bands.
const BANDS: [(&str, u8, u8); 5] = [
    ("100 %", 100, 101),
    ("95-99 %", 95, 99),
    ("85-94 %", 85, 94),
    ("70-84 %", 70, 84),
    ("none", 0, 0),
];

fn hash(of: impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

impl BenchMemory {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let real = self.real()?;
        if real.is_empty() {
            return Err(Failure::No("there is no pair in these files".to_owned()));
        }
        let rates = halves(&real)?;
        let large = if self.pairs > 0 { Some(self.large(&real)?) } else { None };
        if global.json {
            output::say(json!({ "pairs": real.len(), "bands": rates, "large": large }));
            return Ok(());
        }
        output::say(format_args!("{} pairs in the corpus", real.len()));
        let heads: String = BANDS.iter().map(|(name, ..)| format!("{name:>10}")).collect();
        output::say(format_args!("{:<14}{:>8}{heads}", "direction", "asked"));
        for (direction, bands) in &rates {
            let asked: u64 = bands.iter().sum();
            let cells: String = bands
                .iter()
                .map(|count| format!("{:>8.1} %", 100.0 * per(*count, asked)))
                .collect();
            output::say(format_args!("{direction:<14}{asked:>8}{cells}"));
        }
        if let Some(large) = large {
            output::say(large.to_string());
        }
        Ok(())
    }

    /// The pairs of the corpus.
    fn real(&self) -> anyhow::Result<Vec<Real>> {
        let mut groups: BTreeMap<String, Vec<Page>> = BTreeMap::new();
        for path in &self.files {
            let file = fs::File::open(path);
            let file = file.with_context(|| format!("{} can't be read", path.display()))?;
            for line in BufReader::new(file).lines() {
                let Ok(page) = serde_json::from_str::<Page>(&line?) else { continue };
                groups.entry(page.source_of.clone()).or_default().push(page);
            }
        }
        let mut real = Vec::new();
        for (name, pages) in &groups {
            let Some(source) = pages.iter().find(|page| page.translation_status == "source") else {
                continue;
            };
            let cut = markdown::cut(&source.body_markdown);
            let segments: Vec<&Segment> = cut.segments().collect();
            for page in pages.iter().filter(|page| page.locale != source.locale) {
                self.pair(hash(name), (source, &segments), page, &mut real);
            }
        }
        Ok(real)
    }

    fn pair(
        &self,
        group: u64,
        (source, segments): (&Page, &[&Segment]),
        page: &Page,
        real: &mut Vec<Real>,
    ) {
        let (Ok(from), Ok(to)) = (Locale::parse(&source.locale), Locale::parse(&page.locale))
        else {
            return;
        };
        if self.to.as_ref().is_some_and(|only| *only != to) {
            return;
        }
        let cut = markdown::cut(&page.body_markdown);
        let said: Vec<&Segment> = cut.segments().collect();
        let kinds = |segments: &[&Segment]| -> Vec<SegmentKind> {
            segments.iter().map(|segment| segment.kind).collect()
        };
        if kinds(segments) != kinds(&said) {
            return;
        }
        let pairs = segments.iter().zip(&said);
        let is_said = |pair: &(&&Segment, &&Segment)| {
            markdown::is_translatable(pair.0) && pair.0.text != pair.1.text
        };
        real.extend(pairs.filter(is_said).map(|(source, target)| Real {
            group,
            direction: Direction { source: from.clone(), target: to.clone() },
            kind: source.kind,
            source: source.text.clone(),
            target: target.text.clone(),
        }));
    }

    /// A memory of many pairs, asked.
    fn large(&self, real: &[Real]) -> anyhow::Result<Large> {
        let folder = tempfile::tempdir()?;
        let memory = Memory::open(folder.path())?;
        let mut writer = memory.writer(Pace::Bulk)?;
        let vocabulary = vocabulary(real);
        let began = Instant::now();
        for (at, one) in (0..self.pairs).zip(real.iter().cycle()) {
            let source = varied(one, at, &vocabulary);
            writer.add_new(&one.direction, pair(one.kind, &source, &one.target))?;
        }
        writer.commit(1)?;
        writer.settle()?;
        let built = began.elapsed();
        let step = (real.len() / self.questions.max(1)).max(1);
        let mut times = Vec::new();
        let (mut found, mut last) = (0_u64, self.pairs);
        for one in real.iter().step_by(step).take(self.questions) {
            last += 1;
            let text = varied(one, last, &vocabulary);
            let words = words(one.kind, &text);
            let asked =
                Asked { direction: &one.direction, text: &text, words: &words, context: None };
            let began = Instant::now();
            let likely = memory.like(&asked, 5, &mut |_| true)?;
            times.push(began.elapsed());
            found += u64::from(!likely.is_empty());
        }
        times.sort_unstable();
        let at = |part: usize| {
            let place = (times.len() * part / 100).min(times.len().saturating_sub(1));
            times.get(place).map_or(0.0, |time| 1_000.0 * time.as_secs_f64())
        };
        Ok(Large {
            pairs: memory.count(),
            seconds: built.as_secs_f64(),
            bytes: size(folder.path())?,
            asked: times.len(),
            found,
            p50: at(50),
            p99: at(99),
        })
    }
}

/// What was measured of a large memory.
#[derive(serde::Serialize)]
struct Large {
    pairs: u64,
    seconds: f64,
    bytes: u64,
    asked: usize,
    found: u64,
    p50: f64,
    p99: f64,
}

impl std::fmt::Display for Large {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pairs, seconds, bytes, asked, found, p50, p99 } = self;
        let each = bytes.checked_div(*pairs).unwrap_or(0);
        write!(
            f,
            "{pairs} pairs: {bytes} bytes on disk ({each} each), built in {seconds:.0} s\n{asked} questions, {found} with a match: p50 {p50:.1} ms, p99 {p99:.1} ms"
        )
    }
}

fn per(part: u64, whole: u64) -> f64 {
    let of = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { of(part) / of(whole) }
}

/// Builds a memory of the groups of even hash and asks it for the others: for each direction, how many have a best
/// match in each band.
fn halves(real: &[Real]) -> anyhow::Result<BTreeMap<String, [u64; 5]>> {
    let memory = Memory::in_memory()?;
    let mut writer = memory.writer(Pace::Bulk)?;
    let (known, asked): (Vec<&Real>, Vec<&Real>) = real.iter().partition(|one| one.group % 2 == 0);
    for one in known {
        writer.add_new(&one.direction, pair(one.kind, &one.source, &one.target))?;
    }
    writer.commit(1)?;
    writer.settle()?;
    let mut rates: BTreeMap<String, [u64; 5]> = BTreeMap::new();
    for one in asked {
        let words = words(one.kind, &one.source);
        let question =
            Asked { direction: &one.direction, text: &one.source, words: &words, context: None };
        let best = memory.like(&question, 1, &mut |_| true)?;
        let percent = best.first().map_or(0, |likely| likely.percent);
        let band = BANDS.iter().position(|(_, from, to)| (*from..=*to).contains(&percent));
        let name = format!("{} > {}", one.direction.source, one.direction.target);
        for name in [name, "all".to_owned()] {
            let bands = rates.entry(name).or_default();
            if let Some(count) = band.and_then(|band| bands.get_mut(band)) {
                *count += 1;
            }
        }
    }
    Ok(rates)
}

fn words(kind: SegmentKind, text: &str) -> String {
    let segment = Segment::new(kind, text);
    let codes = markdown::codes(&segment);
    markdown::words(text, &codes).collect::<Vec<_>>().join(" ")
}

fn pair(kind: SegmentKind, source: &str, target: &str) -> Pair {
    let agency = AgencyId::from_bytes([1; 16]);
    Pair {
        words: words(kind, source),
        source: source.to_owned(),
        target: target.to_owned(),
        context: None,
        from: Provenance::Imported { agency, name: "bench".to_owned() },
        at: Timestamp::from_millis(0),
    }
}

/// The words of each source language.
fn vocabulary(real: &[Real]) -> HashMap<Locale, Vec<String>> {
    let mut words: HashMap<Locale, Vec<String>> = HashMap::new();
    for one in real {
        let known = words.entry(one.direction.source.clone()).or_default();
        known.extend(one.source.split_whitespace().map(str::to_owned));
    }
    words
}

/// A text with one word in five exchanged for another of its language; `at` decides which.
fn varied(one: &Real, at: u64, vocabulary: &HashMap<Locale, Vec<String>>) -> String {
    let known = vocabulary.get(&one.direction.source).map_or(&[][..], Vec::as_slice);
    let mut said = Vec::new();
    for (place, word) in one.source.split_whitespace().enumerate() {
        let chance = hash((at, place));
        let other = usize::try_from(chance >> 8)
            .ok()
            .and_then(|chance| known.get(chance.checked_rem(known.len()).unwrap_or(0)));
        said.push(if chance % 5 == 0 { other.map_or(word, String::as_str) } else { word });
    }
    said.join(" ")
}

fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for item in fs::read_dir(folder)? {
        bytes += item?.metadata()?.len();
    }
    Ok(bytes)
}
