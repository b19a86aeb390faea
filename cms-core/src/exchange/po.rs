//! PO (GNU gettext), without plurals: out and in, message by message.
//!
//! A message's context is its entry's and its segment's id, so that the same words in two places are two messages.
//! The text is Markdown as it stands. A translation whose source changed, or that nobody has finished, is `fuzzy`, and
//! what the source said then is the message's previous one.

use std::io::{self, BufRead, Write};

use super::{Content, Fault, Found, Head, Languages, Returned, Unit};
use crate::{
    segment::{SegmentDigest, SegmentState},
    violation::Violation,
};

/// The longest line that is read, in bytes.
const LONGEST: usize = 1 << 20;
/// Before the digest of the translation as it was, in a comment.
const TARGET_DIGEST: &str = "target-digest: ";

/// Writes a file: messages one after the other.
#[derive(Debug)]
pub struct PoWriter<W: Write> {
    out: W,
    head: Option<Head>,
}

impl<W: Write> PoWriter<W> {
    /// Begins a file in these languages.
    ///
    /// # Errors
    /// [`io::Error`] of what is written to.
    pub fn new(mut out: W, languages: &Languages) -> io::Result<Self> {
        writeln!(out, "msgid \"\"\nmsgstr \"\"")?;
        let language = languages.target.as_str().replace('-', "_");
        let lines = [
            ("Project-Id-Version", "Beacon"),
            ("Language", language.as_str()),
            ("X-Source-Language", languages.source.as_str()),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ];
        for (name, value) in lines {
            writeln!(out, "\"{name}: {value}\\n\"")?;
        }
        Ok(Self { out, head: None })
    }

    /// What follows is an entry's.
    pub fn file(&mut self, head: &Head) {
        self.head = Some(head.clone());
    }

    /// A message.
    ///
    /// # Errors
    /// As for [`PoWriter::new`].
    pub fn unit(&mut self, unit: &Unit) -> io::Result<()> {
        let (entry, name) = self.head.as_ref().map_or(("", ""), |head| (&head.entry, &head.name));
        let context = format!("{entry}/{}", unit.id);
        writeln!(self.out)?;
        for note in unit.notes.iter().flat_map(|note| note.lines()) {
            writeln!(self.out, "#. {}", one_line(note))?;
        }
        if let Some(target) = &unit.target {
            writeln!(self.out, "#. {TARGET_DIGEST}{}", SegmentDigest::of(&target.text))?;
        }
        writeln!(
            self.out,
            "#: {}{}",
            one_line(name).replace(' ', "_"),
            unit.pointer.replace(' ', "_")
        )?;
        let is_fuzzy =
            unit.target.is_some() && (unit.is_outdated || unit.progress == SegmentState::Initial);
        if is_fuzzy {
            writeln!(self.out, "#, fuzzy")?;
        }
        if let Some(previous) = unit.previous.as_ref().filter(|_| is_fuzzy) {
            string(&mut self.out, "#| ", "msgid", previous)?;
        }
        string(&mut self.out, "", "msgctxt", &context)?;
        string(&mut self.out, "", "msgid", &unit.source.text)?;
        let target = unit.target.as_ref().map_or("", |target| &target.text);
        string(&mut self.out, "", "msgstr", target)
    }

    /// Ends the file, and gives back what was written to.
    pub fn finish(self) -> W {
        self.out
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes a string, line by line where it has several.
fn string(out: &mut impl Write, before: &str, keyword: &str, text: &str) -> io::Result<()> {
    if !text.trim_end_matches('\n').contains('\n') {
        return writeln!(out, "{before}{keyword} \"{}\"", escaped(text));
    }
    writeln!(out, "{before}{keyword} \"\"")?;
    text.split_inclusive('\n').try_for_each(|line| writeln!(out, "{before}\"{}\"", escaped(line)))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\r' => escaped.push_str("\\r"),
            c if c.is_ascii_control() => {
                let octal = format!("\\{:03o}", u32::from(c));
                escaped.push_str(&octal);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Reads a file and hands on its languages, then its messages in order.
///
/// # Errors
/// [`Fault`] where the file as a whole can't be read, or `take` says so; what was handed on before is not to be
/// applied then.
pub fn read(
    input: impl BufRead,
    take: &mut dyn FnMut(Found) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut lines = Lines { input, line: 0 };
    let mut message = Message::default();
    let mut had_head = false;
    while let Some(text) = lines.next()? {
        let line = lines.line;
        let text = text.trim();
        let begins = text.starts_with("msgctxt") || text.starts_with('#');
        let is_next = begins || (text.starts_with("msgid ") && message.part != Part::Context);
        if text.is_empty() || (is_next && message.part == Part::Target) {
            std::mem::take(&mut message).hand_on(&mut had_head, take)?;
        }
        message.take(text, line)?;
        if message.size > LONGEST {
            return Err(too_large(line));
        }
    }
    message.hand_on(&mut had_head, take)?;
    if had_head { Ok(()) } else { Err(missing(lines.line, "Language")) }
}

fn malformed(line: u64, reason: impl std::fmt::Display) -> Fault {
    Fault::new(line, Violation::new("", "file_malformed").with("reason", reason))
}

fn missing(line: u64, what: &str) -> Fault {
    Fault::new(line.max(1), Violation::new("", "file_missing").with("what", what))
}

fn too_large(line: u64) -> Fault {
    Fault::new(line, Violation::new("", "too_large_inside").with("max", LONGEST))
}

/// The lines of a file.
struct Lines<R> {
    input: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<String>, Fault> {
        self.line += 1;
        let mut bytes = Vec::new();
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let mut limited = io::Read::take(&mut self.input, limit + 1);
        let read = limited.read_until(b'\n', &mut bytes);
        match read {
            Err(error) => Err(malformed(self.line, error)),
            Ok(0) => Ok(None),
            Ok(_) if bytes.len() > LONGEST => Err(too_large(self.line)),
            Ok(_) => {
                let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
                let text = std::str::from_utf8(bytes);
                let text = text.map_err(|error| malformed(self.line, error))?;
                Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
            }
        }
    }
}

/// The string that a message is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Comments,
    Context,
    Source,
    Target,
    /// A plural form, which no message of ours has.
    Plural,
}

/// A message while it is read.
#[derive(Default)]
struct Message {
    part: Part,
    /// The line of its first string.
    line: u64,
    size: usize,
    context: Option<String>,
    source: Option<String>,
    target: Option<String>,
    is_fuzzy: bool,
    is_plural: bool,
    was: Option<SegmentDigest>,
}

impl Message {
    fn take(&mut self, text: &str, line: u64) -> Result<(), Fault> {
        self.size += text.len();
        if let Some(comment) = text.strip_prefix('#') {
            self.comment(comment);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        let quote = text.find('"').ok_or_else(|| malformed(line, "no string"))?;
        let (keyword, quoted) = text.split_at(quote);
        let said = unescaped(quoted).ok_or_else(|| malformed(line, "the string doesn't end"))?;
        self.part = match keyword.trim() {
            "" if self.part != Part::Comments => self.part,
            "msgctxt" => Part::Context,
            "msgid" => Part::Source,
            "msgstr" => Part::Target,
            "msgid_plural" => Part::Plural,
            plural if plural.starts_with("msgstr[") => Part::Plural,
            other => return Err(malformed(line, other)),
        };
        if self.line == 0 {
            self.line = line;
        }
        let into = match self.part {
            Part::Context => &mut self.context,
            Part::Source => &mut self.source,
            Part::Target => &mut self.target,
            Part::Comments | Part::Plural => {
                self.is_plural = true;
                return Ok(());
            }
        };
        into.get_or_insert_default().push_str(&said);
        Ok(())
    }

    fn comment(&mut self, comment: &str) {
        if let Some(flags) = comment.strip_prefix(',') {
            self.is_fuzzy |= flags.split(',').any(|flag| flag.trim() == "fuzzy");
        }
        if let Some(digest) =
            comment.strip_prefix('.').and_then(|it| it.trim().strip_prefix(TARGET_DIGEST))
        {
            self.was = digest.trim().parse().ok();
        }
    }

    fn hand_on(
        self,
        had_head: &mut bool,
        take: &mut dyn FnMut(Found) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some(source) = self.source else {
            let is_begun = self.context.is_some() || self.target.is_some();
            return if is_begun { Err(missing(self.line, "msgid")) } else { Ok(()) };
        };
        if source.is_empty() && self.context.is_none() && !*had_head {
            *had_head = true;
            return head(self.line, &self.target.unwrap_or_default(), take);
        }
        if !*had_head {
            return Err(missing(self.line, "Language"));
        }
        let context = self.context.unwrap_or_default();
        let (entry, id) = context.rsplit_once('/').unwrap_or(("", &context));
        let (entry, id) = (entry.to_owned(), id.to_owned());
        let fault = if self.is_plural {
            Some(Violation::new("", "file_unexpected").with("what", "msgid_plural"))
        } else {
            id.is_empty().then(|| Violation::new("", "file_missing").with("what", "msgctxt"))
        };
        if let Some(violation) = fault {
            return take(Found::Refused(entry, id, Fault::new(self.line, violation)));
        }
        let target = self.target.filter(|target| !target.is_empty());
        let progress = match (&target, self.is_fuzzy) {
            (None, _) | (Some(_), true) => SegmentState::Initial,
            (Some(_), false) => SegmentState::Translated,
        };
        take(Found::Unit(Box::new(Returned {
            line: self.line,
            entry,
            id,
            of: Some(SegmentDigest::of(&source)),
            source: Content::Written(source),
            was: self.was,
            target: target.map(Content::Written),
            progress: Some(progress),
        })))
    }
}

/// Reads the first message, which says what the file is.
fn head(
    line: u64,
    said: &str,
    take: &mut dyn FnMut(Found) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let value = |name: &str| {
        let is_name = |line: &&str| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        let found = said.lines().find(is_name)?.split_once(':')?.1.trim();
        (!found.is_empty()).then(|| found.to_owned())
    };
    if let Some(kind) = value("content-type")
        && let Some((_, charset)) = kind.split_once("charset=")
        && !charset.eq_ignore_ascii_case("utf-8")
    {
        let what = format!("charset={charset}");
        return Err(Fault::new(line, Violation::new("", "file_wrong").with("what", what)));
    }
    let language = value("language").ok_or_else(|| missing(line, "Language"))?;
    take(Found::Languages(line, value("x-source-language"), Some(language)))
}

/// A string between quotes, as C writes it; none where it doesn't end.
fn unescaped(quoted: &str) -> Option<String> {
    let mut chars = quoted.strip_prefix('"')?.chars().peekable();
    let mut text = String::with_capacity(quoted.len());
    loop {
        match chars.next()? {
            '"' => break,
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'a' => text.push('\u{7}'),
                'b' => text.push('\u{8}'),
                'f' => text.push('\u{c}'),
                'v' => text.push('\u{b}'),
                first @ '0'..='7' => {
                    let mut code = first.to_digit(8)?;
                    for _ in 0..2 {
                        let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
                        chars.next();
                        code = 8 * code + digit;
                    }
                    text.push(char::from_u32(code)?);
                }
                other => text.push(other),
            },
            c => text.push(c),
        }
    }
    chars.all(char::is_whitespace).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{exchange::Coded, locale::Locale};

    fn languages() -> Languages {
        let locale = |tag| Locale::parse(tag).unwrap();
        Languages { source: locale("en"), target: locale("pt-BR") }
    }

    fn unit(id: &str, source: &str, target: Option<&str>) -> Unit {
        Unit {
            id: id.to_owned(),
            pointer: "/body".to_owned(),
            notes: vec!["Under: What to do".to_owned()],
            source: Coded::plain(source),
            target: target.map(Coded::plain),
            progress: SegmentState::Translated,
            is_outdated: false,
            previous: None,
            proposals: Vec::new(),
            terms: Vec::new(),
        }
    }

    fn written(units: &[Unit]) -> String {
        let mut po = PoWriter::new(Vec::new(), &languages()).unwrap();
        po.file(&Head { entry: "e1".to_owned(), name: "guidance/a".to_owned(), notes: Vec::new() });
        for unit in units {
            po.unit(unit).unwrap();
        }
        String::from_utf8(po.finish()).unwrap()
    }

    fn found(text: &str) -> Result<Vec<Found>, Fault> {
        let mut found = Vec::new();
        read(text.as_bytes(), &mut |one| {
            found.push(one);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn a_message_has_its_context_its_flag_and_what_the_source_said_before() {
        let mut outdated = unit("s2", "Call 112.", Some("Ligue 110."));
        (outdated.is_outdated, outdated.previous) = (true, Some("Call 110.".to_owned()));
        let text = written(&[unit("s1", "Say \"no\"\nand go", None), outdated]);
        assert!(text.contains(
            "\nmsgctxt \"e1/s1\"\nmsgid \"\"\n\"Say \\\"no\\\"\\n\"\n\"and go\"\nmsgstr \"\"\n"
        ));
        assert!(text.contains(
            "#, fuzzy\n#| msgid \"Call 110.\"\nmsgctxt \"e1/s2\"\nmsgid \"Call 112.\"\n"
        ));
        let found = found(&text).unwrap();
        let tags = (Some("en".to_owned()), Some("pt_BR".to_owned()));
        assert_eq!(found[0], Found::Languages(1, tags.0, tags.1));
        let Found::Unit(second) = &found[2] else { panic!("{found:?}") };
        assert_eq!((second.entry.as_str(), second.id.as_str()), ("e1", "s2"));
        assert_eq!(second.progress, Some(SegmentState::Initial));
        assert_eq!(second.was, Some(SegmentDigest::of("Ligue 110.")));
    }

    #[test]
    fn what_is_no_file_of_messages_is_refused_with_its_line() {
        let head = "msgid \"\"\nmsgstr \"Language: fr\\n\"\n\n";
        let code = |text: &str| found(text).map_err(|fault| (fault.line, fault.violation.code));
        assert_eq!(code("<?xml?>\n").unwrap_err(), (1, "file_malformed".to_owned()));
        assert_eq!(code("").unwrap_err().1, "file_missing");
        assert_eq!(
            code("msgctxt \"e/a\"\nmsgid \"a\"\nmsgstr \"b\"\n").unwrap_err().1,
            "file_missing"
        );
        let open = format!("{head}msgctxt \"e/a\"\nmsgid \"a\n");
        assert_eq!(code(&open).unwrap_err(), (5, "file_malformed".to_owned()));
        let latin = "msgid \"\"\nmsgstr \"Language: fr\\nContent-Type: text/plain; charset=ISO-8859-1\\n\"\n";
        assert_eq!(code(latin).unwrap_err().1, "file_wrong");
        let long = format!("{head}msgctxt \"e/a\"\nmsgid \"{}\"\n", "a".repeat(LONGEST));
        assert_eq!(code(&long).unwrap_err(), (5, "too_large_inside".to_owned()));
        let pieces =
            format!("{head}msgctxt \"e/a\"\nmsgid \"\"\n{}", "\"aaaaaaaa\"\n".repeat(LONGEST / 8));
        assert_eq!(code(&pieces).unwrap_err().1, "too_large_inside");
        let plural =
            format!("{head}msgctxt \"e/a\"\nmsgid \"a\"\nmsgid_plural \"b\"\nmsgstr[0] \"c\"\n");
        let Found::Refused(.., fault) = &found(&plural).unwrap()[1] else { panic!() };
        assert_eq!((fault.line, fault.violation.code.as_str()), (4, "file_unexpected"));
        let obsolete = format!("{head}#~ msgid \"a\"\n#~ msgstr \"b\"\n");
        assert_eq!(found(&obsolete).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(texts in proptest::collection::vec(("\\PC{1,40}|[\\x00-\\x7f\n\"\\\\]{1,20}", "\\PC{0,40}|[\\x00-\\x7f]{0,20}"), 1..8)) {
            let units: Vec<_> = texts.iter().enumerate().map(|(at, (source, target))| {
                unit(&format!("s{at}"), source, Some(target.as_str()).filter(|it| !it.is_empty()))
            }).collect();
            let found = found(&written(&units)).unwrap();
            prop_assert_eq!(found.len(), units.len() + 1);
            for (unit, found) in units.iter().zip(&found[1..]) {
                let Found::Unit(found) = found else { panic!("{found:?}") };
                prop_assert_eq!(&found.source, &Content::Written(unit.source.text.clone()));
                let target = unit.target.as_ref().map(|target| Content::Written(target.text.clone()));
                prop_assert_eq!(&found.target, &target);
                prop_assert_eq!(found.of, Some(unit.digest()));
            }
        }
    }
}
