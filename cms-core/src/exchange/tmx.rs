//! TMX 1.4b (LISA): translation memories, out and in, pair by pair.
//!
//! Only what a memory keeps is written and read: what was said, how it was translated, where and when. Codes of our own
//! are part of the text, which is Markdown; those of other tools mean nothing here and are left out.
#![expect(clippy::type_complexity, reason = "it is said once, where it is used")]

use std::io::{self, BufRead, Write};

use super::{
    Coded, Fault,
    inline::{Half, Marked},
    xml::{Element, Node, XmlReader, XmlWriter},
};
use crate::{clock::Timestamp, locale::Locale, violation::Violation};

/// Who writes such files.
const OWN: &str = "Beacon";

/// A text and its translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What was said.
    pub source: Coded,
    /// How it was translated.
    pub target: Coded,
    /// Where it stands: an entry and a place in it.
    pub context: Option<String>,
    /// When it was approved.
    pub at: Option<Timestamp>,
}

/// Writes a memory.
pub struct TmxWriter<W: Write> {
    out: XmlWriter<W>,
    languages: (Locale, Locale),
}

impl<W: Write> std::fmt::Debug for TmxWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TmxWriter").field("languages", &self.languages).finish_non_exhaustive()
    }
}

impl<W: Write> TmxWriter<W> {
    /// Begins a memory from one language into another.
    ///
    /// # Errors
    /// [`io::Error`] of what is written to.
    pub fn new(out: W, source: &Locale, target: &Locale) -> io::Result<Self> {
        let mut out = XmlWriter::new(out)?;
        out.line(0)?;
        out.open("tmx", &[("version", "1.4")])?;
        out.line(1)?;
        out.empty(
            "header",
            &[
                ("creationtool", OWN),
                ("creationtoolversion", env!("CARGO_PKG_VERSION")),
                ("segtype", "paragraph"),
                ("o-tmf", OWN),
                ("adminlang", "en"),
                ("srclang", source.as_str()),
                ("datatype", "plaintext"),
            ],
        )?;
        out.line(1)?;
        out.open("body", &[])?;
        Ok(Self { out, languages: (source.clone(), target.clone()) })
    }

    /// A pair.
    ///
    /// # Errors
    /// As for [`TmxWriter::new`].
    pub fn pair(&mut self, pair: &Pair) -> io::Result<()> {
        let date = pair.at.map(compact);
        let date = date.as_deref().map(|date| ("changedate", date));
        self.out.line(2)?;
        self.out.open("tu", &date.into_iter().collect::<Vec<_>>())?;
        if let Some(context) = &pair.context {
            self.out.line(3)?;
            self.out.leaf("prop", &[("type", "x-context")], context)?;
        }
        let source = Marked::source(&pair.source);
        let target = Marked::target(&pair.target, &source);
        let (from, to) = self.languages.clone();
        self.variant(from.as_str(), &source)?;
        self.variant(to.as_str(), &target)?;
        self.out.line(2)?;
        self.out.close("tu")
    }

    fn variant(&mut self, language: &str, text: &Marked<'_>) -> io::Result<()> {
        self.out.line(3)?;
        self.out.open("tuv", &[("xml:lang", language)])?;
        self.out.open("seg", &[])?;
        let mut from = 0;
        // Of the codes of one text each pair has a number, by which partners are known.
        let mut ids: Vec<&str> = Vec::new();
        for code in &text.codes {
            let number = ids.iter().position(|id| *id == code.id).unwrap_or_else(|| {
                ids.push(&code.id);
                ids.len() - 1
            });
            let number = (number + 1).to_string();
            self.words(text.text.get(from..code.range.start).unwrap_or_default())?;
            let (name, attribute) = match code.side {
                Half::Open => ("bpt", "i"),
                Half::Close => ("ept", "i"),
                Half::Alone => ("ph", "x"),
            };
            self.out.open(name, &[(attribute, &number)])?;
            self.words(&text.written(code))?;
            self.out.close(name)?;
            from = code.range.end;
        }
        self.words(text.text.get(from..).unwrap_or_default())?;
        self.out.close("seg")?;
        self.out.close("tuv")
    }

    fn words(&mut self, words: &str) -> io::Result<()> {
        self.out.text(words, |_, _| Ok(()))
    }

    /// Ends the memory, and gives back what was written to.
    ///
    /// # Errors
    /// As for [`TmxWriter::new`].
    pub fn finish(mut self) -> io::Result<W> {
        self.out.line(1)?;
        self.out.close("body")?;
        self.out.line(0)?;
        self.out.close("tmx")?;
        self.out.line(0)?;
        Ok(self.out.into_inner())
    }
}

/// A time as the format writes it: to the second, without marks.
fn compact(at: Timestamp) -> String {
    let text = at.to_string();
    let second = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
    format!("{}Z", second.replace(['-', ':'], ""))
}

fn expanded(date: &str) -> Option<Timestamp> {
    let part = |range: std::ops::Range<usize>| date.get(range);
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(9..11)?, part(11..13)?, part(13..15)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

/// A pair as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPair {
    /// The line that it begins at.
    pub line: u64,
    /// What was said.
    pub source: String,
    /// How it was translated.
    pub target: String,
    /// Where it stands, where the file is of our own.
    pub context: Option<String>,
    /// When it was changed last.
    pub at: Option<Timestamp>,
}

/// What was read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Its units.
    pub units: u64,
    /// Those with a text in both languages.
    pub pairs: u64,
}

/// Reads a memory and hands on its pairs between two languages, in order. A text in `en-US` is one in `en`, unless
/// there is one in `en` too.
///
/// # Errors
/// [`Fault`] where the file can't be read, or `take` says so; what was handed on before is not to be applied then.
pub fn read(
    input: impl BufRead,
    (source, target): (&Locale, &Locale),
    take: &mut dyn FnMut(FoundPair) -> Result<(), Fault>,
) -> Result<Counts, Fault> {
    let mut xml = XmlReader::of_named_type(input);
    let root = xml.child()?.ok_or_else(|| missing(1, "tmx"))?;
    if root.name != "tmx" || !root.get("version").is_some_and(|version| version.starts_with("1.")) {
        let violation = Violation::new("", "not_tmx").with("found", &root.name);
        return Err(Fault::new(root.line, violation));
    }
    let mut reader = TmxReader { xml, is_own: false, source, target };
    let mut counts = Counts::default();
    let mut had_body = false;
    while let Some(element) = reader.xml.child()? {
        match element.name.as_str() {
            "header" => {
                reader.is_own = element.get("o-tmf") == Some(OWN);
                reader.xml.skip()?;
            }
            "body" => {
                had_body = true;
                reader.body(&mut counts, take)?;
            }
            other => {
                let violation = Violation::new("", "file_unexpected").with("what", other);
                return Err(Fault::new(element.line, violation));
            }
        }
    }
    let line = reader.xml.line();
    if had_body { Ok(counts) } else { Err(missing(line, "body")) }
}

fn missing(line: u64, what: &str) -> Fault {
    Fault::new(line, Violation::new("", "file_missing").with("what", what))
}

struct TmxReader<'l, R> {
    xml: XmlReader<R>,
    /// Whether the file is one of ours, whose codes are Markdown.
    is_own: bool,
    source: &'l Locale,
    target: &'l Locale,
}

/// How well a language fits: the same, or the same but for its region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Kin,
    Same,
}

impl<R: BufRead> TmxReader<'_, R> {
    fn body(
        &mut self,
        counts: &mut Counts,
        take: &mut dyn FnMut(FoundPair) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        while let Some(element) = self.xml.child()? {
            if element.name != "tu" {
                self.xml.skip()?;
                continue;
            }
            counts.units += 1;
            if let Some(pair) = self.unit(&element)? {
                counts.pairs += 1;
                take(pair)?;
            }
        }
        Ok(())
    }

    fn unit(&mut self, unit: &Element) -> Result<Option<FoundPair>, Fault> {
        let at = unit.get("changedate").or_else(|| unit.get("creationdate")).and_then(expanded);
        let (mut source, mut target): (Option<(Fit, String)>, Option<(Fit, String)>) = (None, None);
        let mut context = None;
        while let Some(element) = self.xml.child()? {
            if element.name == "prop" && self.is_own && element.get("type") == Some("x-context") {
                context = Some(self.xml.text_within()?);
                continue;
            }
            if element.name != "tuv" {
                self.xml.skip()?;
                continue;
            }
            let language = element.get("xml:lang").or_else(|| element.get("lang"));
            let language =
                language.ok_or_else(|| missing(element.line, "tuv/@xml:lang"))?.to_owned();
            let text = self.variant()?;
            for (wanted, found) in [(self.source, &mut source), (self.target, &mut target)] {
                let fit = fit(&language, wanted);
                if fit.is_some() && fit > found.as_ref().map(|(fit, _)| *fit) {
                    *found = fit.map(|fit| (fit, text.clone()));
                }
            }
        }
        let text = |found: Option<(Fit, String)>| {
            found.map(|(_, text)| text).filter(|text| !text.trim().is_empty())
        };
        let (Some(source), Some(target)) = (text(source), text(target)) else { return Ok(None) };
        Ok(Some(FoundPair { line: unit.line, source, target, context, at }))
    }

    fn variant(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        while let Some(element) = self.xml.child()? {
            if element.name == "seg" {
                text = self.segment()?;
            } else {
                self.xml.skip()?;
            }
        }
        Ok(text)
    }

    fn segment(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        // Whether what stands in the elements that are open belongs to the text.
        let mut open: Vec<bool> = Vec::new();
        loop {
            match self.xml.next()? {
                Node::Text(words) => {
                    if open.iter().all(|is_text| *is_text) {
                        text.push_str(&words);
                        self.xml.bounded(&text)?;
                    }
                }
                Node::Start(element) => open.push(self.is_own || element.name == "hi"),
                Node::End | Node::Eof => {
                    if open.pop().is_none() {
                        return Ok(text);
                    }
                }
            }
        }
    }
}

/// How well the language of a file fits a locale.
fn fit(language: &str, wanted: &Locale) -> Option<Fit> {
    let found = Locale::parse(&language.replace('_', "-")).ok()?;
    if found == *wanted {
        return Some(Fit::Same);
    }
    let is_kin = found.language() == wanted.language() && found.script() == wanted.script();
    is_kin.then_some(Fit::Kin)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::samples::coded;

    fn locales() -> (Locale, Locale) {
        (Locale::parse("en").unwrap(), Locale::parse("fr").unwrap())
    }

    fn written(pairs: &[Pair]) -> String {
        let (en, fr) = locales();
        let mut tmx = TmxWriter::new(Vec::new(), &en, &fr).unwrap();
        for pair in pairs {
            tmx.pair(pair).unwrap();
        }
        String::from_utf8(tmx.finish().unwrap()).unwrap()
    }

    fn found(text: impl AsRef<[u8]>) -> Result<(Vec<FoundPair>, Counts), Fault> {
        let (en, fr) = locales();
        let mut found = Vec::new();
        let counts = read(text.as_ref(), (&en, &fr), &mut |pair| {
            found.push(pair);
            Ok(())
        })?;
        Ok((found, counts))
    }

    #[test]
    fn codes_are_elements_that_other_tools_know() {
        let at = "2026-03-01T09:30:00Z".parse().unwrap();
        let pair = Pair {
            source: coded("Call **{{route:a}}** now"),
            target: coded("Appelez **{{route:a}}**"),
            context: Some("e1 /body".to_owned()),
            at: Some(at),
        };
        let text = written(std::slice::from_ref(&pair));
        let segment = "<seg>Call <bpt i=\"1\">**</bpt><ph x=\"2\">{{route:a}}</ph><ept i=\"1\">**</ept> now</seg>";
        assert!(text.contains(segment), "{text}");
        assert!(text.contains("changedate=\"20260301T093000Z\""), "{text}");
        let (found, _) = found(&text).unwrap();
        assert_eq!((found[0].source.as_str(), found[0].at), (pair.source.text.as_str(), Some(at)));
        assert_eq!(found[0].context.as_deref(), Some("e1 /body"));
    }

    #[test]
    fn files_of_other_tools_are_read_by_their_words() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><!DOCTYPE tmx SYSTEM \"tmx14.dtd\">\
            <tmx version=\"1.4\"><header o-tmf=\"x\"/><body>\
            <tu><tuv xml:lang=\"EN-US\"><seg>Press <bpt i=\"1\">&lt;b&gt;</bpt>Stop<ept i=\"1\">&lt;/b&gt;</ept></seg></tuv>\
            <tuv xml:lang=\"fr\"><seg>Appuyez sur <hi>Arrêter</hi></seg></tuv></tu>\
            <tu><tuv lang=\"de\"><seg>Nur hier</seg></tuv></tu></body></tmx>";
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        for bytes in [text.as_bytes(), &utf16] {
            let (found, counts) = found(bytes).unwrap();
            assert_eq!(counts, Counts { units: 2, pairs: 1 });
            let pair = (found[0].source.as_str(), found[0].target.as_str());
            assert_eq!(pair, ("Press Stop", "Appuyez sur Arrêter"));
        }
    }

    #[test]
    fn declarations_and_other_files_are_refused_with_their_line() {
        let code = |text: &str| found(text).map_err(|it| (it.line, it.violation.code)).unwrap_err();
        let bomb = "<!DOCTYPE tmx [\n<!ENTITY a \"aaaa\">\n]>\n<tmx version=\"1.4\"/>";
        assert_eq!(code(bomb).1, "file_declares");
        assert_eq!(
            code("<tmx version=\"1.4\"><body>\n&a;</body></tmx>"),
            (2, "file_declares".to_owned())
        );
        assert_eq!(code("<xliff/>"), (1, "not_tmx".to_owned()));
        assert_eq!(code("<tmx version=\"1.4\"><body>\n<tu>"), (2, "file_malformed".to_owned()));
        let deep = format!("<tmx version=\"1.4\">{}", "<a>".repeat(100));
        assert_eq!(code(&deep).1, "file_unexpected");
        let deep = format!("<tmx version=\"1.4\"><body>{}", "<a>".repeat(100));
        assert_eq!(code(&deep).1, "too_large_inside");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(texts in proptest::collection::vec(("[\\PC\n]{0,20}[a-z]", "[a-z\\*\\[\\]\\(\\)\\{\\} &<>\"]{0,20}[a-z]"), 1..6)) {
            let pair = |(source, target): &(String, String)| Pair { source: coded(source), target: coded(target), context: None, at: None };
            let pairs: Vec<_> = texts.iter().map(pair).collect();
            let (found, counts) = found(written(&pairs)).unwrap();
            prop_assert_eq!(counts.pairs, u64::try_from(pairs.len()).unwrap());
            for (pair, found) in pairs.iter().zip(found) {
                prop_assert_eq!((&pair.source.text, &pair.target.text), (&found.source, &found.target));
            }
        }
    }
}
