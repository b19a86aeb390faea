//! Inline codes as files have them: by ids, which lead back to what stands in the text.
//!
//! A source's codes are numbered as they come. A code of the translation that says the same has the same id; one
//! that says something else, such as a link to a page in the other language, has one of its own. What comes back
//! is put together from the codes that are known here: a file's own are never taken.
#![expect(clippy::similar_names, reason = "they are a pair, and named as one")]

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::{Coded, Content, Run};
use crate::segment::code::{CodeKind, Side};

/// A code with its id. Partners have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The id.
    pub id: String,
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: CodeKind,
    /// Which side of a pair.
    pub side: Half,
}

/// Which side of a pair a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    /// It opens.
    Open,
    /// It closes.
    Close,
    /// It is no side: it stands alone.
    Alone,
}

/// A text whose codes have ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked<'a> {
    /// The text.
    pub text: &'a str,
    /// Its codes, in order.
    pub codes: Vec<Numbered>,
}

/// Why a text can't be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The code that is missing, unknown, repeated or without its partner, as it stands in the text or by its id.
    pub code: String,
}

/// What a pair or a code alone says: its kind, and its sides as written.
type Says = (CodeKind, Vec<String>);

impl<'a> Marked<'a> {
    /// A source's text: its codes numbered as they come.
    pub fn source(coded: &'a Coded) -> Self {
        Self::with(coded, &[])
    }

    /// A translation's text, whose codes have the ids of those of its source that say the same.
    pub fn target(coded: &'a Coded, source: &Marked<'_>) -> Self {
        Self::with(coded, &source.said())
    }

    fn with(coded: &'a Coded, known: &[(String, Says)]) -> Self {
        let codes = placed(coded);
        let mut free: Vec<Option<&(String, Says)>> = known.iter().map(Some).collect();
        let mut own = 0_usize;
        let mut ids: BTreeMap<usize, String> = BTreeMap::new();
        for (group, says) in groups(&coded.text, &codes) {
            let same = free.iter_mut().find(|code| code.is_some_and(|code| code.1 == says));
            let id = same.and_then(Option::take).map(|code| code.0.clone());
            let id = id.unwrap_or_else(|| {
                own += 1;
                if known.is_empty() { format!("{own}") } else { format!("t{own}") }
            });
            ids.insert(group, id);
        }
        let numbered = |(group, range, kind, side): (usize, Range<usize>, CodeKind, Half)| {
            Numbered { id: ids.get(&group).cloned().unwrap_or_default(), range, kind, side }
        };
        Self { text: &coded.text, codes: codes.into_iter().map(numbered).collect() }
    }

    /// What its codes say, by their ids, in order.
    fn said(&self) -> Vec<(String, Says)> {
        let mut said: Vec<(String, Says)> = Vec::new();
        for code in &self.codes {
            let written = self.written(code);
            match said.iter_mut().find(|(id, _)| *id == code.id) {
                Some((_, says)) => says.1.push(written),
                None => said.push((code.id.clone(), (code.kind, vec![written]))),
            }
        }
        said
    }

    /// A code as it stands in the text.
    pub fn written(&self, code: &Numbered) -> String {
        self.text.get(code.range.clone()).unwrap_or_default().to_owned()
    }

    /// The text in stretches.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut from = 0;
        let words = |from: usize, to: usize, runs: &mut Vec<Run>| {
            let text = self.text.get(from..to).unwrap_or_default();
            runs.extend((!text.is_empty()).then(|| Run::Text(text.to_owned())));
        };
        for code in &self.codes {
            words(from, code.range.start, &mut runs);
            let id = code.id.clone();
            runs.push(match code.side {
                Half::Open => Run::Open(id),
                Half::Close => Run::Close(id),
                Half::Alone => Run::Alone(id),
            });
            from = code.range.end;
        }
        words(from, self.text.len(), &mut runs);
        runs
    }

    /// Whether content that a file has says the same as this text, however it is wrapped.
    pub fn is(&self, content: &Content) -> bool {
        match content {
            Content::Written(text) => wrapped(self.text) == wrapped(text),
            Content::Runs(runs) => skeleton(&self.runs()) == skeleton(runs),
        }
    }
}

/// The text with its ids, in which white space of any kind is one space.
fn skeleton(runs: &[Run]) -> String {
    let mut all = String::new();
    for run in runs {
        match run {
            Run::Text(text) => all.push_str(text),
            Run::Open(id) => all.extend(["\u{1}<", id, ">"]),
            Run::Close(id) => all.extend(["\u{1}</", id, ">"]),
            Run::Alone(id) => all.extend(["\u{1}<", id, "/>"]),
        }
    }
    wrapped(&all)
}

fn wrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The codes with the number of their pair, or of their own. Pairs that don't lie in each other are codes alone.
fn placed(coded: &Coded) -> Vec<(usize, Range<usize>, CodeKind, Half)> {
    let nested = is_nested(coded);
    let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
    let mut next = 0_usize;
    let mut placed = Vec::with_capacity(coded.codes.len());
    for code in &coded.codes {
        let (half, pair) = match code.side {
            Side::Open(pair) if nested => (Half::Open, Some(pair)),
            Side::Close(pair) if nested => (Half::Close, Some(pair)),
            Side::Open(_) | Side::Close(_) | Side::Alone => (Half::Alone, None),
        };
        let known = pair.and_then(|pair| groups.get(&pair).copied());
        let group = known.unwrap_or_else(|| {
            next += 1;
            next
        });
        groups.extend(pair.map(|pair| (pair, group)));
        placed.push((group, code.range.clone(), code.kind, half));
    }
    placed
}

fn is_nested(coded: &Coded) -> bool {
    let mut open = Vec::new();
    for code in &coded.codes {
        match code.side {
            Side::Open(pair) => open.push(pair),
            Side::Close(pair) if open.pop() == Some(pair) => {}
            Side::Close(_) => return false,
            Side::Alone => {}
        }
    }
    open.is_empty()
}

/// What each pair and each code alone says, in the order in which they begin.
fn groups(text: &str, codes: &[(usize, Range<usize>, CodeKind, Half)]) -> Vec<(usize, Says)> {
    let mut groups: Vec<(usize, Says)> = Vec::new();
    for (group, range, kind, _) in codes {
        let written = text.get(range.clone()).unwrap_or_default().to_owned();
        match groups.iter_mut().find(|(known, _)| known == group) {
            Some((_, says)) => says.1.push(written),
            None => groups.push((*group, (*kind, vec![written]))),
        }
    }
    groups
}

/// Whether a translation may leave a code out: it shows how something is said, not what.
pub const fn may_be_left_out(kind: CodeKind) -> bool {
    match kind {
        CodeKind::Emphasis | CodeKind::Strong | CodeKind::Strike => true,
        CodeKind::Link
        | CodeKind::Image
        | CodeKind::Code
        | CodeKind::Html
        | CodeKind::Address
        | CodeKind::Embed
        | CodeKind::Note => false,
    }
}

/// Puts a translation together from what came back: words from the file, codes from the source and from the
/// translation that is there.
///
/// # Errors
/// [`Broken`] with the first code that is unknown, repeated, without its partner, or left out though it says
/// something.
pub fn restore(
    content: &Content,
    source: &Marked<'_>,
    target: Option<&Marked<'_>>,
) -> Result<String, Broken> {
    let runs = match content {
        Content::Written(text) => return Ok(text.clone()),
        Content::Runs(runs) => runs,
    };
    let known = source.codes.iter().map(|code| (source, code));
    let own =
        target.into_iter().flat_map(|target| target.codes.iter().map(move |code| (target, code)));
    let mut codes: BTreeMap<(&str, Half), String> = BTreeMap::new();
    for (marked, code) in known.chain(own) {
        codes.entry((&code.id, code.side)).or_insert_with(|| marked.written(code));
    }
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut used: BTreeSet<(&str, Half)> = BTreeSet::new();
    for run in runs {
        let (id, half) = match run {
            Run::Text(words) => {
                text.push_str(words);
                continue;
            }
            Run::Open(id) => (id.as_str(), Half::Open),
            Run::Close(id) => (id.as_str(), Half::Close),
            Run::Alone(id) => (id.as_str(), Half::Alone),
        };
        let broken = || Broken { code: id.to_owned() };
        let is_in_order = match half {
            Half::Open => {
                open.push(id);
                true
            }
            Half::Close => open.pop() == Some(id),
            Half::Alone => true,
        };
        if !is_in_order || !used.insert((id, half)) {
            return Err(broken());
        }
        text.push_str(codes.get(&(id, half)).ok_or_else(broken)?);
    }
    if let Some(id) = open.pop() {
        return Err(Broken { code: id.to_owned() });
    }
    // A link of the translation's own stands for one of the source.
    let mut instead: Vec<CodeKind> = target.map_or_else(Vec::new, |target| {
        let own = target.codes.iter().filter(|code| used.contains(&(code.id.as_str(), code.side)));
        own.filter(|code| code.id.starts_with('t')).map(|code| code.kind).collect()
    });
    for code in source.codes.iter().filter(|code| !may_be_left_out(code.kind)) {
        if used.contains(&(code.id.as_str(), code.side)) {
            continue;
        }
        match instead.iter().position(|kind| *kind == code.kind) {
            Some(at) => drop(instead.swap_remove(at)),
            None => return Err(Broken { code: source.written(code) }),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::samples::coded;

    fn told(runs: &[Run]) -> String {
        let told = |run: &Run| match run {
            Run::Text(text) => text.clone(),
            Run::Open(id) => format!("⟨{id}⟩"),
            Run::Close(id) => format!("⟨/{id}⟩"),
            Run::Alone(id) => format!("⟨{id}/⟩"),
        };
        runs.iter().map(told).collect()
    }

    #[test]
    fn a_translations_codes_have_the_ids_of_the_sources_that_say_the_same() {
        let source = coded("Read *this [page](/en/a)* or call {{route:line.phone}}.");
        let source = Marked::source(&source);
        assert_eq!(told(&source.runs()), "Read ⟨1⟩this ⟨2⟩page⟨/2⟩⟨/1⟩ or call ⟨3/⟩.");
        let target = coded("Appelez {{route:line.phone}} ou lisez [la page](/fr/a).");
        let target = Marked::target(&target, &source);
        assert_eq!(told(&target.runs()), "Appelez ⟨3/⟩ ou lisez ⟨t1⟩la page⟨/t1⟩.");
        let again = restore(&Content::Runs(target.runs()), &source, Some(&target));
        assert_eq!(again.as_deref(), Ok(target.text));
    }

    #[test]
    fn codes_that_are_unknown_repeated_or_left_out_are_broken() {
        let source = coded("Call **{{route:line.phone}}** *now*");
        let source = Marked::source(&source);
        let text = |text: &str| Run::Text(text.to_owned());
        let alone = |id: &str| Run::Alone(id.to_owned());
        let check =
            |runs: Vec<Run>| restore(&Content::Runs(runs), &source, None).map_err(|it| it.code);
        assert_eq!(
            check(vec![text("Appelez "), alone("2")]),
            Ok("Appelez {{route:line.phone}}".to_owned())
        );
        assert_eq!(check(vec![text("Appelez")]), Err("{{route:line.phone}}".to_owned()));
        assert_eq!(check(vec![alone("2"), alone("2")]), Err("2".to_owned()));
        assert_eq!(check(vec![alone("2"), alone("9")]), Err("9".to_owned()));
        assert_eq!(check(vec![alone("2"), Run::Open("1".to_owned())]), Err("1".to_owned()));
        let crossed = ["1", "3"].map(|id| Run::Open(id.to_owned())).into_iter();
        let crossed = crossed.chain(["1", "3"].map(|id| Run::Close(id.to_owned())));
        assert_eq!(check(crossed.chain([alone("2")]).collect()), Err("1".to_owned()));
    }

    #[test]
    fn what_came_back_is_told_to_be_the_same_however_it_is_wrapped() {
        let source = coded("Call **them**\nnow");
        let source = Marked::source(&source);
        assert!(source.is(&Content::Written("Call  **them** now".to_owned())));
        let runs = source.runs().into_iter().map(|run| match run {
            Run::Text(text) => Run::Text(text.replace('\n', "  ")),
            other @ (Run::Open(_) | Run::Close(_) | Run::Alone(_)) => other,
        });
        assert!(source.is(&Content::Runs(runs.collect())));
        assert!(!source.is(&Content::Written("Call them now".to_owned())));
    }
}
