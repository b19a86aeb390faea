//! Anchors: the ids of headings, made from their texts.

use std::collections::{HashMap, HashSet};

use icu_normalizer::ComposingNormalizer;

use crate::locale::Locale;

/// What the id of a heading starts with. No property of a DOM object has a hyphen in its name, so an
/// id with this prefix can't shadow one.
pub(super) const PREFIX: &str = "h-";
/// The most characters of an anchor, prefix and number apart.
const LIMIT: usize = 80;

/// Gives each heading of one text an id of its own.
#[derive(Debug)]
pub(super) struct Anchors {
    dotted_i: bool,
    taken: HashSet<String>,
    next_number: HashMap<String, usize>,
}

impl Anchors {
    /// For a text in this locale, whose rules of lower case are followed.
    pub(super) fn new(locale: &Locale) -> Self {
        let language = locale.language();
        Self {
            dotted_i: matches!(language, "tr" | "az"),
            taken: HashSet::new(),
            next_number: HashMap::new(),
        }
    }

    /// An id for a heading with this text: letters, marks and digits of any script in lower case and
    /// normal form C, hyphens for what is between them. A second heading with the same text gets `-2`.
    pub(super) fn id(&mut self, text: &str) -> String {
        let base = self.base(text);
        let next = self.next_number.entry(base.clone()).or_insert(1);
        loop {
            let id = if *next == 1 { base.clone() } else { format!("{base}-{next}") };
            *next += 1;
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }

    /// The id that a fragment written by an author means, if it is one of a heading.
    pub(super) fn target(&self, fragment: &str) -> Option<String> {
        let id = format!("{PREFIX}{}", fragment.to_lowercase());
        self.taken.contains(&id).then_some(id)
    }

    fn base(&self, text: &str) -> String {
        let text = if self.dotted_i {
            text.replace('I', "ı").replace('İ', "i").to_lowercase()
        } else {
            text.to_lowercase()
        };
        let mut base = PREFIX.to_owned();
        let mut length = 0;
        for c in ComposingNormalizer::new_nfc().normalize(&text).chars() {
            if length == LIMIT {
                break;
            }
            if is_word(c) {
                base.push(c);
            } else if is_between(c) && !base.ends_with('-') {
                base.push('-');
            } else {
                continue;
            }
            length += 1;
        }
        let trimmed = base.trim_end_matches('-');
        if trimmed.len() < PREFIX.len() { format!("{PREFIX}section") } else { trimmed.to_owned() }
    }
}

/// Letters, the marks that belong to them (which `is_alphanumeric` does not know all of) and digits.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_mark(c)
}

fn is_mark(c: char) -> bool {
    use icu_properties::props::{EnumeratedProperty as _, GeneralCategory, GeneralCategoryGroup};
    GeneralCategoryGroup::Mark.contains(GeneralCategory::for_char(c))
}

fn is_between(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '/' | ':' | '.' | '‐'..='―' | '、' | '。' | '，' | '：' | '・')
}
