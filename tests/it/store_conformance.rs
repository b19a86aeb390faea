//! What every adapter of the log's port must do: one list of cases, a test of each for each of the
//! `store_adapters`.

use std::{sync::Arc, time::Duration};

use cms_core::{
    clock::Timestamp,
    event::{Claim, Stream},
    id::{EntryId, ExternalKey, TypeName},
    store::{Append, AppendError, Appended, CELL_LIMIT, CellValue, LogError, NewEvent, merkle},
};

use crate::{
    store_adapters::{Adapter, Memory, Sled},
    store_samples::{append, claiming, expecting, id, noise, release, saved, slug, stream, take},
};

/// Makes a test of each case for each adapter.
macro_rules! suite {
    ($($case:ident),* $(,)?) => {
        mod memory {
            use super::Memory;
            $(#[tokio::test] async fn $case() { super::$case(&mut Memory::default()).await; })*
        }
        mod sled {
            use super::Sled;
            $(#[tokio::test] async fn $case() { super::$case(&mut Sled::default()).await; })*
        }
    };
}

suite![
    a_new_log_is_empty,
    numbers_start_at_one_and_have_no_gap,
    an_append_reads_back_as_it_was_given,
    events_come_after_a_number_and_up_to_a_limit,
    an_append_without_events_is_refused,
    a_stream_that_moved_on_is_a_conflict,
    an_expectation_may_name_a_stream_that_the_append_does_not_touch,
    a_refused_append_changes_nothing,
    of_two_appends_with_the_same_expectation_one_is_accepted,
    a_name_has_one_holder,
    a_released_name_can_be_taken,
    a_name_is_released_by_its_holder_alone,
    one_append_may_move_a_name,
    the_same_command_is_accepted_once,
    the_same_command_at_once_is_accepted_once,
    an_unknown_command_was_never_accepted,
    many_writers_leave_no_gap,
    waiting_ends_with_the_next_event,
    waiting_ends_with_the_time,
    an_erased_event_keeps_its_place_and_loses_its_body,
    erasing_leaves_the_tree_as_it_was,
    what_is_not_there_cannot_be_erased,
    a_cursor_of_this_log_is_its_own,
    a_cursor_from_elsewhere_is_not,
    the_root_of_a_prefix_never_changes,
    a_long_body_reads_back,
    many_streams_read_back,
    a_cell_is_set_under_its_generation,
    a_cell_never_has_a_generation_twice,
    cells_are_listed_by_prefix,
    a_cell_that_is_too_long_is_refused,
    of_two_that_set_a_cell_one_does,
    all_is_there_when_the_log_is_opened_again,
];

async fn a_new_log_is_empty(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    assert_eq!(log.last(), 0);
    assert_eq!(log.events(0, 10).await.unwrap(), []);
    assert_eq!(log.last_of(&stream(1)).await.unwrap(), 0);
    assert_eq!(log.holder(&slug("a")).await.unwrap(), None);
    assert_eq!(log.root(0).await.unwrap(), merkle::empty());
}

async fn numbers_start_at_one_and_have_no_gap(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let first = log.append(append(vec![saved(1, "a"), saved(2, "b")])).await.unwrap();
    let second = log.append(append(vec![saved(1, "c")])).await.unwrap();
    assert_eq!((first, second), (Appended { first: 1, last: 2 }, Appended { first: 3, last: 3 }));
    let numbers: Vec<u64> =
        log.events(0, 10).await.unwrap().iter().map(|event| event.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(log.last(), 3);
    assert_eq!(log.last_of(&stream(1)).await.unwrap(), 3);
    assert_eq!(log.last_of(&stream(2)).await.unwrap(), 2);
}

async fn an_append_reads_back_as_it_was_given(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let given = append(vec![saved(1, "Hameçonnage \u{0} \u{10ffff}")]);
    log.append(given.clone()).await.unwrap();
    let events = log.events(0, 1).await.unwrap();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.op, event.actor, event.at), (given.op, given.actor, given.at));
    assert_eq!(event.streams, given.events[0].streams);
    assert_eq!(event.body.as_ref(), Some(&given.events[0].body));
}

async fn events_come_after_a_number_and_up_to_a_limit(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(append((0..10).map(|seed| saved(seed, "x")).collect())).await.unwrap();
    let numbers = async |after, limit| {
        let events = log.events(after, limit).await.unwrap();
        events.iter().map(|event| event.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(3, 2).await, [4, 5]);
    assert_eq!(numbers(9, 100).await, [10]);
    assert_eq!(numbers(10, 100).await, [0_u64; 0]);
    assert_eq!(numbers(u64::MAX, 100).await, [0_u64; 0]);
    assert_eq!(numbers(0, 0).await, [0_u64; 0]);
}

async fn an_append_without_events_is_refused(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let refused = log.append(append(Vec::new())).await;
    assert!(matches!(refused, Err(AppendError::Malformed(_))), "{refused:?}");
}

async fn a_stream_that_moved_on_is_a_conflict(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(expecting(stream(1), 0, vec![saved(1, "a")])).await.unwrap();
    let conflict = AppendError::Conflict { stream: stream(1), expected: 0, found: 1 };
    assert_eq!(log.append(expecting(stream(1), 0, vec![saved(1, "b")])).await, Err(conflict));
    log.append(expecting(stream(1), 1, vec![saved(1, "b")])).await.unwrap();
    let conflict = AppendError::Conflict { stream: stream(1), expected: 9, found: 2 };
    assert_eq!(log.append(expecting(stream(1), 9, vec![saved(1, "c")])).await, Err(conflict));
}

async fn an_expectation_may_name_a_stream_that_the_append_does_not_touch(
    adapter: &mut dyn Adapter,
) {
    let log = adapter.open();
    let read = Stream::Uses(id(9));
    log.append(expecting(read.clone(), 0, vec![saved(1, "a")])).await.unwrap();
    let touching = NewEvent { streams: vec![read.clone()], ..saved(2, "b") };
    log.append(append(vec![touching])).await.unwrap();
    let conflict = AppendError::Conflict { stream: read.clone(), expected: 0, found: 2 };
    assert_eq!(log.append(expecting(read, 0, vec![saved(1, "c")])).await, Err(conflict));
}

async fn a_refused_append_changes_nothing(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    let refused =
        Append { claims: vec![take("b", 2), take("a", 2)], ..append(vec![saved(2, "x")]) };
    log.append(refused.clone()).await.unwrap_err();
    assert_eq!(log.last(), 1);
    assert_eq!(log.holder(&slug("b")).await.unwrap(), None);
    assert_eq!(log.last_of(&stream(2)).await.unwrap(), 0);
    assert_eq!(log.lookup(refused.op).await.unwrap(), None);
}

async fn of_two_appends_with_the_same_expectation_one_is_accepted(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    for round in 0..20 {
        let last = log.last_of(&stream(1)).await.unwrap();
        let both = [0, 1].map(|_| log.append(expecting(stream(1), last, vec![saved(1, "x")])));
        let [first, second] = both;
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first.is_ok(), second.is_err(), "round {round}: {first:?} {second:?}");
    }
    assert_eq!(log.last(), 20);
}

async fn a_name_has_one_holder(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    let taken = AppendError::Taken { claim: slug("a"), holder: [1; 16] };
    assert_eq!(log.append(claiming(vec![take("a", 2)])).await, Err(taken));
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    assert_eq!(log.holder(&slug("a")).await.unwrap(), Some([1; 16]));
    let other = Claim::Key(TypeName::parse("page").unwrap(), ExternalKey::parse("a").unwrap());
    assert_eq!(log.holder(&other).await.unwrap(), None);
}

async fn a_released_name_can_be_taken(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(claiming(vec![release("a", 1)])).await.unwrap();
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    log.append(claiming(vec![release("a", 1)])).await.unwrap();
    assert_eq!(log.holder(&slug("a")).await.unwrap(), None);
    log.append(claiming(vec![take("a", 2)])).await.unwrap();
    assert_eq!(log.holder(&slug("a")).await.unwrap(), Some([2; 16]));
}

async fn a_name_is_released_by_its_holder_alone(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    let taken = AppendError::Taken { claim: slug("a"), holder: [1; 16] };
    assert_eq!(log.append(claiming(vec![release("a", 2)])).await, Err(taken));
    assert_eq!(log.holder(&slug("a")).await.unwrap(), Some([1; 16]));
}

async fn one_append_may_move_a_name(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    log.append(claiming(vec![release("a", 1), take("a", 2)])).await.unwrap();
    assert_eq!(log.holder(&slug("a")).await.unwrap(), Some([2; 16]));
    log.append(claiming(vec![take("b", 2), release("b", 2)])).await.unwrap();
    assert_eq!(log.holder(&slug("b")).await.unwrap(), None);
}

async fn the_same_command_is_accepted_once(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let command = Append {
        claims: vec![take("a", 1)],
        ..expecting(stream(1), 0, vec![saved(1, "a"), saved(1, "b")])
    };
    let first = log.append(command.clone()).await.unwrap();
    log.append(append(vec![saved(2, "c")])).await.unwrap();
    assert_eq!(log.append(command.clone()).await.unwrap(), first);
    assert_eq!(log.lookup(command.op).await.unwrap(), Some(first));
    assert_eq!(log.last(), 3);
}

async fn the_same_command_at_once_is_accepted_once(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let command = append(vec![saved(1, "a")]);
    let (first, second) = tokio::join!(log.append(command.clone()), log.append(command));
    assert_eq!(
        (first, second),
        (Ok(Appended { first: 1, last: 1 }), Ok(Appended { first: 1, last: 1 }))
    );
    assert_eq!(log.last(), 1);
}

async fn an_unknown_command_was_never_accepted(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    assert_eq!(log.lookup(append(Vec::new()).op).await.unwrap(), None);
}

async fn many_writers_leave_no_gap(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let writers = (0..8).map(|writer| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut ranges = Vec::new();
            for _ in 0..20 {
                let events = (0..=writer % 3).map(|_| saved(writer, "x")).collect();
                ranges.push(log.append(append(events)).await.unwrap());
            }
            ranges
        })
    });
    let mut ranges = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        ranges.extend(writer.await.unwrap());
    }
    ranges.sort_by_key(|range| range.first);
    let mut next = 1;
    for range in ranges {
        assert_eq!(range.first, next);
        next = range.last + 1;
    }
    assert_eq!(log.last(), next - 1);
    let events = log.events(0, 1_000).await.unwrap();
    assert!((1..next).eq(events.iter().map(|event| event.number)));
}

async fn waiting_ends_with_the_next_event(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let waiting = tokio::spawn({
        let log = Arc::clone(&log);
        async move { log.wait(0, Duration::from_mins(1)).await }
    });
    log.append(append(vec![saved(1, "a")])).await.unwrap();
    assert_eq!(waiting.await.unwrap(), Ok(1));
    assert_eq!(log.wait(0, Duration::ZERO).await, Ok(1));
}

async fn waiting_ends_with_the_time(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    assert_eq!(log.wait(0, Duration::from_millis(1)).await, Ok(0));
}

async fn an_erased_event_keeps_its_place_and_loses_its_body(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(append(vec![saved(1, "secret"), saved(1, &noise(100_000)), saved(2, "kept")]))
        .await
        .unwrap();
    let erasing = Append { erase: vec![1, 2], ..append(vec![saved(1, "gone")]) };
    log.append(erasing).await.unwrap();
    let events = log.events(0, 10).await.unwrap();
    let bodies: Vec<bool> = events.iter().map(|event| event.body.is_some()).collect();
    assert_eq!(bodies, [false, false, true, true]);
    assert_eq!(events[0].streams, [stream(1)]);
    let again = Append { erase: vec![1], ..append(vec![saved(1, "gone")]) };
    assert_eq!(log.append(again).await, Ok(Appended { first: 5, last: 5 }));
}

async fn erasing_leaves_the_tree_as_it_was(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(append(vec![saved(1, "secret"), saved(2, "kept")])).await.unwrap();
    let (root, cursor) = (log.root(2).await.unwrap(), log.cursor(1).await.unwrap());
    log.append(Append { erase: vec![1], ..append(vec![saved(1, "gone")]) }).await.unwrap();
    assert_eq!(log.root(2).await.unwrap(), root);
    assert!(log.is_own(&cursor).await.unwrap());
}

async fn what_is_not_there_cannot_be_erased(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(append(vec![saved(1, "a")])).await.unwrap();
    for number in [0, 2, u64::MAX] {
        let refused =
            log.append(Append { erase: vec![number], ..append(vec![saved(1, "x")]) }).await;
        assert!(matches!(refused, Err(AppendError::Malformed(_))), "{refused:?}");
    }
    assert_eq!(log.last(), 1);
}

async fn a_cursor_of_this_log_is_its_own(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let start = log.cursor(0).await.unwrap();
    log.append(append(vec![saved(1, "a"), saved(1, "b")])).await.unwrap();
    for cursor in [start, log.cursor(1).await.unwrap(), log.cursor(2).await.unwrap()] {
        assert!(log.is_own(&cursor).await.unwrap(), "{cursor:?}");
    }
    assert!(log.cursor(3).await.is_err());
}

async fn a_cursor_from_elsewhere_is_not(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    log.append(append(vec![saved(1, "a")])).await.unwrap();
    let own = log.cursor(1).await.unwrap();
    let mut other = own;
    other.epoch.0 += 1;
    assert!(!log.is_own(&other).await.unwrap(), "another history's");
    let mut other = own;
    other.nonce[0] ^= 1;
    assert!(!log.is_own(&other).await.unwrap(), "another event's");
    let mut other = own;
    other.number = 2;
    assert!(!log.is_own(&other).await.unwrap(), "one that is not there yet");
}

async fn the_root_of_a_prefix_never_changes(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let mut roots = vec![log.root(0).await.unwrap()];
    for round in 0..6 {
        log.append(append((0..97).map(|_| saved(round, "x")).collect())).await.unwrap();
        roots.push(log.root(log.last()).await.unwrap());
        for (index, root) in roots.iter().enumerate() {
            assert_eq!(log.root(97 * index as u64).await.unwrap(), *root);
        }
    }
    roots.sort_unstable();
    roots.dedup();
    assert_eq!(roots.len(), 7);
}

async fn a_long_body_reads_back(adapter: &mut dyn Adapter) {
    for length in [4_000, 12_000, 24_000, 300_000, 17_000_000] {
        let log = adapter.open();
        let given = saved(1, &noise(length));
        let appended = log.append(append(vec![given.clone()])).await.unwrap();
        let events = log.events(appended.first - 1, 1).await.unwrap();
        assert!(events[0].body.as_ref() == Some(&given.body), "{length}");
        drop(log);
        let events = adapter.open().events(appended.first - 1, 1).await.unwrap();
        assert!(events[0].body.as_ref() == Some(&given.body), "{length}, opened again");
    }
}

async fn many_streams_read_back(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let streams: Vec<Stream> = (0..2_000_u32)
        .map(|n| {
            let mut bytes = [1; 16];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            Stream::Uses(EntryId::from_bytes(bytes))
        })
        .collect();
    log.append(append(vec![NewEvent { streams: streams.clone(), ..saved(1, "x") }])).await.unwrap();
    assert_eq!(log.events(0, 1).await.unwrap()[0].streams, streams);
    assert_eq!(log.last_of(&streams[1_999]).await.unwrap(), 1);
}

fn value(text: &str) -> CellValue {
    CellValue { value: text.into(), expires: None }
}

async fn a_cell_is_set_under_its_generation(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    assert_eq!(log.cell("a").await.unwrap(), None);
    assert!(!log.set_cell("a", 1, Some(value("x"))).await.unwrap());
    assert!(log.set_cell("a", 0, Some(value("one"))).await.unwrap());
    assert!(!log.set_cell("a", 0, Some(value("x"))).await.unwrap());
    let expires = Some(Timestamp::from_millis(-5));
    let two = CellValue { value: b"two".to_vec(), expires };
    assert!(log.set_cell("a", 1, Some(two)).await.unwrap());
    let cell = log.cell("a").await.unwrap().unwrap();
    assert_eq!(
        (cell.generation, cell.value.as_slice(), cell.expires),
        (2, b"two".as_slice(), expires)
    );
    assert!(!log.set_cell("a", 1, None).await.unwrap());
    assert!(log.set_cell("a", 2, None).await.unwrap());
    assert_eq!(log.cell("a").await.unwrap(), None);
}

async fn a_cell_never_has_a_generation_twice(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let mut seen = Vec::new();
    for _ in 0..5 {
        assert!(log.set_cell("a", 0, Some(value("x"))).await.unwrap());
        let generation = log.cell("a").await.unwrap().unwrap().generation;
        seen.push(generation);
        assert!(log.set_cell("a", generation, None).await.unwrap());
        assert!(log.set_cell("a", 0, None).await.unwrap(), "there is none: so it stays");
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

async fn cells_are_listed_by_prefix(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    for key in ["lease/b", "lease/a", "leases", "session/a", "lease/é"] {
        log.set_cell(key, 0, Some(value(key))).await.unwrap();
    }
    let keys = async |prefix| {
        let cells = log.cells(prefix).await.unwrap();
        cells.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    assert_eq!(keys("lease/").await, ["lease/a", "lease/b", "lease/é"]);
    assert_eq!(keys("x").await, [""; 0]);
    assert_eq!(keys("").await.len(), 5);
}

async fn a_cell_that_is_too_long_is_refused(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let sized = |length| Some(CellValue { value: vec![1; length], expires: None });
    let refused = log.set_cell("a", 0, sized(CELL_LIMIT + 1)).await;
    assert_eq!(refused, Err(LogError::TooLarge { found: CELL_LIMIT + 1 }));
    assert!(log.set_cell("a", 0, sized(CELL_LIMIT)).await.unwrap());
    assert_eq!(log.cell("a").await.unwrap().unwrap().value.len(), CELL_LIMIT);
}

async fn of_two_that_set_a_cell_one_does(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    for generation in 0..20 {
        let (first, second) = tokio::join!(
            log.set_cell("a", generation, Some(value("first"))),
            log.set_cell("a", generation, Some(value("second")))
        );
        assert_ne!(first.unwrap(), second.unwrap());
    }
}

async fn all_is_there_when_the_log_is_opened_again(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    let command =
        Append { claims: vec![take("a", 1)], ..append((0..255).map(|n| saved(n, "x")).collect()) };
    let appended = log.append(command.clone()).await.unwrap();
    for _ in 0..3 {
        log.append(append((0..200).map(|n| saved(n, "y")).collect())).await.unwrap();
    }
    log.append(Append { erase: vec![5], ..append(vec![saved(5, "z")]) }).await.unwrap();
    log.set_cell("cell", 0, Some(value("x"))).await.unwrap();
    let (events, root) = (log.events(0, 1_000).await.unwrap(), log.root(856).await.unwrap());
    let (cursor, cell) = (log.cursor(300).await.unwrap(), log.cell("cell").await.unwrap());
    drop(log);
    for _ in 0..2 {
        let log = adapter.open();
        assert_eq!(log.last(), 856);
        assert_eq!(log.events(0, 1_000).await.unwrap(), events);
        assert_eq!(log.root(856).await.unwrap(), root);
        assert!(log.is_own(&cursor).await.unwrap());
        assert_eq!(log.cell("cell").await.unwrap(), cell);
        assert_eq!(log.append(command.clone()).await.unwrap(), appended);
        assert_eq!(log.holder(&slug("a")).await.unwrap(), Some([1; 16]));
        assert_eq!(log.last_of(&stream(254)).await.unwrap(), 255);
        let taken = log.append(claiming(vec![take("a", 2)])).await;
        assert!(matches!(taken, Err(AppendError::Taken { .. })), "{taken:?}");
    }
    let log = adapter.open();
    assert_eq!(
        log.append(append(vec![saved(1, "next")])).await,
        Ok(Appended { first: 857, last: 857 })
    );
}
