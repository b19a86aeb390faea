//! Walks a whole log and names all that is damaged in it.
//!
//! What is looked at: every row's checksum, every payload's digest, numbers without gaps, the Merkle tree
//! against its tiles and the high-water mark, and the indexes against the events. What is not: what the
//! events mean.

use std::{collections::BTreeSet, path::Path};

use super::{
    super::{
        Appended, Hash, LogError,
        merkle::{self, Edge, Tile, Tiles as _},
        record,
    },
    Header, OpenError, Options, SledLog,
    cells::Cells,
    folder, keys,
    mark::{Mark, MarkFile},
    report::{Damage, Place, Progress, Verified},
    rows::{self, Rows, Stored},
};
use crate::id::OpId;

/// Places that a report names.
const NAMED: usize = 1_000;

/// Verifies the log in `dir`, which nobody has open. It reports a lost end too, where an opening is refused.
///
/// # Errors
/// [`OpenError`] when the log is in use or its database cannot be opened at all.
pub fn verify(
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Verified, OpenError> {
    let _lock = folder::lock(dir)?;
    let number = folder::current(dir)?;
    let rows = folder::open_rows(&folder::events(dir, number), options)?;
    let mark = MarkFile::open(&folder::mark(dir));
    let (mark, torn) = mark.map_or((None, true), |(file, mark)| (mark, file.is_torn()));
    let last = rows.last().unwrap_or(0);
    let mut walk = Walk::new(&rows, mark);
    if torn {
        walk.report(Place::Mark, "a slot is torn or missing");
    }
    match Cells::open(&folder::cells(dir, number), 0).map(|cells| cells.under("")) {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => walk.report(Place::Cells, error),
        Err(error) => walk.report(Place::Cells, error),
    }
    Ok(walk.through(last, progress))
}

impl SledLog {
    /// Verifies the durable log while it is in use. Blocks for as long as reading all of it takes.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] while the database is being opened again after a failure.
    pub fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Result<Verified, LogError> {
        self.shared.read(|rows, edge| {
            let mark = Mark { number: edge.size(), root: edge.root() };
            let walk = Walk { in_use: true, ..Walk::new(rows, Some(mark)) };
            Ok(walk.through(edge.size(), progress))
        })
    }
}

/// Verifies a database that nobody else has.
pub(super) fn walk(rows: &Rows, progress: &mut dyn FnMut(Progress)) -> Verified {
    let last = rows.last().unwrap_or(0);
    Walk::new(rows, None).through(last, progress)
}

/// A walk from the first event to the last.
struct Walk<'a> {
    rows: &'a Rows,
    mark: Option<Mark>,
    edge: Edge,
    /// The command of the event before, with its first event.
    command: Option<(OpId, u64)>,
    /// Rows that the events account for, by index.
    commands: u64,
    streams: u64,
    names: u64,
    /// Whether there are events whose headers cannot be read.
    unread: bool,
    /// Whether appends go on meanwhile: what they write is not damage.
    in_use: bool,
    /// What the headers say was erased.
    erased: BTreeSet<u64>,
    found: Verified,
}

impl<'a> Walk<'a> {
    fn new(rows: &'a Rows, mark: Option<Mark>) -> Self {
        let found = Verified {
            events: 0,
            erased: 0,
            epoch: None,
            root: merkle::empty(),
            damage: Vec::new(),
            omitted: 0,
        };
        Self {
            rows,
            mark,
            edge: Edge::default(),
            command: None,
            commands: 0,
            streams: 0,
            names: 0,
            unread: false,
            in_use: false,
            erased: BTreeSet::new(),
            found,
        }
    }

    fn report(&mut self, place: Place, reason: impl ToString) {
        if self.found.damage.len() < NAMED {
            self.found.damage.push(Damage { place, reason: reason.to_string() });
        } else {
            self.found.omitted += 1;
        }
    }

    fn through(mut self, last: u64, progress: &mut dyn FnMut(Progress)) -> Verified {
        self.found.events = last;
        match self.rows.epoch() {
            Ok(epoch) => self.found.epoch = Some(epoch),
            Err(error) => self.report(Place::Database, error),
        }
        let mut events = self.rows.events(1, last);
        for number in 1..=last {
            match events.next() {
                Some(Ok(stored)) => self.event(&stored),
                Some(Err(error)) => {
                    self.report(Place::Event(number), error);
                    self.lost_event(number);
                    events = self.rows.events(number + 1, last);
                }
                None => self.report(Place::Event(number), "it is missing"),
            }
            if number.is_multiple_of(1_000) || number == last {
                progress(Progress { done: number, of: last });
            }
        }
        drop(events);
        self.end_of_command(last);
        self.indexes(last);
        self.check_mark(last);
        self.found.root = self.edge.root();
        self.found
    }

    fn event(&mut self, stored: &Stored) {
        let number = stored.number;
        let header = Header::parse(&stored.header).map_err(|error| error.to_string());
        let header = header.and_then(|header| match header.number {
            found if found == number => Ok(header),
            found => Err(format!("it says that it is event {found}")),
        });
        let header = match header {
            Ok(header) => header,
            Err(reason) => {
                self.report(Place::Event(number), reason);
                self.unread = true;
                self.command = None;
                return self.leaf(number, record::leaf(&stored.header));
            }
        };
        self.body(stored, &header);
        for stream in &header.streams {
            let key = keys::with_number(&keys::stream(stream), number);
            match self.rows.row(&key) {
                Ok(Some(_)) => {}
                Ok(None) => self.report(Place::Streams(number), format!("{stream:?} is missing")),
                Err(error) => self.report(Place::Streams(number), error),
            }
        }
        if self.command.is_none_or(|(op, _)| op != header.op) {
            self.end_of_command(number - 1);
            self.command = Some((header.op, number));
        }
        self.streams += header.streams.iter().collect::<BTreeSet<_>>().len() as u64;
        self.names += header.names;
        self.erased.extend(header.erases);
        self.leaf(number, record::leaf(&stored.header));
    }

    fn body(&mut self, stored: &Stored, header: &Header) {
        let number = stored.number;
        match (&stored.payload, self.rows.erased_by(number)) {
            (_, Err(error)) => self.report(Place::Erasure(number), error),
            (None, Ok(Some(_))) => self.found.erased += 1,
            (None, Ok(None)) => {
                self.report(Place::Event(number), "its body is missing, and nothing erased it");
            }
            // In use, it may have been erased since it was read.
            (Some(_), Ok(Some(_))) if self.in_use => {}
            (Some(_), Ok(Some(_))) => {
                self.report(Place::Erasure(number), "its body is still there");
            }
            (Some(payload), Ok(None)) => {
                if let Err(error) = record::unpack(payload, &header.payload) {
                    self.report(Place::Event(number), error);
                }
            }
        }
    }

    /// Goes on with the hash that the tree has for an event that cannot be read.
    fn lost_event(&mut self, number: u64) {
        let (tile, offset) = ((number - 1) / 256, (number - 1).to_le_bytes()[0]);
        let tile = self.rows.tile(0, tile).ok();
        let leaf = tile.and_then(|hashes| hashes.get(usize::from(offset)).copied());
        self.leaf(number, leaf.unwrap_or_else(merkle::empty));
        // Whether it belonged to the command before is not known.
        self.command = None;
        self.unread = true;
    }

    fn leaf(&mut self, number: u64, leaf: Hash) {
        for Tile { level, index, hashes } in self.edge.push(leaf) {
            match self.rows.tile(level, index) {
                Ok(kept) if kept == hashes => {}
                Ok(_) => self.report(Place::Tile(level, index), "it is not that of the events"),
                Err(error) => self.report(Place::Tile(level, index), error),
            }
        }
        if let Some(mark) = self.mark
            && mark.number == number
            && mark.root != self.edge.root()
        {
            self.report(Place::Mark, "it is not that of the events");
        }
    }

    fn end_of_command(&mut self, last: u64) {
        let Some((op, first)) = self.command.take() else { return };
        self.commands += 1;
        match self.rows.op(op) {
            Ok(Some(found)) if found == (Appended { first, last }) => {}
            Ok(Some(found)) => {
                let reason =
                    format!("it says {} to {}, not {first} to {last}", found.first, found.last);
                self.report(Place::Command(last), reason);
            }
            Ok(None) => self.report(Place::Command(last), "it is missing"),
            Err(error) => self.report(Place::Command(last), error),
        }
    }

    /// Looks through the indexes for what no event accounts for.
    fn indexes(&mut self, last: u64) {
        let (streams, names, commands) = (self.streams, self.names, self.commands);
        // Events that cannot be read account for rows that cannot be told from others.
        let whole = !self.unread;
        let counts = [
            (
                Place::StreamIndex,
                streams,
                self.count(keys::STREAM, last, |key, _| keys::number(key)),
            ),
            (
                Place::Names,
                names,
                self.count(keys::CLAIM, last, |key, row| {
                    rows::parse_holder(row).and_then(|_| keys::number(key))
                }),
            ),
            (
                Place::Commands,
                commands,
                self.count(keys::OP, last, |_, row| {
                    rows::parse_op(row).map(|appended| appended.last)
                }),
            ),
        ];
        for (place, expected, found) in counts {
            if whole && found != expected {
                self.report(place, format!("it has {found} rows, and its events made {expected}"));
            }
        }
        self.erasures(last);
    }

    /// How many rows of a kind belong to events up to `last`; the others are damage.
    fn count(&mut self, kind: u8, last: u64, number: impl Fn(&[u8], &[u8]) -> Option<u64>) -> u64 {
        let place = match kind {
            keys::STREAM => Place::StreamIndex,
            keys::CLAIM => Place::Names,
            _ => Place::Commands,
        };
        let mut count = 0;
        for row in self.rows.scan(Some(kind)) {
            match row.map(|(key, row)| number(&key, &row)) {
                Ok(Some(number)) if number <= last => count += 1,
                Ok(Some(_)) if self.in_use => {}
                Ok(Some(number)) => self.report(place, format!("a row names event {number}")),
                Ok(None) => self.report(place, "a row does not parse"),
                Err(error) => self.report(place, error),
            }
        }
        count
    }

    fn erasures(&mut self, last: u64) {
        for row in self.rows.scan(Some(keys::ERASED)) {
            match row.map(|(key, row)| (keys::number(&key), keys::number(&row))) {
                // A restored log may hold one whose erasing event is not in it.
                Ok((Some(_), Some(0))) => {}
                Ok((Some(_), Some(by))) if by > last && self.in_use => {}
                Ok((Some(number), _)) if self.erased.remove(&number) => {}
                Ok((number, _)) => {
                    self.report(Place::Erasure(number.unwrap_or(0)), "no event erased it");
                }
                Err(error) => self.report(Place::Erasure(0), error),
            }
        }
        for number in std::mem::take(&mut self.erased) {
            self.report(Place::Erasure(number), "it is missing");
        }
    }

    fn check_mark(&mut self, last: u64) {
        if let Some(mark) = self.mark
            && mark.number > last
        {
            let reason = format!("event {} was written, the last one there is {last}", mark.number);
            self.report(Place::Mark, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Epoch, rows::Changes, samples},
        *,
    };

    fn verified(dir: &Path) -> Verified {
        verify(dir, &Options::default(), &mut |_| ()).unwrap()
    }

    /// Changes the database behind the log's back.
    fn tamper(dir: &Path, change: impl FnOnce(&Rows, &mut Changes)) {
        let rows = folder::open_rows(&folder::events(dir, 1), &Options::default()).unwrap();
        let mut changes = Changes::default();
        change(&rows, &mut changes);
        rows.commit(changes).unwrap();
    }

    #[tokio::test]
    async fn a_sound_log_has_no_damage() {
        let dir = tempfile::tempdir().unwrap();
        samples::make(dir.path()).await;
        let mut seen = Vec::new();
        let found = verify(dir.path(), &Options::default(), &mut |progress| seen.push(progress));
        let found = found.unwrap();
        assert_eq!(found.damage, []);
        assert_eq!((found.events, found.erased, found.epoch), (302, 3, Some(Epoch(1))));
        assert_eq!(seen, [Progress { done: 302, of: 302 }]);
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        let online = log.verify(&mut |_| ()).unwrap();
        assert_eq!(online, found);
    }

    /// What a row of each kind is called when it is missing.
    fn belongs(key: &[u8], place: Place) -> bool {
        match (key.first().copied(), place) {
            (Some(keys::EVENT), Place::Event(number)) => {
                keys::parse_event(key).is_some_and(|(found, ..)| found == number)
            }
            (Some(keys::STREAM), Place::Streams(number))
            | (Some(keys::ERASED), Place::Event(number)) => keys::number(key) == Some(number),
            (Some(keys::CLAIM), Place::Names)
            | (Some(keys::OP), Place::Command(_))
            | (Some(keys::TILE), Place::Tile(0, 0))
            | (Some(keys::EPOCH), Place::Database) => true,
            _ => false,
        }
    }

    #[tokio::test]
    async fn a_missing_row_of_any_kind_is_named() {
        let dir = tempfile::tempdir().unwrap();
        samples::make(dir.path()).await;
        let mut all = Vec::new();
        tamper(dir.path(), |rows, _| all.extend(rows.scan(None).map(Result::unwrap)));
        let of_kind = |kind: u8| all.iter().filter(move |(key, _)| key[0] == kind);
        let kinds = [
            keys::EVENT,
            keys::STREAM,
            keys::CLAIM,
            keys::OP,
            keys::TILE,
            keys::ERASED,
            keys::EPOCH,
        ];
        for kind in kinds {
            let count = of_kind(kind).count();
            // The first, the last, and some between; the parts of the long body are next to the end.
            for (key, row) in
                of_kind(kind).step_by(1 + count / 9).chain(of_kind(kind).rev().take(9))
            {
                tamper(dir.path(), |_, changes| changes.remove(key.clone()));
                let damage = verified(dir.path()).damage;
                assert!(
                    damage.iter().any(|damage| belongs(key, damage.place)),
                    "{key:?}: {damage:?}"
                );
                tamper(dir.path(), |_, changes| changes.put(key.clone(), row));
            }
        }
        assert_eq!(verified(dir.path()).damage, []);
    }

    #[tokio::test]
    async fn a_changed_event_is_named_even_with_a_right_checksum() {
        let dir = tempfile::tempdir().unwrap();
        samples::make(dir.path()).await;
        let swap = |piece, number: u64, other: u64| {
            tamper(dir.path(), |rows, changes| {
                let row = rows.row(&keys::event(other, piece, 0)).unwrap().unwrap();
                changes.put(keys::event(number, piece, 0), &row);
            });
        };
        swap(keys::Piece::Payload, 20, 21);
        let damage = verified(dir.path()).damage;
        assert_eq!(
            damage.iter().map(|damage| damage.place).collect::<Vec<_>>(),
            [Place::Event(20)]
        );
        swap(keys::Piece::Header, 30, 31);
        let damage = verified(dir.path()).damage;
        let places: Vec<Place> = damage.iter().map(|damage| damage.place).collect();
        assert!(
            places.contains(&Place::Event(30)) && places.contains(&Place::Tile(0, 0)),
            "{damage:?}"
        );
        assert!(places.contains(&Place::Mark), "{damage:?}");
    }

    #[tokio::test]
    async fn a_row_that_no_event_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        samples::make(dir.path()).await;
        tamper(dir.path(), |_, changes| {
            changes.put(keys::with_number(&keys::stream(&crate::event::Stream::Site), 5), &[]);
            changes.put(keys::numbered(keys::ERASED, 9), &5_u64.to_be_bytes());
        });
        let places: Vec<Place> =
            verified(dir.path()).damage.iter().map(|damage| damage.place).collect();
        assert_eq!(places, [Place::Erasure(9), Place::StreamIndex, Place::Erasure(9)]);
    }
}
