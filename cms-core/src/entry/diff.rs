//! What changed between two revisions: field by field, and within texts word by word. Pure.
//!
//! Words are found by dictionary where a script writes no spaces, so that a change of one Thai or Japanese
//! word is that word and not the paragraph. Markdown is compared block by block first, so that a paragraph that came in
//! is that paragraph, and words only within blocks that changed; what means something as a whole (an embed, the address
//! of a link) differs as a whole.

use std::collections::BTreeSet;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{event::Fields, id::FieldName, violation::pointer_step};

mod pieces;

/// Pieces of a text that are compared one by one; a longer text is compared by its lines, and one that is
/// longer still as a whole.
const PIECES: usize = 4_000;

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDiff {
    /// Where, as a JSON Pointer into the fields.
    pub pointer: String,
    /// How.
    pub change: Difference,
}

/// How a value differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// A text, piece by piece: the pieces in order are both texts, one without what was removed, the other
    /// without what was added.
    Text(Vec<Run>),
    /// Another value; an absent one is none.
    Value {
        /// What it was.
        from: Option<Value>,
        /// What it is.
        to: Option<Value>,
    },
}

/// A run of text that both have, or one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Who has it.
    pub kind: RunKind,
    /// The text.
    pub text: String,
}

/// Who has a run of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// Both.
    Same,
    /// The older alone.
    Removed,
    /// The newer alone.
    Added,
}

/// How a Markdown source is cut into its blocks.
pub type Blocks = fn(&str) -> Vec<&str>;

/// All fields that differ, in the order of their names. `markdown` says how those that hold Markdown are cut.
pub fn diff(
    from: &Fields,
    to: &Fields,
    markdown: impl Fn(&FieldName) -> Option<Blocks>,
) -> Vec<FieldDiff> {
    let names: BTreeSet<&FieldName> = from.keys().chain(to.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        match (markdown(name), from.get(name), to.get(name)) {
            (Some(blocks), Some(Value::String(from)), Some(Value::String(to))) if from != to => {
                let change = Difference::Text(markdown_runs(from, to, blocks));
                found.push(FieldDiff { pointer: pointer_step(name), change });
            }
            (_, from, to) => compare(pointer_step(name), from, to, &mut found),
        }
    }
    found
}

fn compare(pointer: String, from: Option<&Value>, to: Option<&Value>, found: &mut Vec<FieldDiff>) {
    if from == to {
        return;
    }
    let change = match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
            for name in names {
                let inner = format!("{pointer}{}", pointer_step(name));
                compare(inner, from.get(name), to.get(name), found);
            }
            return;
        }
        (Some(Value::String(from)), Some(Value::String(to))) => Difference::Text(runs(from, to)),
        (from, to) => Difference::Value { from: from.cloned(), to: to.cloned() },
    };
    found.push(FieldDiff { pointer, change });
}

/// How two texts differ, piece by piece: the pieces in order are both texts.
pub fn text_diff(from: &str, to: &str) -> Vec<Run> {
    runs(from, to)
}

/// How a text is cut into what is compared.
type Cut = fn(&str) -> Vec<&str>;

/// The runs of two texts.
fn runs(from: &str, to: &str) -> Vec<Run> {
    let mut found = Runs::default();
    found.compare(from, to, pieces::words);
    found.0
}

/// The runs of two Markdown sources: blocks first, and words within those that changed.
fn markdown_runs(from: &str, to: &str, blocks: Blocks) -> Vec<Run> {
    let (old, new) = (blocks(from), blocks(to));
    let mut found = Runs::default();
    if old.len().max(new.len()) > PIECES {
        found.compare(from, to, pieces::markdown);
        return found.0;
    }
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let before = old.get(op.old_range()).unwrap_or_default();
        let after = new.get(op.new_range()).unwrap_or_default();
        match op {
            DiffOp::Equal { .. } => found.add(RunKind::Same, before),
            DiffOp::Delete { .. } => found.add(RunKind::Removed, before),
            DiffOp::Insert { .. } => found.add(RunKind::Added, after),
            DiffOp::Replace { .. } if before.len() == after.len() => {
                for (before, after) in before.iter().zip(after) {
                    found.compare(before, after, pieces::markdown);
                }
            }
            DiffOp::Replace { .. } => {
                found.compare(&before.concat(), &after.concat(), pieces::markdown);
            }
        }
    }
    found.0
}

/// Runs as they are found: neighbours of one kind are one.
#[derive(Default)]
struct Runs(Vec<Run>);

impl Runs {
    fn add(&mut self, kind: RunKind, pieces: &[&str]) {
        let text = pieces.concat();
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.kind == kind => last.text.push_str(&text),
            Some(_) | None => self.0.push(Run { kind, text }),
        }
    }

    /// Adds the runs of two texts that are cut so; where that gives too many pieces, by lines, or as a whole.
    fn compare(&mut self, from: &str, to: &str, cut: Cut) {
        let by_words = (cut(from), cut(to));
        let (old, new) = if by_words.0.len().max(by_words.1.len()) <= PIECES {
            by_words
        } else {
            let lines = (from.split_inclusive('\n').collect(), to.split_inclusive('\n').collect());
            let (old, new): (Vec<&str>, Vec<&str>) = lines;
            if old.len().max(new.len()) <= PIECES { (old, new) } else { (vec![from], vec![to]) }
        };
        for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
            let before = old.get(op.old_range()).unwrap_or_default();
            let after = new.get(op.new_range()).unwrap_or_default();
            match op {
                DiffOp::Equal { .. } => self.add(RunKind::Same, before),
                DiffOp::Delete { .. } => self.add(RunKind::Removed, before),
                DiffOp::Insert { .. } => self.add(RunKind::Added, after),
                DiffOp::Replace { .. } => {
                    self.add(RunKind::Removed, before);
                    self.add(RunKind::Added, after);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Fields {
        serde_json::from_value(value.clone()).unwrap()
    }

    /// A difference as one line: `[-removed-]` and `{+added+}`.
    fn told(from: &str, to: &str) -> String {
        shown(runs(from, to))
    }

    fn shown(runs: Vec<Run>) -> String {
        let told = runs.into_iter().map(|run| match run.kind {
            RunKind::Same => run.text,
            RunKind::Removed => format!("[-{}-]", run.text),
            RunKind::Added => format!("{{+{}+}}", run.text),
        });
        told.collect()
    }

    #[test]
    fn markdown_is_compared_by_blocks_and_by_what_means_something_as_a_whole() {
        let blocks: Blocks = |text| text.split_inclusive("\n\n").collect();
        for (from, to, expected) in [
            (
                "Tell somebody.\n\nBlock them.",
                "Tell somebody.\n\nTell no lies.\n\nBlock them.",
                "Tell somebody.\n\n{+Tell no lies.\n\n+}Block them.",
            ),
            (
                "See [this](https://a.example/old) now.",
                "See [this](https://a.example/new) now.",
                "See [this[-](https://a.example/old)-]{+](https://a.example/new)+} now.",
            ),
            (
                "Call {{route:ceop.phone}}.\n\nStay.",
                "Call {{route:ncmec.phone}}.\n\nStay.",
                "Call [-{{route:ceop.phone}}-]{+{{route:ncmec.phone}}+}.\n\nStay.",
            ),
            (
                "# Old title\n\nA b.",
                "# New title\n\nA c.",
                "# [-Old-]{+New+} title\n\nA [-b-]{+c+}.",
            ),
        ] {
            assert_eq!(shown(markdown_runs(from, to, blocks)), expected);
        }
    }

    #[test]
    fn a_changed_word_is_that_word_in_every_script() {
        for (from, to, expected) in [
            ("Call 116 111 now.", "Call 116 000 now.", "Call 116 [-111-]{+000+} now."),
            ("Don't pay.", "Don't ever pay.", "Don't {+ever +}pay."),
            (
                "すぐに電話してください。",
                "すぐに相談してください。",
                "すぐに[-電話-]{+相談+}してください。",
            ),
            ("ห้ามจ่ายเงิน", "ห้ามโอนเงิน", "ห้าม[-จ่าย-]{+โอน+}เงิน"),
            ("", "new", "{+new+}"),
        ] {
            assert_eq!(told(from, to), expected);
        }
    }

    #[test]
    fn the_runs_are_both_texts() {
        let (from, to) = ("one two three\nfour".repeat(900), "one 2 three\nfive four".repeat(800));
        let runs = runs(&from, &to);
        let without = |kind| -> String {
            let kept = runs.iter().filter(|run| run.kind != kind);
            kept.map(|run| run.text.as_str()).collect()
        };
        assert_eq!(without(RunKind::Added), from);
        assert_eq!(without(RunKind::Removed), to);
    }

    #[test]
    fn fields_are_compared_by_name_and_objects_member_by_member() {
        let from =
            fields(&json!({ "title": "A b", "old": 1, "phone": { "number": "1", "kind": "x" } }));
        let to = fields(
            &json!({ "title": "A c", "list": ["a"], "phone": { "number": "2", "kind": "x" } }),
        );
        let no_markdown = |_: &FieldName| None;
        let found = diff(&from, &to, no_markdown);
        let places: Vec<_> = found.iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(places, ["/list", "/old", "/phone/number", "/title"]);
        assert_eq!(found[0].change, Difference::Value { from: None, to: Some(json!(["a"])) });
        assert_eq!(diff(&from, &from, no_markdown), []);
    }
}
