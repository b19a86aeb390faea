//! One commit in the making: appends judged one after the other, each seeing those before it.

use std::collections::{BTreeMap, HashMap};

use super::{
    super::{
        Append, AppendError, Appended, Holder, LogError,
        merkle::Edge,
        record::{self, Payload},
        rules::{self, Facts, Verdict},
    },
    Header, keys,
    keys::Piece,
    rows::{self, Changes, Rows},
};
use crate::{
    event::{Claim, Stream},
    id::OpId,
};

/// An append whose bodies are ready to be stored.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) append: Append,
    /// One for each of its events.
    pub(super) payloads: Vec<Payload>,
}

type Keys = Vec<Vec<u8>>;

/// What is going to be committed.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    rows: &'a Rows,
    /// The log as it is.
    durable: u64,
    edge: Edge,
    changes: Changes,
    streams: HashMap<Vec<u8>, u64>,
    claims: HashMap<Vec<u8>, Option<Holder>>,
    ops: HashMap<OpId, Appended>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(rows: &'a Rows, edge: &Edge) -> Self {
        Self {
            rows,
            durable: edge.size(),
            edge: edge.clone(),
            changes: Changes::default(),
            streams: HashMap::new(),
            claims: HashMap::new(),
            ops: HashMap::new(),
        }
    }

    /// Accepts an append, or refuses it and leaves the draft as it was.
    pub(super) fn accept(&mut self, prepared: &Prepared) -> Result<Appended, AppendError> {
        let append = &prepared.append;
        let claims = match rules::judge(self, append)? {
            Verdict::Again(before) => return Ok(before),
            Verdict::Accept(claims) => claims,
        };
        let first = self.edge.size() + 1;
        let headers = headers(first, prepared, claims.len() as u64)?;
        let erased = self.erased_rows(&append.erase)?;
        for ((number, header), payload) in (first..).zip(&headers).zip(&prepared.payloads) {
            self.changes.put_event(number, Piece::Header, header);
            self.changes.put_event(number, Piece::Payload, &payload.stored);
            for tile in self.edge.push(record::leaf(header)) {
                self.changes.put(keys::tile(tile.level, tile.index), tile.hashes.as_flattened());
            }
        }
        for (number, event) in (first..).zip(&append.events) {
            for stream in &event.streams {
                self.touch(stream, number);
            }
        }
        self.change_claims(claims, first);
        for (number, keys) in erased {
            for key in keys {
                self.changes.remove(key);
            }
            self.changes.put(keys::numbered(keys::ERASED, number), &first.to_be_bytes());
        }
        let appended = Appended { first, last: self.edge.size() };
        self.changes.put(keys::op(append.op), &rows::op_row(appended));
        self.ops.insert(append.op, appended);
        Ok(appended)
    }

    /// Bytes to be written so far.
    pub(super) fn bytes(&self) -> usize {
        self.changes.bytes()
    }

    /// What to write, and the tree's edge afterwards. `None` when nothing was accepted.
    pub(super) fn finish(self) -> Option<(Changes, Edge)> {
        (self.edge.size() > self.durable).then_some((self.changes, self.edge))
    }

    fn touch(&mut self, stream: &Stream, number: u64) {
        let prefix = keys::stream(stream);
        self.changes.put(keys::with_number(&prefix, number), &[]);
        self.streams.insert(prefix, number);
    }

    fn change_claims(&mut self, claims: BTreeMap<Claim, Option<Holder>>, first: u64) {
        for (claim, holder) in claims {
            let prefix = keys::claim(&claim);
            let row = rows::holder_row(holder.as_ref());
            self.changes.put(keys::with_number(&prefix, first), &row);
            self.claims.insert(prefix, holder);
        }
    }

    /// The keys of the payloads that are to go, by event.
    fn erased_rows(&self, numbers: &[u64]) -> Result<Vec<(u64, Keys)>, AppendError> {
        let erased = numbers.iter().map(|number| {
            let parts = if *number <= self.durable {
                self.rows.payload_parts(*number).map_err(cannot)?
            } else {
                self.changes.payload_parts(*number)
            };
            let keys = (0..parts).map(|part| keys::event(*number, Piece::Payload, part));
            Ok((*number, keys.collect()))
        });
        erased.collect()
    }
}

impl Facts for Draft<'_> {
    fn accepted(&self, op: OpId) -> Result<Option<Appended>, AppendError> {
        match self.ops.get(&op) {
            Some(appended) => Ok(Some(*appended)),
            None => self.rows.op(op).map_err(cannot),
        }
    }

    fn last_of(&self, stream: &Stream) -> Result<u64, AppendError> {
        let prefix = keys::stream(stream);
        match self.streams.get(&prefix) {
            Some(number) => Ok(*number),
            None => self
                .rows
                .last_under(&prefix, self.durable)
                .map_err(cannot)
                .map(|last| last.map_or(0, |(number, _)| number)),
        }
    }

    fn holder(&self, claim: &Claim) -> Result<Option<Holder>, AppendError> {
        let prefix = keys::claim(claim);
        match self.claims.get(&prefix) {
            Some(holder) => Ok(*holder),
            None => self.rows.holder(&prefix, self.durable).map_err(cannot),
        }
    }

    fn last(&self) -> u64 {
        self.edge.size()
    }
}

/// The headers of an append's events, as the bytes that they stay.
fn headers(first: u64, prepared: &Prepared, mut names: u64) -> Result<Vec<Vec<u8>>, AppendError> {
    let Prepared { append, payloads } = prepared;
    let mut erases = append.erase.clone();
    let events = (first..).zip(append.events.iter().zip(payloads));
    let headers = events.map(|(number, (event, payload))| {
        let header = Header {
            number,
            at: append.at,
            actor: append.actor,
            op: append.op,
            streams: event.streams.clone(),
            kind: payload.kind.clone(),
            payload: payload.digest.clone(),
            names: std::mem::take(&mut names),
            erases: std::mem::take(&mut erases),
        };
        header.to_bytes().map_err(|error| AppendError::Malformed(error.to_string()))
    });
    headers.collect()
}

/// A command cannot be judged when what it rests on cannot be read.
fn cannot(error: LogError) -> AppendError {
    AppendError::Unavailable(error.to_string())
}
