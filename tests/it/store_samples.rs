//! Appends for the tests of the log.

use cms_core::{
    clock::Timestamp,
    event::{Claim, EventBody, Part, Stream},
    id::{AccountId, EntryId, OpId, TypeName},
    locale::Locale,
    store::{Append, ClaimChange, NewEvent},
};
use serde_json::Value;

pub(crate) fn id(seed: u8) -> EntryId {
    EntryId::from_bytes([seed; 16])
}

pub(crate) fn stream(seed: u8) -> Stream {
    Stream::Entry(id(seed), Part::Locale(Locale::parse("fr").unwrap()))
}

pub(crate) fn slug(text: &str) -> Claim {
    Claim::Slug(TypeName::parse("page").unwrap(), Locale::parse("fr").unwrap(), text.to_owned())
}

pub(crate) fn saved(seed: u8, text: &str) -> NewEvent {
    let body = EventBody::RevisionSaved {
        entry: id(seed),
        part: Part::Locale(Locale::parse("fr").unwrap()),
        revision: 1,
        fields: [("title".parse().unwrap(), Value::from(text))].into(),
        slug: None,
        translates: None,
        change_class: None,
        uses: Vec::new(),
        line: None,
        note: None,
        segments: Vec::new(),
    };
    NewEvent { streams: vec![stream(seed)], body }
}

/// An append of these events by a command of its own.
pub(crate) fn append(events: Vec<NewEvent>) -> Append {
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

pub(crate) fn expecting(stream: Stream, number: u64, events: Vec<NewEvent>) -> Append {
    Append { expectations: vec![(stream, number)], ..append(events) }
}

pub(crate) fn claiming(claims: Vec<ClaimChange>) -> Append {
    Append { claims, ..append(vec![saved(1, "x")]) }
}

pub(crate) fn take(text: &str, holder: u8) -> ClaimChange {
    ClaimChange::Take(slug(text), [holder; 16])
}

pub(crate) fn release(text: &str, holder: u8) -> ClaimChange {
    ClaimChange::Release(slug(text), [holder; 16])
}

/// Text that compression can hardly shorten.
pub(crate) fn noise(length: usize) -> String {
    noise_of(7, length)
}

/// Such text, another for each seed.
pub(crate) fn noise_of(seed: u64, length: usize) -> String {
    let mut state = seed;
    let next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + (state >> 58) as u8)
    };
    std::iter::repeat_with(next).take(length).collect()
}
