//! Tests of the memory's index.

use proptest::prelude::*;

use super::*;
use crate::{
    clock::Timestamp,
    id::{AccountId, EntryId},
    locale::Locale,
    translation::memory::context,
};

fn direction(source: &str, target: &str) -> Direction {
    let locale = |tag| Locale::parse(tag).unwrap();
    Direction { source: locale(source), target: locale(target) }
}

fn entry(number: u8) -> EntryId {
    format!("00000000-0000-7000-8000-0000000000{number:02x}").parse().unwrap()
}

fn pair(source: &str, target: &str, number: u8) -> Pair {
    let by: AccountId = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    Pair {
        source: source.to_owned(),
        target: target.to_owned(),
        words: source.to_owned(),
        context: Some(context("body", None, Some("next"))),
        from: Provenance::Entry {
            entry: entry(number),
            pointer: "/body".to_owned(),
            revision: 1,
            by,
        },
        at: Timestamp::from_millis(i64::from(number)),
    }
}

fn memory(pairs: &[(Direction, Pair)]) -> (Memory, MemoryWriter) {
    let memory = Memory::in_memory().unwrap();
    let mut writer = memory.writer(Pace::Steady).unwrap();
    for (direction, pair) in pairs {
        writer.add(direction, pair.clone()).unwrap();
    }
    writer.commit(7).unwrap();
    (memory, writer)
}

fn told(memory: &Memory, direction: &Direction, text: &str) -> Vec<(u8, String)> {
    let asked =
        Asked { direction, text, words: text, context: Some(context("body", None, Some("next"))) };
    let found = memory.like(&asked, 5, &mut |_| true).unwrap();
    found.into_iter().map(|likely| (likely.percent, likely.pair.target)).collect()
}

#[test]
fn the_same_text_comes_first_and_like_ones_after_it() {
    let fr = direction("en", "fr");
    let elsewhere =
        Pair { context: None, ..pair("Block the person who wrote to you", "Bloque-le", 2) };
    let (memory, _writer) = memory(&[
        (
            fr.clone(),
            pair("Block the person who wrote to you", "Bloquez la personne qui vous a écrit", 1),
        ),
        (fr.clone(), elsewhere),
        (
            fr.clone(),
            pair("Block the person who called you", "Bloquez la personne qui vous a appelé", 3),
        ),
        (fr.clone(), pair("Keep the messages", "Gardez les messages", 4)),
        (direction("en", "de"), pair("Block the person who wrote to you", "Blockieren", 5)),
    ]);
    let found = told(&memory, &fr, "Block the person who wrote  to you");
    assert_eq!(found[0], (101, "Bloquez la personne qui vous a écrit".to_owned()));
    assert_eq!(found[1], (100, "Bloque-le".to_owned()));
    assert_eq!((found.len(), found[2].0), (3, 71));
    assert_eq!(
        told(&memory, &fr, "BLOCK the person who wrote to you.")[0].0,
        99,
        "not quite the same"
    );
    assert_eq!(told(&memory, &direction("fr", "en"), "Keep the messages"), []);
    assert_eq!(memory.applied(), 7);
}

#[test]
fn a_pair_is_kept_once_and_goes_with_its_entry() {
    let fr = direction("en", "fr");
    let (a, b) = (pair("Tell somebody", "Parlez-en", 1), pair("Tell somebody", "Dites-le", 2));
    let (memory, mut writer) = memory(&[(fr.clone(), a.clone()), (fr.clone(), b), (fr.clone(), a)]);
    assert_eq!(memory.count(), 2);
    writer.forget(entry(1));
    writer.commit(8).unwrap();
    assert_eq!(told(&memory, &fr, "Tell somebody"), [(101, "Dites-le".to_owned())]);
    let mut all = Vec::new();
    memory
        .each(&fr, &mut |pair| {
            all.push(pair.target);
            true
        })
        .unwrap();
    assert_eq!(all, ["Dites-le"]);
}

#[test]
fn what_may_not_be_seen_makes_room_for_what_may() {
    let fr = direction("en", "fr");
    let (memory, _writer) = memory(&[
        (fr.clone(), pair("Tell somebody", "secret", 1)),
        (fr.clone(), pair("Tell somebody", "open", 2)),
    ]);
    let asked =
        Asked { direction: &fr, text: "Tell somebody", words: "Tell somebody", context: None };
    let found = memory.like(&asked, 1, &mut |pair| pair.target != "secret").unwrap();
    assert_eq!(found.into_iter().map(|it| it.pair.target).collect::<Vec<_>>(), ["open"]);
}

#[test]
fn a_memory_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let fr = direction("en", "fr");
    {
        let memory = Memory::open(folder.path()).unwrap();
        let mut writer = memory.writer(Pace::Steady).unwrap();
        writer.add(&fr, pair("Tell somebody", "Parlez-en", 1)).unwrap();
        writer.commit(3).unwrap();
        writer.settle().unwrap();
    }
    let again = Memory::open(folder.path()).unwrap();
    assert_eq!((again.applied(), again.count()), (3, 1));
    assert_eq!(told(&again, &fr, "Tell somebody").len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_best_is_found_as_if_all_had_been_compared(
        texts in proptest::collection::vec("[a-f]{1,2}( [a-f]{1,2}){2,9}", 1..40),
        asked in "[a-f]{1,2}( [a-f]{1,2}){2,9}",
    ) {
        let de = direction("und", "de");
        let pairs: Vec<_> = (0..).zip(&texts).map(|(at, text)| (de.clone(), pair(text, text, at))).collect();
        let (memory, _writer) = memory(&pairs);
        let analyzer = Analyzer::of(&de.source);
        let words = Words::of(&analyzer, &asked);
        let likeness = |text: &String| {
            let is_same = SegmentDigest::of(text) == SegmentDigest::of(&asked);
            if is_same { 101 } else { words.likeness(&Words::of(&analyzer, text)).min(99) }
        };
        let best = texts.iter().map(likeness).max().filter(|best| *best >= LEAST);
        let found = told(&memory, &de, &asked).first().map(|(percent, _)| *percent);
        prop_assert_eq!(found, best);
    }
}
