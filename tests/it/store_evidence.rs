//! What shows that events are in the log, for each of the `store_adapters`.

use cms_core::store::{Append, merkle};

use crate::{
    store_adapters::{Adapter, Memory, Sled},
    store_samples::{append, saved, stream},
};

#[tokio::test]
async fn every_event_in_memory_is_shown_to_be_in_the_tree() {
    every_event_is_shown_to_be_in_the_tree(&mut Memory::default()).await;
}

#[tokio::test]
async fn every_event_on_disk_is_shown_to_be_in_the_tree() {
    every_event_is_shown_to_be_in_the_tree(&mut Sled::default()).await;
}

#[tokio::test]
async fn the_events_of_a_stream_are_listed_in_order() {
    for adapter in [&mut Memory::default() as &mut dyn Adapter, &mut Sled::default()] {
        let log = adapter.open();
        log.append(append(vec![saved(1, "a"), saved(2, "b"), saved(1, "c")])).await.unwrap();
        log.append(append(vec![saved(3, "d"), saved(1, "e")])).await.unwrap();
        let of =
            async |seed, after, limit| log.events_of(&stream(seed), after, limit).await.unwrap();
        assert_eq!(of(1, 0, 10).await, [1, 3, 5]);
        assert_eq!(of(1, 1, 10).await, [3, 5]);
        assert_eq!(of(1, 0, 2).await, [1, 3]);
        assert_eq!(of(1, 5, 10).await, [0_u64; 0]);
        assert_eq!(of(1, u64::MAX, 10).await, [0_u64; 0]);
        assert_eq!(of(9, 0, 10).await, [0_u64; 0]);
    }
}

async fn every_event_is_shown_to_be_in_the_tree(adapter: &mut dyn Adapter) {
    let log = adapter.open();
    for _ in 0..6 {
        log.append(append((0..50).map(|seed| saved(seed, "x")).collect())).await.unwrap();
    }
    log.append(Append { erase: vec![7], ..append(vec![saved(1, "gone")]) }).await.unwrap();
    let mut roots = Vec::new();
    for size in 0..=log.last() {
        roots.push(log.root(size).await.unwrap());
    }
    for size in [1, 2, 255, 256, 257, 301] {
        let root = roots[usize::try_from(size).unwrap()];
        for number in [1, 2, 7, 128, 255, 256, 257, 300, 301] {
            let Some(evidence) = log.evidence(number, size).await.unwrap() else {
                assert!(number > size, "{number} of {size}");
                continue;
            };
            let leaf = merkle::leaf(&evidence.leaf);
            assert!(merkle::includes(&root, size, number - 1, &leaf, &evidence.proof));
            assert_eq!(evidence.opening.is_none(), number == 7, "erased");
            let text = String::from_utf8(evidence.leaf).unwrap();
            assert!(text.contains(&format!("\"number\":{number},")), "{text}");
        }
        for old in [0, 1, 2, 100, 255, 256, 257] {
            let proof = log.consistency(old, size).await.unwrap();
            let old_root = &roots[usize::try_from(old).unwrap()];
            let grown = merkle::extends((old, old_root), (size, &root), &proof);
            assert_eq!(grown, old <= size, "{old} {size}");
        }
    }
    assert_eq!(log.evidence(0, 10).await, Ok(None));
    assert_eq!(log.evidence(1, 302).await, Ok(None), "there are no so many");
}
