//! Machine translation, as a port: what a provider is asked, and what is taken of what it answers.
//!
//! A provider gets texts whose codes and numbers are masked, and gives proposals. One that lost a mask, made one up or
//! crossed two is dropped: a help line's number is never what a machine makes of it. What is left is a draft, and marked.

use std::ops::Range;

use async_trait::async_trait;

use super::memory::Direction;
use crate::segment::code::{InlineCode, Side};

pub mod pseudo;

/// Why a provider gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It doesn't translate these languages.
    #[error("the provider doesn't translate from {0} into {1}")]
    Direction(String, String),
    /// It didn't answer, or not in time.
    #[error("the provider doesn't answer: {0}")]
    Unavailable(String),
    /// It answered something else than translations.
    #[error("the provider's answer can't be read: {0}")]
    Answer(String),
}

/// Translates texts.
#[async_trait]
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// Its name, for those who look at what it made.
    fn name(&self) -> &'static str;

    /// How many texts it takes at once, and how many characters they may have together.
    fn at_once(&self) -> (usize, usize);

    /// Translates texts, each on its own, in their order.
    ///
    /// # Errors
    /// [`ProviderError`]: none of them was translated.
    async fn translate(
        &self,
        direction: &Direction,
        texts: &[String],
    ) -> Result<Vec<String>, ProviderError>;
}

/// Begins a mask, before its number.
const BEGIN: char = '⟦';
/// Ends it.
const END: char = '⟧';

/// A text whose codes and numbers are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text with `⟦1⟧` and so on in their places.
    pub text: String,
    /// What each stands for.
    hidden: Vec<Hidden>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hidden {
    written: String,
    side: Side,
}

/// Why a proposal is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The text has characters that masks are made of.
    #[error("the text can't be masked")]
    CannotBeMasked,
    /// Something that was masked is missing, there twice, made up, or without its partner.
    #[error("codes or numbers came back otherwise")]
    Broken,
    /// It says nothing.
    #[error("nothing came back")]
    Empty,
}

impl Masked {
    /// Masks a text.
    ///
    /// # Errors
    /// [`Unusable::CannotBeMasked`].
    pub fn of(text: &str, codes: &[InlineCode]) -> Result<Self, Unusable> {
        if text.contains([BEGIN, END]) {
            return Err(Unusable::CannotBeMasked);
        }
        let mut stretches: Vec<(Range<usize>, Side)> =
            codes.iter().map(|code| (code.range.clone(), code.side)).collect();
        let mut from = 0;
        for end in codes.iter().map(|code| code.range.start).chain([text.len()]) {
            let words = text.get(from..end).unwrap_or_default();
            stretches
                .extend(numbers(words).map(|it| (from + it.start..from + it.end, Side::Alone)));
            from = codes
                .iter()
                .find(|code| code.range.start == end)
                .map_or(end, |code| code.range.end);
        }
        stretches.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut masked, mut hidden, mut from) = (String::new(), Vec::new(), 0);
        for (range, side) in stretches {
            masked.push_str(text.get(from..range.start).unwrap_or_default());
            let written = text.get(range.clone()).unwrap_or_default().to_owned();
            hidden.push(Hidden { written, side });
            masked.push(BEGIN);
            masked.push_str(&hidden.len().to_string());
            masked.push(END);
            from = range.end;
        }
        masked.push_str(text.get(from..).unwrap_or_default());
        Ok(Self { text: masked, hidden })
    }

    /// Whether there is a word outside the masks.
    pub fn has_words(&self) -> bool {
        self.text.contains(char::is_alphabetic)
    }

    /// A proposal with what was masked in its places.
    ///
    /// # Errors
    /// [`Unusable`] when a mask is missing, there twice, made up, or without its partner.
    pub fn restore(&self, proposal: &str) -> Result<String, Unusable> {
        let mut text = String::new();
        let mut used = vec![false; self.hidden.len()];
        let mut open = Vec::new();
        let mut rest = proposal;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            let (number, behind) = after.split_once(END).ok_or(Unusable::Broken)?;
            let at = number.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let at = at.ok_or(Unusable::Broken)?;
            let hidden = self.hidden.get(at).ok_or(Unusable::Broken)?;
            let is_used = used.get_mut(at).is_none_or(|used| std::mem::replace(used, true));
            let is_in_order = match hidden.side {
                Side::Open(pair) => {
                    open.push(pair);
                    true
                }
                Side::Close(pair) => open.pop() == Some(pair),
                Side::Alone => true,
            };
            if is_used || !is_in_order {
                return Err(Unusable::Broken);
            }
            text.extend([before, &hidden.written]);
            rest = behind;
        }
        text.push_str(rest);
        if rest.contains(END) || !used.iter().all(|used| *used) {
            return Err(Unusable::Broken);
        }
        // A digit that wasn't in the text is made up.
        let words = self
            .hidden
            .iter()
            .fold(text.clone(), |text, hidden| text.replacen(&hidden.written, " ", 1));
        if words.contains(char::is_numeric) {
            return Err(Unusable::Broken);
        }
        if text.trim().is_empty() { Err(Unusable::Empty) } else { Ok(text) }
    }
}

/// Numbers with what groups their digits: `116 111`, `0800-1111`, `1,5`, `50 %` without its sign.
fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_numeric()) {
        let end = at + c.len_utf8();
        let joins = |last: &Range<usize>| {
            let between = text.get(last.end..at).unwrap_or_default();
            let mut chars = between.chars();
            match (chars.next(), chars.next()) {
                (None, _) => true,
                (Some(c), None) => {
                    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '.' | ',' | '-' | '/' | ':')
                }
                (Some(_), Some(_)) => false,
            }
        };
        match found.last_mut().filter(|last| joins(last)) {
            Some(last) => last.end = end,
            None => found.push(at..end),
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::code::CodeKind;

    fn masked(text: &str, codes: &[(&str, Side)]) -> Masked {
        let mut from = 0;
        let codes: Vec<_> = codes
            .iter()
            .map(|(code, side)| {
                let at = from + text.get(from..).unwrap().find(code).unwrap();
                from = at + code.len();
                InlineCode { range: at..from, kind: CodeKind::Strong, side: *side }
            })
            .collect();
        Masked::of(text, &codes).unwrap()
    }

    #[test]
    fn codes_and_numbers_are_masked_and_come_back() {
        let text = "Call **116 111** or {{route:a}} within 24 hours, 1 of 2";
        let codes = [("**", Side::Open(1)), ("**", Side::Close(1)), ("{{route:a}}", Side::Alone)];
        let masked = masked(text, &codes);
        assert_eq!(masked.text, "Call ⟦1⟧⟦2⟧⟦3⟧ or ⟦4⟧ within ⟦5⟧ hours, ⟦6⟧ of ⟦7⟧");
        assert_eq!(masked.restore(&masked.text).as_deref(), Ok(text));
        let turned = "Dans les ⟦5⟧ heures, ⟦6⟧ sur ⟦7⟧, ⟦4⟧ ou ⟦ 1 ⟧⟦2⟧⟦3⟧";
        assert_eq!(
            masked.restore(turned).as_deref(),
            Ok("Dans les 24 heures, 1 sur 2, {{route:a}} ou **116 111**")
        );
    }

    #[test]
    fn what_lost_crossed_or_made_up_something_is_dropped() {
        let masked = masked("**Call** 112", &[("**", Side::Open(1)), ("**", Side::Close(1))]);
        assert_eq!(masked.text, "⟦1⟧Call⟦2⟧ ⟦3⟧");
        for broken in [
            "Appelez ⟦3⟧",
            "⟦2⟧Appelez⟦1⟧ ⟦3⟧",
            "⟦1⟧Appelez⟦2⟧ ⟦3⟧ ⟦3⟧",
            "⟦1⟧Appelez⟦2⟧ ⟦3⟧ ⟦4⟧",
            "⟦1⟧Appelez⟦2⟧ ⟦3⟧ 113",
            "⟦1⟧Appelez⟦2⟧ ⟦3⟧⟧",
            "⟦1⟧Appelez⟦2⟧ ⟦3",
            "⟦1⟧Appelez⟦2⟧ ⟦x⟧",
        ] {
            assert_eq!(masked.restore(broken), Err(Unusable::Broken), "{broken}");
        }
        assert_eq!(Masked::of("⟦1⟧", &[]), Err(Unusable::CannotBeMasked));
        assert_eq!(Masked::of("a", &[]).unwrap().restore(" "), Err(Unusable::Empty));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(text in "[^⟦⟧]{0,60}") {
            let masked = Masked::of(&text, &[]).unwrap();
            match masked.restore(&masked.text) {
                Ok(again) => prop_assert_eq!(again, text),
                Err(unusable) => prop_assert_eq!(unusable, Unusable::Empty),
            }
        }
    }
}
