//! Questions to ask of the content that [`super::content`] makes.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares lie between 0 and 1, ranks far below 2^53"
)]

use clap::ValueEnum;

use super::content::{self, LOCALES, TOPICS, mixed};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// One entry by its slug.
    Entry,
    /// Twenty entries of a topic, newest first.
    List,
}

/// How often each thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Law {
    /// The second half as often as the first, the third a third as often, and so on.
    Zipf,
    /// Each as often as any other.
    Uniform,
}

/// Questions, one after the other, always the same.
#[derive(Debug)]
pub(super) struct Questions {
    what: What,
    law: Law,
    entries: u64,
    state: u64,
}

impl Questions {
    pub(super) fn new(what: What, law: Law, entries: u64, seed: u64) -> Self {
        Self { what, law, entries, state: mixed(seed, 77) }
    }

    /// A path with its query.
    pub(super) fn next(&mut self) -> String {
        match self.what {
            What::Entry => {
                let at = self.choose(self.entries * LOCALES.len() as u64);
                let (entry, locale) = place(at, self.entries);
                format!(
                    "/v1/entries/guidance/{}?locale={locale}",
                    content::slug("guidance", entry, locale)
                )
            }
            What::List => {
                let at = self.choose(TOPICS * LOCALES.len() as u64);
                let (topic, locale) = place(at, TOPICS);
                // The private part is of no meaning and makes it a question that nobody asked before.
                let nobody = self.state % 0xff_ffff;
                format!(
                    "/v1/entries/guidance?locale={locale}-x-{nobody:x}&filter%5Btopics%5D={}&sort=-published_at&limit=20",
                    content::key("topic", topic)
                )
            }
        }
    }

    /// One of so many things.
    fn choose(&mut self, of: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = mixed(self.state, 3) >> 11;
        match self.law {
            Law::Uniform => random % of,
            // The logarithm of the rank is uniform: Zipf's law with exponent 1.
            Law::Zipf => {
                let share = random as f64 / (1_u64 << 53) as f64;
                (((of as f64).ln() * share).exp() as u64).min(of) - 1
            }
        }
    }
}

/// The thing and the locale of a rank: neighbours in rank lie far apart.
fn place(rank: u64, things: u64) -> (u64, &'static str) {
    let locales = LOCALES.len() as u64;
    let at = mixed(rank, 5) % things;
    let locale = usize::try_from(mixed(rank, 6) % locales).unwrap_or(0);
    (at, LOCALES.get(locale).copied().unwrap_or("en"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn by_zipfs_law_few_questions_are_asked_often() {
        let often = |law| {
            let mut questions = Questions::new(What::Entry, law, 1_000, 1);
            let mut asked: HashMap<String, u64> = HashMap::new();
            for _ in 0..20_000 {
                *asked.entry(questions.next()).or_default() += 1;
            }
            asked.into_values().max().unwrap()
        };
        assert!(often(Law::Zipf) > 1_000);
        assert!(often(Law::Uniform) < 100);
    }
}
