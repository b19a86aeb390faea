//! Typing errors in questions, always the same for a seed.

use super::content::mixed;

/// The fewest letters of a word in which an error is made.
const LETTERS: usize = 5;

/// Makes one typing error in a question.
#[derive(Debug)]
pub(super) struct Typist {
    seed: u64,
    /// The letters that questions are written with, common ones often.
    letters: Vec<char>,
}

impl Typist {
    /// One that mistakes letters for others of these questions.
    pub(super) fn new<'q>(seed: u64, questions: impl Iterator<Item = &'q str>) -> Self {
        let letters = questions.flat_map(str::chars).filter(|c| c.is_alphabetic());
        Self { seed, letters: letters.flat_map(char::to_lowercase).collect() }
    }

    /// The question with an error in one of its longer words; as it is where all are short.
    pub(super) fn mistyped(&self, id: &str, question: &str) -> String {
        let own = id.bytes().fold(self.seed, |own, byte| mixed(own, u64::from(byte)));
        let mut random = Random(own);
        let mut text: Vec<char> = question.chars().collect();
        let words = long_words(&text);
        let Some((start, end)) = words.get(random.below(words.len())).copied() else {
            return question.to_owned();
        };
        let at = start + random.below(end - start);
        let letter = self.letters.get(random.below(self.letters.len())).copied().unwrap_or('x');
        match random.below(4) {
            0 => drop(text.remove(at)),
            1 => text.insert(at, letter),
            2 => text.splice(at..=at, [letter]).for_each(drop),
            _ => {
                let left = at.min(end - 2);
                text.swap(left, left + 1);
            }
        }
        text.into_iter().collect()
    }
}

/// Where words with at least [`LETTERS`] letters stand.
fn long_words(text: &[char]) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    for at in 0..=text.len() {
        let in_word = text.get(at).is_some_and(|c| c.is_alphabetic());
        match start {
            None if in_word => start = Some(at),
            Some(from) if !in_word => {
                if at - from >= LETTERS {
                    words.push((from, at));
                }
                start = None;
            }
            Some(_) | None => {}
        }
    }
    words
}

struct Random(u64);

impl Random {
    /// A number below a limit; 0 where there is none.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = mixed(self.0, 11).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from((self.0 >> 20) % limit).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_is_made_in_one_longer_word_and_the_same_one_each_time() {
        let question = "What is the remedy for sextortion by an ex?";
        let typist = |seed| Typist::new(seed, std::iter::once(question));
        let mut different = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let typed = typist(seed).mistyped("a", question);
            assert_eq!(typed, typist(seed).mistyped("a", question));
            let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            let (typed, meant) = (words(&typed), words(question));
            assert_eq!(typed.len(), meant.len());
            let wrong: Vec<_> = typed.iter().zip(&meant).filter(|(a, b)| a != b).collect();
            assert!(wrong.len() <= 1 && wrong.iter().all(|(_, word)| word.len() >= LETTERS));
            different.extend(wrong.into_iter().map(|(typed, _)| typed.clone()));
        }
        assert!(different.len() > 30);
        assert_eq!(typist(1).mistyped("a", "Who is he?"), "Who is he?");
        assert_eq!(typist(1).mistyped("a", ""), "");
    }
}
