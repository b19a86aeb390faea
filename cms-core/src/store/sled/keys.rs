//! The keys of the log's one tree: a kind byte, then what sorts the rows of that kind.
//!
//! Nothing that changes often lies under one key: "the last of" is the last row of a prefix.

use sha2::{Digest as _, Sha256};

use super::super::Hash;
use crate::{
    event::{Claim, Part, Stream},
    id::OpId,
};

/// An event's header and payload: number, [`Piece`], part.
pub(super) const EVENT: u8 = b'e';
/// A stream's events: the stream, number.
pub(super) const STREAM: u8 = b's';
/// A name's history: the claim's digest, number of the append's first event.
pub(super) const CLAIM: u8 = b'c';
/// An accepted command: its id.
pub(super) const OP: u8 = b'o';
/// A full tile of the Merkle tree: level, index.
pub(super) const TILE: u8 = b't';
/// An erased event: its number.
pub(super) const ERASED: u8 = b'x';
/// A history's beginning: epoch.
pub(super) const EPOCH: u8 = b'h';
/// The version of this layout: one row.
pub(super) const FORMAT: [u8; 1] = [b'f'];

/// Which half of an event a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Piece {
    Header,
    Payload,
}

pub(super) fn event(number: u64, piece: Piece, part: u16) -> Vec<u8> {
    let mut key = numbered(EVENT, number);
    key.push(match piece {
        Piece::Header => 0,
        Piece::Payload => 1,
    });
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// The number, half and part in an event row's key.
pub(super) fn parse_event(key: &[u8]) -> Option<(u64, Piece, u16)> {
    let (number, rest) = key.strip_prefix(&[EVENT])?.split_first_chunk::<8>()?;
    let [piece, part @ ..] = rest else { return None };
    let piece = match piece {
        0 => Piece::Header,
        1 => Piece::Payload,
        _ => return None,
    };
    Some((u64::from_be_bytes(*number), piece, u16::from_be_bytes(part.try_into().ok()?)))
}

/// A key of this kind for an event's number.
pub(super) fn numbered(kind: u8, number: u64) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The key's last eight bytes as a number.
pub(super) fn number(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// What the keys of a stream's events start with: ids first, so that entries that are made one after the
/// other lie side by side. No stream's prefix is the beginning of another's.
pub(super) fn stream(stream: &Stream) -> Vec<u8> {
    let mut key = vec![STREAM];
    let (tag, id, text) = match stream {
        Stream::Entry(entry, Part::Shared) => (1, entry.as_bytes().as_slice(), ""),
        Stream::Entry(entry, Part::Locale(locale)) => {
            (2, entry.as_bytes().as_slice(), locale.as_str())
        }
        Stream::Uses(entry) => (3, entry.as_bytes().as_slice(), ""),
        Stream::Agency(agency) => (4, agency.as_bytes().as_slice(), ""),
        Stream::Account(account) => (5, account.as_bytes().as_slice(), ""),
        Stream::Type(name) => (6, [].as_slice(), name.as_str()),
        Stream::Site => (7, [].as_slice(), ""),
        Stream::Release(release) => (8, release.as_bytes().as_slice(), ""),
        Stream::Discussion(entry) => (9, entry.as_bytes().as_slice(), ""),
        Stream::Memory(agency) => (12, agency.as_bytes().as_slice(), ""),
    };
    key.push(tag);
    key.extend_from_slice(id);
    key.extend_from_slice(text.as_bytes());
    // Neither a tag nor a name holds a zero byte.
    key.push(0);
    key
}

/// What the keys of a claim's history start with: its digest, since a name may tell of a person and a
/// key is not erased with a payload.
pub(super) fn claim(claim: &Claim) -> Vec<u8> {
    let (kind, parts) = match claim {
        Claim::Slug(name, locale, slug) => ("slug", [name.as_str(), locale.as_str(), slug]),
        Claim::Key(name, key) => ("key", [name.as_str(), key.as_str(), ""]),
        Claim::AgencyKey(key) => ("agency", [key.as_str(), "", ""]),
        Claim::AccountName(name) => ("account", [name, "", ""]),
    };
    let mut digest = Sha256::new().chain_update(kind);
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest: Hash = digest.finalize().into();
    let mut key = vec![CLAIM];
    key.extend_from_slice(&digest);
    key
}

pub(super) fn op(op: OpId) -> Vec<u8> {
    let mut key = vec![OP];
    key.extend_from_slice(op.as_bytes());
    key
}

pub(super) fn tile(level: u8, index: u64) -> Vec<u8> {
    let mut key = vec![TILE, level];
    key.extend_from_slice(&index.to_be_bytes());
    key
}

/// `prefix` with `number` after it.
pub(super) fn with_number(prefix: &[u8], number: u64) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}
