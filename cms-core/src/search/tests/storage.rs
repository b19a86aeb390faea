//! What survives, what is noticed, and what is gone.

use std::{fs, path::Path};

use super::*;
use crate::search::{IndexError, OpenError, Passage};

/// A folder with an index of one entry, up to event 7.
fn stored() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    assert_eq!(index.applied(), 0);
    let mut writer = index.writer(Pace::Steady).unwrap();
    writer.replace_entry(entry(1), &[form("One", 1, &[])]).unwrap();
    writer.commit(7).unwrap();
    dir
}

fn files(dir: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

#[test]
fn what_was_not_committed_is_gone_and_what_was_is_there() {
    let dir = stored();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer(Pace::Bulk).unwrap();
    writer.replace_entry(entry(1), &[]).unwrap();
    writer.replace_entry(entry(2), &[form("Two", 2, &[])]).unwrap();
    assert_eq!(ids(&index, &guidance("en")), [1]);
    drop((writer, index));
    let index = Index::open(dir.path()).unwrap();
    assert_eq!((index.applied(), ids(&index, &guidance("en"))), (7, vec![1]));
}

#[test]
fn a_commit_is_seen_at_once_by_all_handles() {
    let (index, mut writer) = index(&[form("One", 1, &[])]);
    let other = index.clone();
    writer.replace_entry(entry(2), &[form("Two", 2, &[])]).unwrap();
    writer.commit(9).unwrap();
    for handle in [index, other] {
        assert_eq!((handle.applied(), ids(&handle, &guidance("en"))), (9, vec![2, 1]));
    }
}

#[test]
fn a_replaced_entry_leaves_nothing_behind() {
    let english = form("English", 1, &[("topics", keyword("old"))]);
    let french = serving(form("French", 1, &[]), "fr", &["fr"]);
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    writer.replace_entry(entry(1), &[english, french]).unwrap();
    writer.replace_entry(entry(2), &[form("Other", 5, &[])]).unwrap();
    writer.commit(1).unwrap();
    writer.replace_entry(entry(1), &[form("English", 2, &[("topics", keyword("new"))])]).unwrap();
    writer.commit(2).unwrap();
    let query = ListQuery { facets: vec![field("topics")], count: true, ..guidance("en") };
    let page = index.list(&query).unwrap();
    assert_eq!((page.count, page.hits.len()), (Some(2), 2));
    assert_eq!(page.facets[&field("topics")], [("new".to_owned(), 1)]);
    assert_eq!(ids(&index, &guidance("fr")), [0; 0]);
    writer.replace_entry(entry(1), &[]).unwrap();
    writer.commit(3).unwrap();
    assert_eq!(ids(&index, &guidance("en")), [2]);
}

#[test]
fn the_words_of_a_removed_entry_leave_the_files_when_segments_merge() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    writer
        .replace_entry(entry(1), &[form("One", 1, &[("topics", keyword("unforgettable"))])])
        .unwrap();
    writer.commit(1).unwrap();
    writer.replace_entry(entry(1), &[]).unwrap();
    for number in 2..=12 {
        writer.replace_entry(entry(number), &[form("More", 1, &[])]).unwrap();
        writer.commit(u64::from(number)).unwrap();
    }
    writer.settle().unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    writer.commit(13).unwrap();
    writer.settle().unwrap();
    let holds =
        |path: &Path| fs::read(path).unwrap().windows(13).any(|window| window == b"unforgettable");
    let mut paths = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    assert_eq!(paths.find(|path| holds(path)), None);
}

#[test]
fn there_is_one_writer_at_a_time() {
    let (index, writer) = index(&[]);
    assert_eq!(index.writer(Pace::Steady).map(drop), Err(IndexError::HasWriter));
    drop(writer);
    assert!(index.writer(Pace::Steady).is_ok());
}

#[test]
fn a_changed_byte_or_a_cut_file_is_damage() {
    for cut in [false, true] {
        for extension in ["fast", "idx", "term"] {
            let dir = stored();
            let path = files(dir.path(), extension).pop().unwrap();
            let mut bytes = fs::read(&path).unwrap();
            if cut {
                bytes.truncate(bytes.len() / 2);
            } else {
                bytes[0] ^= 1;
            }
            fs::write(&path, bytes).unwrap();
            let answer = Index::open(dir.path()).map(drop);
            assert!(
                matches!(answer, Err(OpenError::Damaged { .. } | OpenError::OtherFormat { .. })),
                "{extension} {answer:?}"
            );
        }
    }
}

#[test]
fn a_missing_file_or_a_broken_list_of_files_is_damage() {
    for name in ["fast", "meta.json"] {
        let dir = stored();
        if name == "fast" {
            fs::remove_file(files(dir.path(), name).pop().unwrap()).unwrap();
        } else {
            fs::write(dir.path().join(name), "{}").unwrap();
        }
        let answer = Index::open(dir.path()).map(drop);
        assert!(matches!(answer, Err(OpenError::Damaged { .. })), "{name} {answer:?}");
    }
}

#[test]
fn another_format_is_told_apart_from_damage() {
    let dir = stored();
    let path = dir.path().join("meta.json");
    let meta = fs::read_to_string(&path).unwrap();
    for (old, new) in [("format=", "format=9"), ("\"terms\"", "\"words\"")] {
        assert!(meta.contains(old), "{meta}");
        fs::write(&path, meta.replacen(old, new, 1)).unwrap();
        let answer = Index::open(dir.path()).map(drop);
        assert!(matches!(answer, Err(OpenError::OtherFormat { .. })), "{old} {answer:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_one_is_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "no folder").unwrap();
    assert!(matches!(Index::open(&file).map(drop), Err(OpenError::Unavailable { .. })));
}

#[test]
fn a_changed_byte_anywhere_is_told_or_changes_nothing() {
    let dir = stored();
    let names = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    for path in names.filter(|path| path.is_file()) {
        let bytes = fs::read(&path).unwrap();
        let step = if path.extension().is_some_and(|found| found == "json") { 1 } else { 5 };
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            fs::write(&path, changed).unwrap();
            if let Ok(index) = Index::open(dir.path()) {
                let answer = (index.applied(), ids(&index, &guidance("en")));
                assert_eq!(answer, (7, vec![1]), "byte {at} of {}", path.display());
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn what_was_erased_leaves_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    let page = |title: &str, text: &str| {
        let passages = vec![Passage { weight: 1, text: text.to_owned() }];
        let text = FormText { passages, ..FormText::default() };
        IndexForm { text, ..form(title, 1, &[]) }
    };
    let held = |needle: &str| {
        let paths = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
        let mut files = paths.map(|path| fs::read(path).unwrap());
        files.any(|bytes| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
    };
    // Among so many others that what is deleted is no reason to merge by itself.
    writer.replace_entry(entry(1), &[page("One", "It stays: walrus.")]).unwrap();
    writer.replace_entry(entry(2), &[page("Two", "A name: zebrafinch.")]).unwrap();
    for other in 4..8 {
        writer.replace_entry(entry(other), &[page("Other", "It stays.")]).unwrap();
    }
    writer.commit(1).unwrap();
    writer.replace_entry(entry(2), &[page("Two", "Another: quokkastorm.")]).unwrap();
    writer.replace_entry(entry(3), &[page("Three", "It stays: pelican.")]).unwrap();
    for other in 8..12 {
        writer.replace_entry(entry(other), &[page("Other", "It stays.")]).unwrap();
    }
    writer.commit(2).unwrap();
    assert!(held("zebrafinch") && held("quokkastorm"), "also what was replaced");
    assert!(index.gone().unwrap().is_empty());
    writer.replace_entry(entry(2), &[]).unwrap();
    writer.commit(3).unwrap();
    let erased = index.gone().unwrap();
    assert_eq!(erased.iter().copied().collect::<Vec<_>>(), [entry(2)]);
    assert!(!writer.purge(&erased).unwrap());
    // Files that are merged go away: they are looked at when that is done.
    writer.settle().unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    assert!(writer.purge(&erased).unwrap());
    assert!(!held("zebrafinch") && !held("quokkastorm"));
    assert!(held("walrus") && held("pelican"));
    let left = [1].into_iter().chain(3..12).collect();
    assert_eq!((index.applied(), ids(&index, &guidance("en"))), (3, left));
    assert!(index.gone().unwrap().is_empty());
}
