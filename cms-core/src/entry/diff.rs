//! What changed between two revisions: field by field, and within texts word by word. Pure.
//!
//! Words are found by dictionary where a script writes no spaces, so that a change of one Thai or Japanese
//! word is that word and not the paragraph.

use std::collections::BTreeSet;

use icu_segmenter::{WordSegmenter, options::WordBreakInvariantOptions};
use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{event::Fields, id::FieldName, violation::pointer_step};

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

/// All fields that differ, in the order of their names.
pub fn diff(from: &Fields, to: &Fields) -> Vec<FieldDiff> {
    let names: BTreeSet<&FieldName> = from.keys().chain(to.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        compare(pointer_step(name), from.get(name), to.get(name), &mut found);
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

/// The runs of two texts.
fn runs(from: &str, to: &str) -> Vec<Run> {
    let by_words = (words(from), words(to));
    let (old, new) = if by_words.0.len().max(by_words.1.len()) <= PIECES {
        by_words
    } else {
        let lines = (from.split_inclusive('\n').collect(), to.split_inclusive('\n').collect());
        let (old, new): (Vec<&str>, Vec<&str>) = lines;
        if old.len().max(new.len()) <= PIECES { (old, new) } else { (vec![from], vec![to]) }
    };
    let mut found: Vec<Run> = Vec::new();
    let mut add = |kind: RunKind, pieces: Option<&[&str]>| {
        let text = pieces.unwrap_or_default().concat();
        match found.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.kind == kind => last.text.push_str(&text),
            Some(_) | None => found.push(Run { kind, text }),
        }
    };
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (before, after) = (old.get(op.old_range()), new.get(op.new_range()));
        match op {
            DiffOp::Equal { .. } => add(RunKind::Same, before),
            DiffOp::Delete { .. } => add(RunKind::Removed, before),
            DiffOp::Insert { .. } => add(RunKind::Added, after),
            DiffOp::Replace { .. } => {
                add(RunKind::Removed, before);
                add(RunKind::Added, after);
            }
        }
    }
    found
}

/// A text cut at the borders of its words.
fn words(text: &str) -> Vec<&str> {
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let borders: Vec<usize> = segmenter.segment_str(text).collect();
    borders
        .iter()
        .zip(borders.iter().skip(1))
        .filter_map(|(start, end)| text.get(*start..*end))
        .collect()
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
        let told = runs(from, to).into_iter().map(|run| match run.kind {
            RunKind::Same => run.text,
            RunKind::Removed => format!("[-{}-]", run.text),
            RunKind::Added => format!("{{+{}+}}", run.text),
        });
        told.collect()
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
        let found = diff(&from, &to);
        let places: Vec<_> = found.iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(places, ["/list", "/old", "/phone/number", "/title"]);
        assert_eq!(found[0].change, Difference::Value { from: None, to: Some(json!(["a"])) });
        assert_eq!(diff(&from, &from), []);
    }
}
