//! Puts together what two people made of one revision: field by field, and block by block where both changed one
//! text. What can't be put together is told with all three. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{event::Fields, id::FieldName, violation::pointer_step};

/// The most blocks of a text that are compared; one with more is taken as a whole.
const BLOCKS: usize = 2_000;

/// What a text is cut into, where it is one that two people can change side by side.
pub type Cut<'a> = &'a dyn Fn(&FieldName, &str) -> Option<Vec<String>>;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Merge {
    /// All fields as they could be saved; where there is a conflict, as they are saved now.
    pub fields: Fields,
    /// Where both changed the same text and it could be put together, as JSON Pointers.
    pub joined: Vec<String>,
    /// Where somebody has to say.
    pub conflicts: Vec<Conflict>,
}

/// A place that both changed, each in a way of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Where, as a JSON Pointer into the fields.
    pub pointer: String,
    /// What it was; an absent value is none.
    pub base: Option<Value>,
    /// What it is now.
    pub theirs: Option<Value>,
    /// What it was to be.
    pub mine: Option<Value>,
    /// A text block by block, where it has blocks.
    pub blocks: Vec<Chunk>,
}

/// A run of blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Both say this: neither changed it, or one did, or both alike.
    Agreed(String),
    /// Each says something else.
    Disputed {
        /// What it was.
        base: String,
        /// What it is now.
        theirs: String,
        /// What it was to be.
        mine: String,
    },
}

/// Puts `mine` and `theirs` together, which both began at `base`.
pub fn merge(base: &Fields, theirs: &Fields, mine: &Fields, cut: Cut<'_>) -> Merge {
    let names: BTreeSet<&FieldName> = base.keys().chain(theirs.keys()).chain(mine.keys()).collect();
    let mut merge = Merge::default();
    for name in names {
        let three = Three { base: base.get(name), theirs: theirs.get(name), mine: mine.get(name) };
        let merged = three.merged(&pointer_step(name), &|text| cut(name, text), &mut merge);
        merge.fields.extend(merged.map(|value| (name.clone(), value)));
    }
    merge
}

/// One value, three times.
#[derive(Clone, Copy)]
struct Three<'a> {
    base: Option<&'a Value>,
    theirs: Option<&'a Value>,
    mine: Option<&'a Value>,
}

impl Three<'_> {
    fn merged(
        self,
        pointer: &str,
        cut: &dyn Fn(&str) -> Option<Vec<String>>,
        found: &mut Merge,
    ) -> Option<Value> {
        let Self { base, theirs, mine } = self;
        if mine == base || mine == theirs {
            return theirs.cloned();
        }
        if theirs == base {
            return mine.cloned();
        }
        let mut blocks = Vec::new();
        match (base, theirs, mine) {
            (base, Some(Value::Object(theirs)), Some(Value::Object(mine))) => {
                let none = Map::new();
                let base = base.and_then(Value::as_object).unwrap_or(&none);
                let names: BTreeSet<&String> =
                    base.keys().chain(theirs.keys()).chain(mine.keys()).collect();
                let mut members = Map::new();
                for name in names {
                    let (base, theirs, mine) = (base.get(name), theirs.get(name), mine.get(name));
                    let inner = format!("{pointer}{}", pointer_step(name));
                    let merged = Three { base, theirs, mine }.merged(&inner, &|_| None, found);
                    members.extend(merged.map(|value| (name.clone(), value)));
                }
                return Some(Value::Object(members));
            }
            (base, Some(Value::String(theirs)), Some(Value::String(mine))) => {
                let base = base.and_then(Value::as_str).unwrap_or_default();
                if let (Some(base), Some(theirs), Some(mine)) = (cut(base), cut(theirs), cut(mine))
                {
                    blocks = chunks(&base, &theirs, &mine);
                }
                if let Some(text) = joined(&blocks) {
                    found.joined.push(pointer.to_owned());
                    return Some(Value::String(text));
                }
            }
            _ => {}
        }
        let (base, mine) = (base.cloned(), mine.cloned());
        let conflict =
            Conflict { pointer: pointer.to_owned(), base, theirs: theirs.cloned(), mine, blocks };
        found.conflicts.push(conflict);
        theirs.cloned()
    }
}

/// The text, if nothing in it is disputed.
fn joined(chunks: &[Chunk]) -> Option<String> {
    let agreed: Option<Vec<&str>> = chunks
        .iter()
        .map(|chunk| match chunk {
            Chunk::Agreed(text) => Some(text.as_str()),
            Chunk::Disputed { .. } => None,
        })
        .collect();
    agreed.filter(|agreed| !agreed.is_empty()).map(|agreed| {
        let texts: Vec<&str> = agreed.into_iter().filter(|text| !text.is_empty()).collect();
        texts.join(BETWEEN)
    })
}

/// What stands between blocks.
const BETWEEN: &str = "\n\n";

/// Compares three texts block by block (as `diff3` does line by line); the white space after a block says nothing.
fn chunks(base: &[String], theirs: &[String], mine: &[String]) -> Vec<Chunk> {
    let trimmed = |blocks: &[String]| -> Vec<String> {
        let blocks = blocks.iter().map(|block| block.trim_end().to_owned());
        blocks.filter(|block| !block.is_empty()).collect()
    };
    let (base, theirs, mine) = (trimmed(base), trimmed(theirs), trimmed(mine));
    if base.len().max(theirs.len()).max(mine.len()) > BLOCKS {
        return Vec::new();
    }
    let (in_theirs, in_mine) = (places(&base, &theirs), places(&base, &mine));
    let mut found = Vec::new();
    let (mut b, mut t, mut m) = (0, 0, 0);
    for at in 0..=base.len() {
        // A block that all three have ends what differs before it; so does the end of all.
        let (their_end, my_end) = if at == base.len() {
            (theirs.len(), mine.len())
        } else {
            match (in_theirs.get(at).copied().flatten(), in_mine.get(at).copied().flatten()) {
                (Some(theirs), Some(mine)) => (theirs, mine),
                _ => continue,
            }
        };
        let text = |blocks: &[String], from: usize, to: usize| {
            blocks.get(from..to).unwrap_or_default().join(BETWEEN)
        };
        let three = (text(&base, b, at), text(&theirs, t, their_end), text(&mine, m, my_end));
        found.extend(chunk(three));
        if let Some(block) = base.get(at) {
            found.push(Chunk::Agreed(block.clone()));
        }
        (b, t, m) = (at + 1, their_end + 1, my_end + 1);
    }
    found
}

/// What stands in one place of three texts.
fn chunk((base, theirs, mine): (String, String, String)) -> Option<Chunk> {
    if theirs == mine || mine == base {
        (!theirs.is_empty()).then_some(Chunk::Agreed(theirs))
    } else if theirs == base {
        (!mine.is_empty()).then_some(Chunk::Agreed(mine))
    } else {
        Some(Chunk::Disputed { base, theirs, mine })
    }
}

/// Where each block of one text stands in another that has it.
fn places(from: &[String], to: &[String]) -> Vec<Option<usize>> {
    let mut found = vec![None; from.len()];
    for op in capture_diff_slices(Algorithm::Myers, from, to) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for at in 0..len {
                if let Some(place) = found.get_mut(old_index + at) {
                    *place = Some(new_index + at);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Fields {
        serde_json::from_value(value.clone()).unwrap()
    }

    /// Cut at empty lines; only `body` is cut.
    fn cut(name: &FieldName, text: &str) -> Option<Vec<String>> {
        let blocks = text.split_inclusive("\n\n").map(str::to_owned);
        (name.as_str() == "body").then(|| blocks.collect())
    }

    fn merged(base: &Value, theirs: &Value, mine: &Value) -> Merge {
        merge(&fields(base), &fields(theirs), &fields(mine), &cut)
    }

    #[test]
    fn what_one_changed_is_taken_and_what_both_changed_alike_is_no_conflict() {
        let merge = merged(
            &json!({ "title": "A", "summary": "s", "gone": 1, "cut": 1, "both": 1 }),
            &json!({ "title": "B", "summary": "s", "gone": 1, "both": 2, "new": 3 }),
            &json!({ "title": "A", "summary": "t", "cut": 1, "both": 2, "mine": 4 }),
        );
        let expected = json!({ "title": "B", "summary": "t", "both": 2, "new": 3, "mine": 4 });
        assert_eq!(merge, Merge { fields: fields(&expected), ..Merge::default() });
    }

    #[test]
    fn what_both_changed_otherwise_is_told_with_all_three_and_stays_as_it_is_saved() {
        let merge = merged(
            &json!({ "title": "A", "phone": { "n": "1", "k": "x" }, "gone": 1 }),
            &json!({ "title": "B", "phone": { "n": "2", "k": "x" } }),
            &json!({ "title": "C", "phone": { "n": "3", "k": "y" }, "gone": 2 }),
        );
        let expected = json!({ "title": "B", "phone": { "n": "2", "k": "y" } });
        assert_eq!(merge.fields, fields(&expected));
        let told: Vec<_> = merge.conflicts.iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(told, ["/gone", "/phone/n", "/title"]);
        let gone = &merge.conflicts[0];
        assert_eq!(
            (&gone.base, &gone.theirs, &gone.mine),
            (&Some(json!(1)), &None, &Some(json!(2)))
        );
    }

    #[test]
    fn two_who_change_other_blocks_of_a_text_are_put_together() {
        for (base, theirs, mine, expected) in [
            ("a\n\nb\n\nc", "A\n\nb\n\nc", "a\n\nb\n\nC", "A\n\nb\n\nC"),
            ("a\n\nb\n\nc", "a\n\nc", "a\n\nb\n\nc\n\nd", "a\n\nc\n\nd"),
            ("a\n\nb", "x\n\na\n\nb", "a\n\nb\n\ny", "x\n\na\n\nb\n\ny"),
            ("a\n\nb\n\nc", "a\n\nB\n\nc", "a\n\nB\n\nc\n\nd", "a\n\nB\n\nc\n\nd"),
        ] {
            let body = |text: &str| json!({ "body": text });
            let merge = merged(&body(base), &body(theirs), &body(mine));
            assert_eq!(merge.conflicts, [], "{base:?} {theirs:?} {mine:?}");
            assert_eq!(merge.fields, fields(&body(expected)));
            assert_eq!(merge.joined, ["/body"]);
        }
    }

    #[test]
    fn a_block_that_both_changed_is_disputed_and_the_others_are_not() {
        let body = |text: &str| json!({ "body": text });
        let merge = merged(&body("a\n\nb\n\nc"), &body("a\n\nb1\n\nc"), &body("A\n\nb2\n\nc\n\nd"));
        let [conflict] = merge.conflicts.as_slice() else { panic!("{merge:?}") };
        let agreed = |text: &str| Chunk::Agreed(text.to_owned());
        let (base, theirs, mine) =
            ("a\n\nb".to_owned(), "a\n\nb1".to_owned(), "A\n\nb2".to_owned());
        let expected = [Chunk::Disputed { base, theirs, mine }, agreed("c"), agreed("d")];
        assert_eq!(conflict.blocks, expected);
        assert_eq!(merge.fields, fields(&body("a\n\nb1\n\nc")), "as it is saved");
        // Two different texts where there was none.
        let merge = merged(&json!({}), &body("x"), &body("y"));
        assert_eq!(merge.conflicts[0].base, None);
    }

    #[test]
    fn whoever_changed_nothing_loses_nothing() {
        let some = fields(&json!({ "title": "A", "body": "a\n\nb", "list": [1, { "x": null }] }));
        let other = fields(&json!({ "title": "B", "body": "c", "more": true }));
        assert_eq!(merge(&some, &other, &some, &cut).fields, other);
        assert_eq!(merge(&some, &some, &other, &cut).fields, other);
        assert_eq!(merge(&some, &other, &other, &cut).fields, other);
        let nothing = Fields::new();
        assert_eq!(merge(&nothing, &nothing, &some, &cut).fields, some);
    }
}
