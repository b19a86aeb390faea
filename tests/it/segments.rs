//! The segmenter on texts that people wrote: joined again, what was cut is what it was.

use std::{env, fs, io::Write as _, path::Path};

use cms_core::{markdown, segment::SegmentKind};
use serde_json::Value;

/// What was cut of some texts.
#[derive(Debug, Default)]
struct Tally {
    texts: usize,
    segments: usize,
    other: usize,
}

impl Tally {
    fn take(&mut self, source: &str) {
        let cut = markdown::cut(source);
        assert!(cut.join() == source, "lost in cutting:\n{source}");
        for segment in cut.segments() {
            for code in markdown::codes(segment) {
                assert!(segment.text.get(code.range.clone()).is_some(), "{code:?} in {segment:?}");
            }
            self.other += usize::from(segment.kind == SegmentKind::Other);
        }
        self.texts += 1;
        self.segments += cut.segments().count();
    }
}

#[test]
fn every_example_of_commonmark_is_cut_without_loss() {
    let Some(path) = env::var_os("COMMONMARK_SPEC") else {
        return;
    };
    let mut tally = Tally::default();
    for (source, _) in crate::commonmark::examples(&fs::read_to_string(path).unwrap()) {
        tally.take(&source);
    }
    assert_eq!(tally.texts, 652);
}

/// By hand, on any folder of JSON lines with Markdown in them: `SEGMENTS_OF=DIR cargo test … segments -- --nocapture`.
#[test]
fn texts_of_a_folder_are_cut_without_loss() {
    let Some(path) = env::var_os("SEGMENTS_OF") else {
        return;
    };
    let mut tally = Tally::default();
    for file in fs::read_dir(Path::new(&path)).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            texts(&serde_json::from_str(line).unwrap(), &mut |text| tally.take(text));
        }
    }
    assert!(tally.texts > 0);
    std::io::stderr().write_all(format!("{tally:?}\n").as_bytes()).unwrap();
}

fn texts(value: &Value, take: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, take)),
        Value::Object(members) => members.values().for_each(|member| texts(member, take)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn the_demo_is_cut_without_loss() {
    let mut tally = Tally::default();
    for file in fs::read_dir(crate::demo::root().join("demo")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            for line in fs::read_to_string(path).unwrap().lines() {
                texts(&serde_json::from_str(line).unwrap(), &mut |text| tally.take(text));
            }
        }
    }
    assert!(tally.segments > 1_000, "{tally:?}");
}
