//! How much text there is in each language, so that a French page is weighed among French pages.

use std::collections::HashMap;

use super::{layout::Layout, ranking::Statistics, snapshot::Snapshot, text::PARTS};
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
    let fields = layout.words.into_iter().chain([layout.grams]);
    let tokens: HashMap<_, _> = fields.zip(all.tokens.map(|tokens| tokens.max(1))).collect();
    Statistics { searcher: &snapshot.searcher, texts: all.forms.max(1), tokens }
}
