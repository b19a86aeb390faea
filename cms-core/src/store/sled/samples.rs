//! A small log with something of everything in it, for the tests of this folder.

use std::path::Path;

use super::{Options, SledLog};
use crate::{
    clock::Timestamp,
    event::{Claim, EventBody, Stream},
    id::{AccountId, EntryId, OpId},
    store::{Append, ClaimChange, Log as _, NewEvent},
};

/// An event whose body holds `text`.
pub(super) fn event(text: &str) -> NewEvent {
    let account = AccountId::from_bytes([3; 16]);
    let body = EventBody::AccountCreated { account, name: text.to_owned(), administrator: false };
    let streams = vec![Stream::Account(account), Stream::Uses(EntryId::from_bytes([4; 16]))];
    NewEvent { streams, body }
}

/// An append of these events by a command of its own.
pub(super) fn append(events: Vec<NewEvent>) -> Append {
    Append {
        op: OpId::generate(Timestamp::from_millis(1_000)),
        actor: AccountId::from_bytes([7; 16]),
        at: Timestamp::from_millis(1_790_000_000_123),
        expectations: Vec::new(),
        claims: Vec::new(),
        events,
        erase: Vec::new(),
    }
}

/// Text that takes `length` bytes even when it is compressed.
pub(super) fn noise(length: usize) -> String {
    std::iter::repeat_with(|| char::from(b'!' + rand::random::<u8>() % 90)).take(length).collect()
}

/// Makes a log of 302 events: two full tiles' worth, a long body, names, and three erased events.
pub(super) async fn make(dir: &Path) {
    let log = SledLog::open(dir, Options::default()).unwrap();
    let name = |text: &str| Claim::AccountName(text.to_owned());
    for _ in 0..3 {
        log.append(append((0..99).map(|_| event(&noise(40))).collect())).await.unwrap();
    }
    let take = vec![ClaimChange::Take(name("a"), [1; 16]), ClaimChange::Take(name("b"), [2; 16])];
    let taking = Append { claims: take, ..append(vec![event(&noise(40_000)), event("x")]) };
    log.append(taking).await.unwrap();
    let release = vec![ClaimChange::Release(name("a"), [1; 16])];
    let erasing = Append { claims: release, erase: vec![1, 2, 298], ..append(vec![event("gone")]) };
    log.append(erasing).await.unwrap();
    log.append(append(vec![event("y"), event("z")])).await.unwrap();
    assert_eq!(log.last(), 302);
}
