//! Writes XLIFF 2.1, unit by unit.

use std::io::{self, Write};

use super::{CORE, GLOSSARY, MATCHES, METADATA, OWN, SOURCE_DIGEST, TARGET_DIGEST};
use crate::{
    exchange::{
        Head, Languages, Proposal, Run, Term, Unit,
        inline::{Half, Marked, Numbered, may_be_left_out},
        xml::XmlWriter,
    },
    segment::{SegmentDigest, SegmentState, code::CodeKind},
};

/// Writes a document: files one after the other, units within them.
pub struct XliffWriter<W: Write> {
    out: XmlWriter<W>,
    in_file: bool,
}

impl<W: Write> std::fmt::Debug for XliffWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("XliffWriter").field("in_file", &self.in_file).finish_non_exhaustive()
    }
}

/// A code whose data a unit lists: the id of the data, and what it is.
struct Datum {
    id: String,
    written: String,
}

impl<W: Write> XliffWriter<W> {
    /// Begins a document in these languages.
    ///
    /// # Errors
    /// [`io::Error`] of what is written to.
    pub fn new(out: W, languages: &Languages) -> io::Result<Self> {
        let mut out = XmlWriter::new(out)?;
        out.line(0)?;
        out.open(
            "xliff",
            &[
                ("xmlns", CORE),
                ("xmlns:mtc", MATCHES),
                ("xmlns:gls", GLOSSARY),
                ("xmlns:mda", METADATA),
                ("version", "2.1"),
                ("srcLang", languages.source.as_str()),
                ("trgLang", languages.target.as_str()),
            ],
        )?;
        Ok(Self { out, in_file: false })
    }

    /// Begins an entry's file.
    ///
    /// # Errors
    /// As for [`XliffWriter::new`].
    pub fn file(&mut self, head: &Head) -> io::Result<()> {
        self.end_file()?;
        self.in_file = true;
        self.out.line(1)?;
        let attributes = [("id", head.entry.as_str()), ("original", head.name.as_str())];
        self.out.open("file", &attributes)?;
        self.notes(2, &head.notes, None)
    }

    fn end_file(&mut self) -> io::Result<()> {
        if self.in_file {
            self.in_file = false;
            self.out.line(1)?;
            self.out.close("file")?;
        }
        Ok(())
    }

    fn notes(&mut self, steps: usize, notes: &[String], previous: Option<&str>) -> io::Result<()> {
        if notes.is_empty() && previous.is_none() {
            return Ok(());
        }
        self.out.line(steps)?;
        self.out.open("notes", &[])?;
        let context = notes.iter().map(|note| ("context", note.as_str()));
        for (category, note) in context.chain(previous.map(|text| ("previous-source", text))) {
            self.out.line(steps + 1)?;
            self.out.leaf("note", &[("category", category)], note)?;
        }
        self.out.line(steps)?;
        self.out.close("notes")
    }

    /// A unit of the file that was begun last.
    ///
    /// # Errors
    /// As for [`XliffWriter::new`].
    pub fn unit(&mut self, unit: &Unit) -> io::Result<()> {
        let source = Marked::source(&unit.source);
        let target = unit.target.as_ref().map(|target| Marked::target(target, &source));
        self.out.line(2)?;
        self.out.open(
            "unit",
            &[
                ("id", unit.id.as_str()),
                ("name", unit.pointer.as_str()),
                ("canResegment", "no"),
                ("xml:space", "preserve"),
            ],
        )?;
        self.matches(&unit.proposals)?;
        self.glossary(&unit.terms)?;
        self.metadata(unit)?;
        self.notes(3, &unit.notes, unit.previous.as_deref())?;
        let data = self.original_data(3, &source, target.as_ref())?;
        self.out.line(3)?;
        let state = [("id", "s"), ("state", unit.progress.as_str())];
        let outdated = unit.is_outdated && unit.progress == SegmentState::Initial;
        let outdated = outdated.then_some(("subState", "beacon:outdated"));
        let attributes: Vec<_> = state.into_iter().chain(outdated).collect();
        self.out.open("segment", &attributes)?;
        self.text(4, "source", &source, &data)?;
        if let Some(target) = &target {
            self.text(4, "target", target, &data)?;
        }
        self.out.line(3)?;
        self.out.close("segment")?;
        self.out.line(2)?;
        self.out.close("unit")
    }

    fn metadata(&mut self, unit: &Unit) -> io::Result<()> {
        self.out.line(3)?;
        self.out.open("mda:metadata", &[])?;
        self.out.open("mda:metaGroup", &[("category", OWN)])?;
        let digest = unit.digest().to_string();
        self.out.leaf("mda:meta", &[("type", SOURCE_DIGEST)], &digest)?;
        if let Some(target) = &unit.target {
            let digest = SegmentDigest::of(&target.text).to_string();
            self.out.leaf("mda:meta", &[("type", TARGET_DIGEST)], &digest)?;
        }
        self.out.close("mda:metaGroup")?;
        self.out.close("mda:metadata")
    }

    fn matches(&mut self, proposals: &[Proposal]) -> io::Result<()> {
        if proposals.is_empty() {
            return Ok(());
        }
        self.out.line(3)?;
        self.out.open("mtc:matches", &[])?;
        for proposal in proposals {
            self.proposal(proposal)?;
        }
        self.out.line(3)?;
        self.out.close("mtc:matches")
    }

    fn proposal(&mut self, proposal: &Proposal) -> io::Result<()> {
        let similarity = proposal.percent.min(100).to_string();
        let mut attributes = vec![
            ("ref", "#s"),
            ("type", if proposal.percent > 100 { "icm" } else { "tm" }),
            ("similarity", similarity.as_str()),
        ];
        if !proposal.origin.is_empty() {
            attributes.push(("origin", &proposal.origin));
        }
        let source = Marked::source(&proposal.source);
        let target = Marked::target(&proposal.target, &source);
        self.out.line(4)?;
        self.out.open("mtc:match", &attributes)?;
        let data = self.original_data(5, &source, Some(&target))?;
        self.text(5, "source", &source, &data)?;
        self.text(5, "target", &target, &data)?;
        self.out.line(4)?;
        self.out.close("mtc:match")
    }

    fn glossary(&mut self, terms: &[Term]) -> io::Result<()> {
        let said = |term: &&Term| !term.targets.is_empty() || term.definition.is_some();
        let terms: Vec<_> = terms.iter().filter(said).collect();
        if terms.is_empty() {
            return Ok(());
        }
        self.out.line(3)?;
        self.out.open("gls:glossary", &[])?;
        for term in terms {
            self.out.line(4)?;
            self.out.open("gls:glossEntry", &[])?;
            self.out.leaf("gls:term", &[], &term.source)?;
            for target in &term.targets {
                self.out.leaf("gls:translation", &[], target)?;
            }
            if let Some(definition) = &term.definition {
                self.out.leaf("gls:definition", &[], definition)?;
            }
            self.out.close("gls:glossEntry")?;
        }
        self.out.line(3)?;
        self.out.close("gls:glossary")
    }

    /// Lists what the codes stand for, and answers under which ids.
    fn original_data(
        &mut self,
        steps: usize,
        source: &Marked<'_>,
        target: Option<&Marked<'_>>,
    ) -> io::Result<Vec<Datum>> {
        let mut data: Vec<Datum> = Vec::new();
        for marked in [Some(source), target].into_iter().flatten() {
            for code in &marked.codes {
                let written = marked.written(code);
                if !data.iter().any(|known| known.written == written) {
                    data.push(Datum { id: format!("d{}", data.len() + 1), written });
                }
            }
        }
        if data.is_empty() {
            return Ok(data);
        }
        self.out.line(steps)?;
        self.out.open("originalData", &[])?;
        for datum in &data {
            self.out.line(steps + 1)?;
            self.out.open("data", &[("id", &datum.id)])?;
            self.words(&datum.written)?;
            self.out.close("data")?;
        }
        self.out.line(steps)?;
        self.out.close("originalData")?;
        Ok(data)
    }

    fn text(
        &mut self,
        steps: usize,
        name: &str,
        marked: &Marked<'_>,
        data: &[Datum],
    ) -> io::Result<()> {
        self.out.line(steps)?;
        self.out.open(name, &[])?;
        for run in marked.runs() {
            match run {
                Run::Text(words) => self.words(&words)?,
                Run::Close(_) => self.out.close("pc")?,
                Run::Open(id) | Run::Alone(id) => self.code(&id, marked, data)?,
            }
        }
        self.out.close(name)
    }

    fn words(&mut self, words: &str) -> io::Result<()> {
        self.out.text(words, |out, c| out.empty("cp", &[("hex", &format!("{:04X}", u32::from(c)))]))
    }

    fn code(&mut self, id: &str, marked: &Marked<'_>, data: &[Datum]) -> io::Result<()> {
        let reference = |half: Half| {
            let code = marked.codes.iter().find(|code| code.id == id && code.side == half)?;
            let written = marked.written(code);
            Some(data.iter().find(|datum| datum.written == written)?.id.as_str())
        };
        let Some(code) = marked.codes.iter().find(|code| code.id == id) else { return Ok(()) };
        let (kind, sub_kind) = types(code.kind);
        let mut attributes = vec![("id", id), ("type", kind)];
        attributes.extend(sub_kind.map(|sub_kind| ("subType", sub_kind)));
        if !may_be_left_out(code.kind) {
            attributes.push(("canDelete", "no"));
        }
        if code.side == Half::Alone {
            attributes.extend(reference(Half::Alone).map(|id| ("dataRef", id)));
            let shown = shown(code, marked);
            attributes.push(("disp", &shown));
            self.out.empty("ph", &attributes)
        } else {
            attributes.extend(reference(Half::Open).map(|id| ("dataRefStart", id)));
            attributes.extend(reference(Half::Close).map(|id| ("dataRefEnd", id)));
            self.out.open("pc", &attributes)
        }
    }

    /// Ends the document, and gives back what was written to.
    ///
    /// # Errors
    /// As for [`XliffWriter::new`].
    pub fn finish(mut self) -> io::Result<W> {
        self.end_file()?;
        self.out.line(0)?;
        self.out.close("xliff")?;
        self.out.line(0)?;
        Ok(self.out.into_inner())
    }
}

/// The beginning of what a code stands for, to be shown in its place.
fn shown(code: &Numbered, marked: &Marked<'_>) -> String {
    marked.written(code).chars().take(60).collect()
}

/// What a code is in XLIFF's words.
const fn types(kind: CodeKind) -> (&'static str, Option<&'static str>) {
    match kind {
        CodeKind::Emphasis => ("fmt", Some("xlf:i")),
        CodeKind::Strong => ("fmt", Some("xlf:b")),
        CodeKind::Strike => ("fmt", Some("beacon:strike")),
        CodeKind::Link => ("link", None),
        CodeKind::Image => ("image", None),
        CodeKind::Code => ("other", Some("beacon:code")),
        CodeKind::Html => ("other", Some("beacon:html")),
        CodeKind::Address => ("link", Some("beacon:address")),
        CodeKind::Embed => ("ui", Some("xlf:var")),
        CodeKind::Note => ("other", Some("beacon:note")),
    }
}
