//! How much text there is in each language, so that a French page is weighed among French pages.

use super::{
    layout::Layout,
    ranking::{Length, RankedField, Statistics},
    snapshot::Snapshot,
    text::PARTS,
};
use crate::locale::Locale;

/// The forms of one locale in one segment, dead ones among them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    pub(super) forms: u64,
    /// The words of each part, and the grams behind them.
    pub(super) tokens: [u64; PARTS + 1],
}

impl Lengths {
    fn add(&mut self, other: Self) {
        self.forms += other.forms;
        for (sum, tokens) in self.tokens.iter_mut().zip(other.tokens) {
            *sum += tokens;
        }
    }
}

/// What is usual in the forms of some locales. Nothing is zero, so that everything can be divided by it.
pub(super) fn of<'s>(
    snapshot: &'s Snapshot,
    layout: &Layout,
    locales: &[Locale],
) -> Statistics<'s> {
    let mut all = Lengths::default();
    for segment in snapshot.segments() {
        for (_, own) in segment.columns.lengths().filter(|(locale, _)| locales.contains(locale)) {
            all.add(own);
        }
    }
    let [title, headings, summary, body, grams] = all.tokens.map(|tokens| tokens.max(1));
    // The grams of all parts lie in one field, which is counted with the body.
    let lengths = [(title, 1), (headings, 1), (summary, 1), (body, grams)];
    let lengths = fields(layout).into_iter().zip(lengths);
    let lengths: Vec<Length> =
        lengths.map(|(field, (words, grams))| Length { field, words, grams }).collect();
    Statistics::new(&snapshot.searcher, all.forms.max(1), &lengths)
}

/// The parts as they are ranked, title first and body last.
pub(super) fn fields(layout: &Layout) -> [RankedField; PARTS] {
    layout.words.map(|words| RankedField { words, grams: layout.grams, weight: 1.0 })
}
