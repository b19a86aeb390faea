//! How long a text is to read, and how it begins.

use icu_segmenter::{
    SentenceSegmenter, WordSegmenter,
    options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions},
};

use crate::locale::Locale;

/// Words a minute where the language has no measured rate: the mean of those that have one.
const MEAN_RATE: u32 = 184;

/// Words a minute by language: means of adults reading aloud, from S. Trauzettel-Klosinski and K. Dietz,
/// "Standardized Assessment of Reading Performance: The New International Reading Speed Texts `IReST`",
/// Investigative Ophthalmology & Visual Science 53 (2012), table 3. Readers of guidance are not all
/// skilled and not all calm, so that the figures for reading aloud, which are the lower ones, fit.
const RATES: [(&str, u32); 17] = [
    ("ar", 138),
    ("de", 179),
    ("en", 228),
    ("es", 218),
    ("fi", 161),
    ("fr", 195),
    ("he", 187),
    ("it", 188),
    ("ja", 193),
    ("nl", 202),
    ("pl", 166),
    ("pt", 181),
    ("ru", 184),
    ("sl", 180),
    ("sv", 199),
    ("tr", 166),
    ("zh", 158),
];

/// The words of a text in any script: with dictionaries for Chinese, Japanese, Thai, Khmer, Lao and
/// Burmese, which don't write spaces between words.
pub(super) fn words(text: &str) -> u32 {
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let words = segmenter
        .segment_str(text)
        .iter_with_word_type()
        .filter(|(_, kind)| kind.is_word_like())
        .count();
    u32::try_from(words).unwrap_or(u32::MAX)
}

/// The minutes that reading so many words takes, rounded, and at least one. For a language without a
/// measured rate it is the mean of those that have one.
pub(super) fn minutes(words: u32, locale: &Locale) -> u32 {
    let language = locale.language();
    let rate =
        RATES.iter().find(|(name, _)| *name == language).map_or(MEAN_RATE, |(_, rate)| *rate);
    words.saturating_add(rate / 2).checked_div(rate).unwrap_or(0).max(1)
}

/// The beginning of a text, at most `limit` characters long: whole sentences if they fill at least a
/// third of it, otherwise whole words and an ellipsis. White space of any kind becomes one space.
pub fn summary_of(text: &str, limit: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = flat.char_indices().nth(limit) else { return flat };
    let fits = |at: &usize| flat.get(..*at).is_some_and(|head| head.trim_end().len() <= end);
    let beginning = |at: usize| flat.get(..at).unwrap_or_default().trim_end();

    let sentences = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let sentence = beginning(sentences.segment_str(&flat).take_while(fits).last().unwrap_or(0));
    if sentence.chars().count() * 3 >= limit && !sentence.is_empty() {
        return sentence.to_owned();
    }
    let end = flat.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(at, _)| at);
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let at_word =
        beginning(segmenter.segment_str(&flat).take_while(|at| *at <= end).last().unwrap_or(0));
    // One word longer than the limit is cut where it must be.
    let head = if at_word.is_empty() { beginning(end) } else { at_word };
    format!("{}…", head.trim_end_matches(|c: char| c.is_ascii_punctuation() || c.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes_of(count: u32, tag: &str) -> u32 {
        minutes(count, &Locale::parse(tag).unwrap())
    }

    #[test]
    fn words_are_counted_in_scripts_without_spaces_too() {
        assert_eq!(words("Don't panic: call 0800 123 now."), 6);
        assert_eq!(words("ความเป็นส่วนตัว"), 4);
        assert_eq!(words("東京都に住んでいます。"), 7);
        assert_eq!(words(""), 0);
    }

    #[test]
    fn reading_takes_at_least_a_minute_and_depends_on_the_language() {
        assert_eq!(minutes_of(0, "en"), 1);
        assert_eq!(minutes_of(912, "en-GB"), 4);
        assert_eq!(minutes_of(912, "zh-Hant"), 6);
        assert_eq!(minutes_of(912, "th"), 5);
        assert!(minutes_of(u32::MAX, "en") > 1_000_000);
    }

    #[test]
    fn a_summary_ends_with_a_sentence_or_a_word() {
        let text = "Tell someone you trust. You are not\nto blame for what has happened to you.";
        assert_eq!(summary_of(text, 200), text.replace('\n', " "));
        assert_eq!(summary_of(text, 40), "Tell someone you trust.");
        assert_eq!(summary_of(text, 20), "Tell someone you…");
        assert_eq!(
            summary_of("相談してください。あなたは悪くありません。", 12),
            "相談してください。"
        );
        assert_eq!(summary_of("Donaudampfschifffahrt", 6), "Donau…");
        for limit in 0..80 {
            assert!(summary_of(text, limit).chars().count() <= limit.max(1), "{limit}");
        }
    }
}
