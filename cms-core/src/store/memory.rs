//! The log in memory: for tests, and for programs that need no tomorrow. It keeps nothing on disk.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::RwLock;
use tokio::sync::watch;

use super::{
    Append, AppendError, Appended, CELL_LIMIT, Cell, CellValue, Cursor, Epoch, Evidence, Hash,
    Holder, Log, LogError,
    merkle::{Edge, Tiles, Tree},
    record::{self, Header, Payload, RecordError},
    rules::{self, Facts, Verdict},
};
use crate::{
    event::{Claim, Event, Stream},
    id::OpId,
};

/// A log in memory.
#[derive(Debug)]
pub struct MemoryLog {
    state: RwLock<State>,
    last: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Stored>,
    edge: Edge,
    tiles: HashMap<(u8, u64), Vec<Hash>>,
    /// Each stream's events.
    streams: HashMap<Stream, Vec<u64>>,
    claims: HashMap<Claim, Holder>,
    ops: HashMap<OpId, Appended>,
    cells: BTreeMap<String, Cell>,
    /// The highest generation that a removed cell had.
    removed: u64,
}

#[derive(Debug)]
struct Stored {
    header: Vec<u8>,
    leaf: Hash,
    payload: Option<Vec<u8>>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self { state: RwLock::default(), last: watch::Sender::new(0) }
    }
}

impl Facts for State {
    fn accepted(&self, op: OpId) -> Result<Option<Appended>, AppendError> {
        Ok(self.ops.get(&op).copied())
    }

    fn last_of(&self, stream: &Stream) -> Result<u64, AppendError> {
        Ok(self.last_number(stream))
    }

    fn holder(&self, claim: &Claim) -> Result<Option<Holder>, AppendError> {
        Ok(self.claims.get(claim).copied())
    }

    fn last(&self) -> u64 {
        self.events.len() as u64
    }
}

impl State {
    fn accept(&mut self, append: Append) -> Result<Appended, AppendError> {
        let claims = match rules::judge(self, &append)? {
            Verdict::Again(before) => return Ok(before),
            Verdict::Accept(claims) => claims,
        };
        let malformed = |error: RecordError| AppendError::Malformed(error.to_string());
        let first = Facts::last(self) + 1;
        let mut stored = Vec::with_capacity(append.events.len());
        let mut erases = append.erase.clone();
        let mut names = claims.len() as u64;
        for (number, event) in (first..).zip(&append.events) {
            let payload = Payload::seal(&event.body).map_err(malformed)?;
            let header = Header {
                number,
                at: append.at,
                actor: append.actor,
                op: append.op,
                streams: event.streams.clone(),
                kind: payload.kind,
                payload: payload.digest,
                names: std::mem::take(&mut names),
                erases: std::mem::take(&mut erases),
            };
            let header = header.to_bytes().map_err(malformed)?;
            let leaf = record::leaf(&header);
            stored.push(Stored { header, leaf, payload: Some(payload.stored) });
        }
        Ok(self.keep(&append, first, stored, claims))
    }

    fn keep(
        &mut self,
        append: &Append,
        first: u64,
        stored: Vec<Stored>,
        claims: BTreeMap<Claim, Option<Holder>>,
    ) -> Appended {
        for event in &stored {
            let filled = self.edge.push(event.leaf);
            self.tiles
                .extend(filled.into_iter().map(|tile| ((tile.level, tile.index), tile.hashes)));
        }
        self.events.extend(stored);
        let appended = Appended { first, last: Facts::last(self) };
        for (number, event) in (first..).zip(&append.events) {
            for stream in &event.streams {
                let numbers = self.streams.entry(stream.clone()).or_default();
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            }
        }
        for (claim, holder) in claims {
            match holder {
                Some(holder) => self.claims.insert(claim, holder),
                None => self.claims.remove(&claim),
            };
        }
        for number in &append.erase {
            if let Some(event) = at(*number).and_then(|index| self.events.get_mut(index)) {
                event.payload = None;
            }
        }
        self.ops.insert(append.op, appended);
        appended
    }

    fn last_number(&self, stream: &Stream) -> u64 {
        self.streams.get(stream).and_then(|numbers| numbers.last()).copied().unwrap_or(0)
    }

    fn tree(&self) -> Tree<'_, Self> {
        Tree { tiles: self, edge: &self.edge }
    }

    fn leaf(&self, number: u64) -> Option<&Hash> {
        at(number).and_then(|index| self.events.get(index)).map(|event| &event.leaf)
    }
}

/// Where an event lies in a vector.
fn at(number: u64) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}

impl Tiles for State {
    type Error = LogError;

    fn tile(&self, level: u8, index: u64) -> Result<Vec<Hash>, LogError> {
        let missing = || LogError::Damaged { number: 0, reason: "a tile is missing".to_owned() };
        self.tiles.get(&(level, index)).cloned().ok_or_else(missing)
    }
}

#[async_trait]
impl Log for MemoryLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut state = self.state.write();
        let appended = state.accept(append)?;
        self.last.send_replace(Facts::last(&*state));
        Ok(appended)
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>, LogError> {
        let state = self.state.read();
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let numbered = (1..).zip(&state.events).skip(skipped).take(limit);
        numbered
            .map(|(number, stored)| {
                Header::parse(&stored.header)
                    .and_then(|header| header.into_event(stored.payload.as_deref()))
                    .map_err(|error| LogError::Damaged { number, reason: error.to_string() })
            })
            .collect()
    }

    async fn lookup(&self, op: OpId) -> Result<Option<Appended>, LogError> {
        Ok(self.state.read().ops.get(&op).copied())
    }

    async fn holder(&self, claim: &Claim) -> Result<Option<Holder>, LogError> {
        Ok(self.state.read().claims.get(claim).copied())
    }

    async fn last_of(&self, stream: &Stream) -> Result<u64, LogError> {
        Ok(self.state.read().last_number(stream))
    }

    async fn events_of(
        &self,
        stream: &Stream,
        after: u64,
        limit: usize,
    ) -> Result<Vec<u64>, LogError> {
        let state = self.state.read();
        let numbers = state.streams.get(stream).into_iter().flatten();
        Ok(numbers.filter(|number| **number > after).take(limit).copied().collect())
    }

    async fn wait(&self, after: u64, limit: Duration) -> Result<u64, LogError> {
        let mut last = self.last.subscribe();
        // The time being over and the log being gone are answered alike: with what is there.
        let _reached = tokio::time::timeout(limit, last.wait_for(|last| *last > after)).await;
        Ok(self.last())
    }

    fn last(&self) -> u64 {
        *self.last.borrow()
    }

    fn epoch(&self) -> Epoch {
        Epoch(1)
    }

    async fn cursor(&self, number: u64) -> Result<Cursor, LogError> {
        let nonce = match number {
            0 => [0; 8],
            _ => nonce(self.state.read().leaf(number)).ok_or_else(|| LogError::Damaged {
                number,
                reason: "there is no such event".to_owned(),
            })?,
        };
        Ok(Cursor { epoch: self.epoch(), number, nonce })
    }

    async fn is_own(&self, cursor: &Cursor) -> Result<bool, LogError> {
        let nonce = match cursor.number {
            0 => Some([0; 8]),
            number => nonce(self.state.read().leaf(number)),
        };
        Ok(cursor.epoch == self.epoch() && nonce == Some(cursor.nonce))
    }

    async fn root(&self, size: u64) -> Result<Hash, LogError> {
        self.state.read().tree().root(size)
    }

    async fn evidence(&self, number: u64, size: u64) -> Result<Option<Evidence>, LogError> {
        let state = self.state.read();
        let stored = at(number).and_then(|index| state.events.get(index));
        let Some(stored) = stored.filter(|_| number <= size && size <= Facts::last(&*state)) else {
            return Ok(None);
        };
        let proof = state.tree().inclusion(number - 1, size)?;
        let damaged = |error: RecordError| LogError::Damaged { number, reason: error.to_string() };
        let header = Header::parse(&stored.header).map_err(damaged)?;
        let payload = stored.payload.as_deref();
        let opening = payload.map(|payload| record::opening(payload, &header.payload));
        let opening = opening.transpose().map_err(damaged)?;
        Ok(Some(Evidence { leaf: record::leaf_bytes(&stored.header).to_vec(), proof, opening }))
    }

    async fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        self.state.read().tree().consistency(old, size)
    }

    async fn cell(&self, key: &str) -> Result<Option<Cell>, LogError> {
        Ok(self.state.read().cells.get(key).cloned())
    }

    async fn set_cell(
        &self,
        key: &str,
        expected: u64,
        value: Option<CellValue>,
    ) -> Result<bool, LogError> {
        if let Some(found) = value.as_ref().map(|value| value.value.len())
            && found > CELL_LIMIT
        {
            return Err(LogError::TooLarge { found });
        }
        let mut state = self.state.write();
        let current = state.cells.get(key).map_or(0, |cell| cell.generation);
        if current != expected {
            return Ok(false);
        }
        let generation = if current == 0 { state.removed } else { current } + 1;
        if let Some(CellValue { value, expires }) = value {
            state.cells.insert(key.to_owned(), Cell { generation, value, expires });
        } else {
            state.cells.remove(key);
            state.removed = state.removed.max(current);
        }
        Ok(true)
    }

    async fn cells(&self, prefix: &str) -> Result<Vec<(String, Cell)>, LogError> {
        let state = self.state.read();
        let from = state.cells.range(prefix.to_owned()..);
        let within = from.take_while(|(key, _)| key.starts_with(prefix));
        Ok(within.map(|(key, cell)| (key.clone(), cell.clone())).collect())
    }
}

/// What a cursor keeps of a leaf's hash.
fn nonce(leaf: Option<&Hash>) -> Option<[u8; 8]> {
    leaf.and_then(|leaf| leaf.first_chunk::<8>()).copied()
}
