//! Reads XLIFF 2.0, 2.1 and 2.2, unit by unit.
#![expect(clippy::unused_self, reason = "a question to the reader reads as one")]
#![expect(clippy::struct_field_names, reason = "runs are what it is of")]

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::BufRead,
};

use super::{CORE, CORE_22, METADATA, OWN, SOURCE_DIGEST, TARGET_DIGEST};
use crate::{
    exchange::{
        Content, Fault, Found, Returned, Run,
        xml::{Element, Node, XmlReader, code_point},
    },
    segment::{SegmentDigest, SegmentState},
    violation::Violation,
};

/// What hears of what is found: an error ends the reading.
type Take<'t> = &'t mut dyn FnMut(Found) -> Result<(), Fault>;

/// Reads a document and hands on its languages, then its units in order.
///
/// # Errors
/// [`Fault`] where the document as a whole can't be read, or `take` says so; what was handed on before is not to be
/// applied then.
pub fn read(input: impl BufRead, take: Take<'_>) -> Result<(), Fault> {
    let mut reader = XliffReader::new(input);
    reader.document(take)
}

/// Reads a document.
struct XliffReader<R> {
    xml: XmlReader<R>,
    core: &'static str,
    languages: (String, Option<String>),
    /// Hashes of the ids that must not come twice: of files, and of units within theirs.
    ids: HashSet<u64>,
}

/// A segment, or what stands between two.
struct Part {
    source: Result<Vec<Run>, Violation>,
    target: Option<Result<Vec<Run>, Violation>>,
    order: usize,
    progress: Option<SegmentState>,
    is_segment: bool,
}

/// A unit's own metadata.
#[derive(Default)]
struct Digests {
    of: Option<SegmentDigest>,
    was: Option<SegmentDigest>,
}

fn missing(line: u64, what: &str) -> Fault {
    Fault::new(line, Violation::new("", "file_missing").with("what", what))
}

fn wrong(what: impl std::fmt::Display) -> Violation {
    Violation::new("", "file_wrong").with("what", what)
}

impl<R: BufRead> XliffReader<R> {
    /// Reads from the beginning of a document.
    fn new(input: R) -> Self {
        Self {
            xml: XmlReader::new(input),
            core: CORE,
            languages: (String::new(), None),
            ids: HashSet::new(),
        }
    }

    fn document(&mut self, take: Take<'_>) -> Result<(), Fault> {
        let root = loop {
            match self.xml.next()? {
                Node::Start(element) => break element,
                Node::Text(_) | Node::End => {}
                Node::Eof => return Err(missing(1, "xliff")),
            }
        };
        let version = root.get("version").unwrap_or_default().to_owned();
        self.core = match (root.namespace.as_str(), version.as_str()) {
            (CORE, "2.0" | "2.1") => CORE,
            (CORE_22, "2.2") => CORE_22,
            (_, _) => {
                let found = format!("{} {version}", root.name);
                return Err(Fault::new(
                    root.line,
                    Violation::new("", "not_xliff").with("found", found),
                ));
            }
        };
        if root.name != "xliff" {
            let violation = Violation::new("", "not_xliff").with("found", &root.name);
            return Err(Fault::new(root.line, violation));
        }
        let source = root.need("srcLang")?.to_owned();
        let target = root.get("trgLang").map(str::to_owned);
        self.languages = (source.clone(), target.clone());
        take(Found::Languages(root.line, Some(source), target))?;
        let mut files = 0_usize;
        while let Some(element) = self.child()? {
            if !element.is(self.core, "file") {
                return Err(self.unexpected(&element));
            }
            files += 1;
            self.file(&element, take)?;
        }
        let line = self.xml.line();
        if files == 0 {
            return Err(missing(line, "file"));
        }
        match self.xml.next()? {
            Node::Eof => Ok(()),
            Node::Start(_) | Node::End | Node::Text(_) => Err(self
                .xml
                .fault(Violation::new("", "file_malformed").with("reason", "two roots"))),
        }
    }

    /// The next child of the innermost element; none at its end. Text between children says nothing.
    fn child(&mut self) -> Result<Option<Element>, Fault> {
        loop {
            match self.xml.next()? {
                Node::Start(element) => return Ok(Some(element)),
                Node::Text(text) if text.trim().is_empty() => {}
                Node::Text(text) => {
                    let what: String = text.trim().chars().take(40).collect();
                    return Err(self
                        .xml
                        .fault(Violation::new("", "file_unexpected").with("what", what)));
                }
                Node::End | Node::Eof => return Ok(None),
            }
        }
    }

    fn unexpected(&mut self, element: &Element) -> Fault {
        Fault::new(element.line, Violation::new("", "file_unexpected").with("what", &element.name))
    }

    /// Whether an id comes for the first time within its scope.
    fn is_first(&mut self, scope: &str, id: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (scope, id).hash(&mut hasher);
        self.ids.insert(hasher.finish())
    }

    fn file(&mut self, file: &Element, take: Take<'_>) -> Result<(), Fault> {
        let id = file.need("id")?.to_owned();
        if !self.is_first("", &id) {
            let violation = Violation::new("", "repeated_id").with("id", &id);
            return Err(Fault::new(file.line, violation));
        }
        let mut depth = 0_usize;
        let mut units = 0_usize;
        loop {
            let Some(element) = self.child()? else {
                if depth == 0 {
                    break;
                }
                depth -= 1;
                continue;
            };
            if element.is(self.core, "group") {
                element.need("id")?;
                (depth, units) = (depth + 1, units + 1);
            } else if element.is(self.core, "unit") {
                units += 1;
                self.unit(&id, &element, take)?;
            } else if element.namespace == self.core
                && !matches!(element.name.as_str(), "skeleton" | "notes")
            {
                return Err(self.unexpected(&element));
            } else {
                self.xml.skip()?;
            }
        }
        if units == 0 {
            return Err(missing(file.line, "unit"));
        }
        Ok(())
    }

    fn unit(&mut self, file: &str, unit: &Element, take: Take<'_>) -> Result<(), Fault> {
        let id = unit.need("id")?.to_owned();
        let is_first = self.is_first(&format!("unit {file}"), &id);
        let (mut parts, mut digests) = (Vec::new(), Digests::default());
        while let Some(element) = self.child()? {
            let is_segment = element.is(self.core, "segment");
            if is_segment || element.is(self.core, "ignorable") {
                let natural = parts.len() + 1;
                parts.push(self.part(&element, is_segment, natural)?);
            } else if element.is(METADATA, "metadata") {
                self.metadata(&mut digests)?;
            } else if element.namespace == self.core
                && !matches!(element.name.as_str(), "notes" | "originalData")
            {
                return Err(self.unexpected(&element));
            } else {
                self.xml.skip()?;
            }
        }
        if !parts.iter().any(|part| part.is_segment) {
            return Err(missing(unit.line, "segment"));
        }
        let found = if is_first {
            joined(parts)
        } else {
            Err(Violation::new("", "repeated_id").with("id", &id))
        };
        take(match found {
            Ok((source, target, progress)) => Found::Unit(Box::new(Returned {
                line: unit.line,
                entry: file.to_owned(),
                id,
                source: Content::Runs(source),
                of: digests.of,
                was: digests.was,
                target: target.map(Content::Runs),
                progress,
            })),
            Err(violation) => Found::Refused(file.to_owned(), id, Fault::new(unit.line, violation)),
        })
    }

    fn metadata(&mut self, digests: &mut Digests) -> Result<(), Fault> {
        let mut groups: Vec<bool> = Vec::new();
        loop {
            let Some(element) = self.child()? else {
                if groups.pop().is_none() {
                    return Ok(());
                }
                continue;
            };
            if element.is(METADATA, "metaGroup") {
                groups.push(element.get("category") == Some(OWN));
                continue;
            }
            if !element.is(METADATA, "meta") {
                return Err(self.unexpected(&element));
            }
            let kind = element.need("type")?.to_owned();
            let said = self.xml.text_within()?;
            let digest = said.trim().parse::<SegmentDigest>().ok();
            if groups.last() == Some(&true) && kind == SOURCE_DIGEST {
                digests.of = digest;
            } else if groups.last() == Some(&true) && kind == TARGET_DIGEST {
                digests.was = digest;
            }
        }
    }

    fn part(&mut self, part: &Element, is_segment: bool, natural: usize) -> Result<Part, Fault> {
        let mut fault = None;
        let progress = part.get("state").filter(|_| is_segment).and_then(|state| {
            let progress = SegmentState::parse(state);
            fault = progress.is_none().then(|| wrong(format!("segment/@state={state}")));
            progress
        });
        let (mut source, mut target, mut order) = (None, None, natural);
        while let Some(element) = self.child()? {
            if element.is(self.core, "source") && source.is_none() && target.is_none() {
                let language = self.languages.0.clone();
                source = Some(self.content(&element, &language)?);
            } else if element.is(self.core, "target") && source.is_some() && target.is_none() {
                let language = self.languages.1.clone();
                let Some(language) = language else {
                    return Err(missing(element.line, "xliff/@trgLang"));
                };
                target = Some(self.content(&element, &language)?);
                if let Some(given) = element.get("order") {
                    match given.parse() {
                        Ok(given) => order = given,
                        Err(_) => fault = Some(wrong(format!("target/@order={given}"))),
                    }
                }
            } else {
                return Err(self.unexpected(&element));
            }
        }
        let source = source.ok_or_else(|| missing(part.line, "source"))?;
        let source = fault.map_or(source, Err);
        Ok(Part { source, target, order, progress, is_segment })
    }

    /// The content of a `source` or `target`, or why it can't be taken.
    fn content(
        &mut self,
        element: &Element,
        language: &str,
    ) -> Result<Result<Vec<Run>, Violation>, Fault> {
        let mut runs = Runs::default();
        if let Some(own) = element.get("xml:lang").filter(|own| !own.eq_ignore_ascii_case(language))
        {
            let violation = Violation::new("", "wrong_language").with("expected", language);
            runs.fault = Some(violation.with("found", own));
        }
        loop {
            match self.xml.next()? {
                Node::Text(text) => runs.text(&text),
                Node::Start(element) if element.namespace == self.core => runs.begin(&element)?,
                Node::Start(element) => return Err(self.unexpected(&element)),
                Node::End | Node::Eof => {
                    if !runs.end() {
                        break;
                    }
                }
            }
            let last = runs.runs.last();
            if let Some(Run::Text(text)) = last {
                self.xml.bounded(text)?;
            }
        }
        Ok(runs.fault.map_or(Ok(runs.runs), Err))
    }
}

/// Stretches while they are read.
#[derive(Default)]
struct Runs {
    runs: Vec<Run>,
    /// The elements that are open: the id of a pair's.
    open: Vec<Option<String>>,
    fault: Option<Violation>,
}

impl Runs {
    fn text(&mut self, text: &str) {
        match self.runs.last_mut() {
            Some(Run::Text(last)) => last.push_str(text),
            Some(Run::Open(_) | Run::Close(_) | Run::Alone(_)) | None => {
                self.runs.push(Run::Text(text.to_owned()));
            }
        }
    }

    fn begin(&mut self, element: &Element) -> Result<(), Fault> {
        let mut pair = None;
        match element.name.as_str() {
            "cp" => {
                if let Some(c) = code_point(element)? {
                    self.text(c.encode_utf8(&mut [0; 4]));
                }
            }
            "ph" => self.runs.push(Run::Alone(element.need("id")?.to_owned())),
            "pc" => {
                let id = element.need("id")?.to_owned();
                self.runs.push(Run::Open(id.clone()));
                pair = Some(id);
            }
            "sc" => self.runs.push(Run::Open(element.need("id")?.to_owned())),
            "ec" => {
                let id = element.get("startRef").or_else(|| element.get("id"));
                let id = id.ok_or_else(|| missing(element.line, "ec/@startRef"))?;
                self.runs.push(Run::Close(id.to_owned()));
            }
            // Remarks on a text are not the text.
            "mrk" | "sm" => drop(element.need("id")?),
            "em" => drop(element.need("startRef")?),
            other => {
                self.fault = Some(Violation::new("", "file_unexpected").with("what", other));
            }
        }
        self.open.push(pair);
        Ok(())
    }

    /// Ends the innermost element; `false` when it is the content's own.
    fn end(&mut self) -> bool {
        let Some(pair) = self.open.pop() else { return false };
        self.runs.extend(pair.map(Run::Close));
        true
    }
}

/// What a unit says, whole: source, translation and how far it is.
type Whole = (Vec<Run>, Option<Vec<Run>>, Option<SegmentState>);

/// Puts a unit's segments together, whatever a tool made of the one that it was.
fn joined(parts: Vec<Part>) -> Result<Whole, Violation> {
    let is_whole = parts.iter().all(|part| !part.is_segment || part.target.is_some());
    // `initial` is what stands for nothing at all: tools that know no states leave it.
    let progress = parts.iter().filter_map(|part| part.progress).min();
    let progress = progress.filter(|progress| *progress != SegmentState::Initial);
    let (mut source, mut targets) = (Vec::new(), Vec::new());
    for part in parts {
        let said = part.source?;
        let target = part.target.transpose()?;
        targets.push((part.order, target.unwrap_or_else(|| said.clone())));
        source.extend(said);
    }
    targets.sort_by_key(|(order, _)| *order);
    let target: Vec<Run> = targets.into_iter().flat_map(|(_, runs)| runs).collect();
    let is_there = is_whole && (!target.is_empty() || source.is_empty());
    Ok((merged(source), is_there.then(|| merged(target)), progress))
}

/// Stretches without two of words next to each other.
fn merged(runs: Vec<Run>) -> Vec<Run> {
    let mut merged = Runs::default();
    for run in runs {
        match run {
            Run::Text(text) => merged.text(&text),
            other @ (Run::Open(_) | Run::Close(_) | Run::Alone(_)) => merged.runs.push(other),
        }
    }
    merged.runs
}
