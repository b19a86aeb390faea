//! A site's own glossary: what things are called, in each language, and what they aren't to be called.
//!
//! Its terms are entries of the type [`TYPE`]; those that are published are agreed. A term is data and never a pattern:
//! it is found by its words, or as it stands (`phrase`). Pure: what is a word in which language, and what its
//! forms share, is told by a [`Read`], `search`'s business.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    ops::Range,
    sync::Arc,
};

use parking_lot::RwLock;
use serde_json::Value;

use self::phrase::{Lexicon, Role};
use crate::{event::Fields, id::EntryId, locale::Locale};

mod phrase;

/// The content type of terms.
pub const TYPE: &str = "term";

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What its forms share.
    pub stem: String,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// A text in one spelling, with its words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The text, without marks that nobody sees, with one space where white space was.
    pub text: String,
    /// Its words, in order.
    pub words: Vec<Word>,
}

/// Reads a text of a locale.
pub type Read = fn(&str, &Locale) -> Reading;

/// How a term is found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Inflection {
    /// By what the forms of its words share.
    #[default]
    Stem,
    /// As it stands.
    Exact,
}

/// A wording that isn't to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// What isn't to be said.
    pub wording: String,
    /// Why.
    pub reason: Option<String>,
}

/// What a term is called in one locale.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wording {
    /// What to say.
    pub term: String,
    /// What it means.
    pub definition: Option<String>,
    /// What may be said as well.
    pub variants: Vec<String>,
    /// What isn't to be said.
    pub forbidden: Vec<Forbidden>,
    /// Phrases in which that may stand.
    pub exempt: Vec<String>,
}

impl Wording {
    /// What a term's fields in a locale say; none without the term itself.
    pub fn of(fields: &Fields) -> Option<Self> {
        let value = |name: &str| fields.iter().find(|(known, _)| known.as_str() == name);
        let text = |name: &str| value(name).and_then(|(_, value)| value.as_str());
        let list = |name: &str| value(name).and_then(|(_, value)| value.as_array());
        let texts = |name: &str| -> Vec<String> {
            let texts = list(name).into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        let forbidden = list("forbidden").into_iter().flatten().filter_map(|one| {
            Some(Forbidden {
                wording: one.get("wording")?.as_str()?.to_owned(),
                reason: one.get("reason").and_then(Value::as_str).map(str::to_owned),
            })
        });
        Some(Self {
            term: text("title").filter(|term| !term.trim().is_empty())?.to_owned(),
            definition: text("definition").map(str::to_owned),
            variants: texts("variants"),
            forbidden: forbidden.collect(),
            exempt: texts("exempt"),
        })
    }

    /// What may be said: the term, then its variants.
    pub fn approved(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.term.as_str()).chain(self.variants.iter().map(String::as_str))
    }
}

/// A term in all its locales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its entry.
    pub entry: EntryId,
    /// Whether capital and small letters are told apart.
    pub is_case_sensitive: bool,
    /// How it is found.
    pub inflection: Inflection,
    /// What it is called.
    pub wordings: BTreeMap<Locale, Wording>,
}

impl Term {
    /// A term with these shared fields, called nothing yet.
    pub fn of(entry: EntryId, shared: &Fields) -> Self {
        let value = |name: &str| {
            shared.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
        };
        let is_exact = value("inflection").and_then(Value::as_str) == Some("exact");
        Self {
            entry,
            is_case_sensitive: value("case_sensitive").and_then(Value::as_bool).unwrap_or(false),
            inflection: if is_exact { Inflection::Exact } else { Inflection::Stem },
            wordings: BTreeMap::new(),
        }
    }

    /// What it is called in a locale: what is said for that, or for its language and script without a region.
    pub fn in_locale(&self, locale: &Locale) -> Option<&Wording> {
        self.wordings.get(locale).or_else(|| {
            let wider = |known: &&Locale| {
                known.region().is_none()
                    && known.language() == locale.language()
                    && (known.script().is_none() || known.script() == locale.script())
            };
            self.wordings.keys().filter(wider).max().and_then(|known| self.wordings.get(known))
        })
    }
}

/// A term that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Its entry.
    pub entry: EntryId,
    /// What stands in the text.
    pub found: String,
    /// What it is called in the text's language.
    pub source: Wording,
    /// What it is to be called in the other, where that is agreed.
    pub target: Option<Wording>,
}

/// A wording that isn't to be used, found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misused {
    /// The term's entry.
    pub entry: EntryId,
    /// What stands there.
    pub found: String,
    /// What to say.
    pub instead: String,
    /// Why.
    pub reason: Option<String>,
}

/// All terms that are agreed.
pub struct Glossary {
    terms: Vec<Term>,
    read: Read,
    /// What is looked for in each locale, made when it is first asked.
    lexicons: RwLock<HashMap<Locale, Arc<Lexicon>>>,
}

impl Glossary {
    /// A glossary of these terms.
    pub fn new(terms: Vec<Term>, read: Read) -> Self {
        Self { terms, read, lexicons: RwLock::default() }
    }

    /// How many terms there are.
    pub const fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    fn lexicon(&self, locale: &Locale) -> Arc<Lexicon> {
        if let Some(known) = self.lexicons.read().get(locale) {
            return Arc::clone(known);
        }
        let made = Arc::new(Lexicon::of(&self.terms, locale, self.read));
        self.lexicons.write().insert(locale.clone(), Arc::clone(&made));
        made
    }

    /// What is found in a text, and the text as it was read.
    fn found(&self, text: &str, locale: &Locale) -> (Vec<phrase::Match>, Reading) {
        if self.terms.is_empty() {
            return (Vec::new(), Reading::default());
        }
        let lexicon = self.lexicon(locale);
        if lexicon.is_empty() {
            return (Vec::new(), Reading::default());
        }
        let reading = (self.read)(text, locale);
        (lexicon.matches(&reading), reading)
    }

    /// The terms in a text, in the order in which they stand there, each once, with what they are to be called in
    /// another locale. Of a term within a longer one only the longer is told.
    pub fn terms_in(&self, text: &str, (of, to): (&Locale, &Locale)) -> Vec<Agreed> {
        let (found, reading) = self.found(text, of);
        let found: Vec<_> = found.into_iter().filter(|it| it.role == Role::Approved).collect();
        let mut told: Vec<Agreed> = Vec::new();
        for one in &found {
            let is_within = |other: &phrase::Match| {
                other.range.len() > one.range.len()
                    && other.range.start <= one.range.start
                    && one.range.end <= other.range.end
            };
            let Some(term) = self.terms.get(one.term).filter(|_| !found.iter().any(is_within))
            else {
                continue;
            };
            let Some(source) = term.in_locale(of) else { continue };
            if told.iter().all(|known| known.entry != term.entry) {
                told.push(Agreed {
                    entry: term.entry,
                    found: reading.text.get(one.range.clone()).unwrap_or_default().to_owned(),
                    source: source.clone(),
                    target: term.in_locale(to).cloned(),
                });
            }
        }
        told
    }

    /// The terms in a source whose translation has nothing of what they are to be called: for each what to say.
    pub fn lacking(
        &self,
        (source, target): (&str, &str),
        (of, to): (&Locale, &Locale),
    ) -> Vec<String> {
        let mut wanted = self.terms_in(source, (of, to));
        wanted.retain(|agreed| agreed.target.is_some());
        if wanted.is_empty() {
            return Vec::new();
        }
        let (found, _) = self.found(target, to);
        let said: BTreeSet<EntryId> = found
            .iter()
            .filter(|it| it.role == Role::Approved)
            .filter_map(|it| self.terms.get(it.term).map(|term| term.entry))
            .collect();
        wanted.retain(|agreed| !said.contains(&agreed.entry));
        wanted.into_iter().filter_map(|agreed| Some(agreed.target?.term)).collect()
    }

    /// Wording in a text that isn't to be used, in the order in which it stands there. In a phrase that is exempt it may
    /// stand, and so it may in what is agreed.
    pub fn forbidden_in(&self, text: &str, locale: &Locale) -> Vec<Misused> {
        let (found, reading) = self.found(text, locale);
        let mut told: Vec<Misused> = Vec::new();
        for one in &found {
            let Role::Forbidden(at) = one.role else { continue };
            let stands = reading.text.get(one.range.clone()).unwrap_or_default();
            let may_stand = |other: &phrase::Match| {
                let holds =
                    other.range.start <= one.range.start && one.range.end <= other.range.end;
                match other.role {
                    Role::Exempt => holds,
                    Role::Approved => {
                        // Another form of what is agreed may well share its stem with what isn't.
                        let is_longer = other.range.len() > one.range.len();
                        holds && (is_longer || self.is_agreed(other.term, stands, locale))
                    }
                    Role::Forbidden(_) => false,
                }
            };
            if found.iter().any(may_stand) {
                continue;
            }
            let Some(term) = self.terms.get(one.term) else { continue };
            let Some(wording) = term.in_locale(locale) else { continue };
            let Some(forbidden) = wording.forbidden.get(at) else { continue };
            let misused = Misused {
                entry: term.entry,
                found: stands.to_owned(),
                instead: wording.term.clone(),
                reason: forbidden.reason.clone(),
            };
            if !told.contains(&misused) {
                told.push(misused);
            }
        }
        told
    }

    /// Whether a term may be called this, letter by letter.
    fn is_agreed(&self, term: usize, text: &str, locale: &Locale) -> bool {
        let wording = self.terms.get(term).and_then(|term| term.in_locale(locale));
        let text = text.to_lowercase();
        wording.is_some_and(|wording| wording.approved().any(|it| it.to_lowercase() == text))
    }

    /// A text without the phrases that are exempt: what is left is looked at by other rules.
    pub fn without_exempt<'t>(&self, text: &'t str, locale: &Locale) -> Cow<'t, str> {
        let (found, reading) = self.found(text, locale);
        let mut exempt: Vec<Range<usize>> =
            found.into_iter().filter(|it| it.role == Role::Exempt).map(|it| it.range).collect();
        if exempt.is_empty() {
            return Cow::Borrowed(text);
        }
        exempt.sort_by_key(|range| range.start);
        let (mut rest, mut from) = (String::with_capacity(reading.text.len()), 0);
        for range in exempt {
            rest.push_str(reading.text.get(from..range.start).unwrap_or_default());
            rest.push_str(" \u{fffc} ");
            from = from.max(range.end);
        }
        rest.push_str(reading.text.get(from..).unwrap_or_default());
        Cow::Owned(rest)
    }
}

impl Default for Glossary {
    fn default() -> Self {
        Self::new(Vec::new(), |_, _| Reading::default())
    }
}

impl fmt::Debug for Glossary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glossary").field("terms", &self.terms.len()).finish_non_exhaustive()
    }
}
