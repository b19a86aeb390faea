//! Long values of a view: one after the other in a file of their own, into which the database's rows point.
//!
//! sled reads and writes leaves as a whole, some seventeen rows with all that is in them, and keeps values of some
//! length in files that it never syncs. So its rows stay short, and a form is read by one read of its own
//! length. Nothing in the file is ever changed: a value that is written anew leaves the old one behind, until the
//! view is copied.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
};

use parking_lot::{Mutex, MutexGuard};

/// In front of each value: its length and its CRC-32.
const HEADER: usize = 4 + 4;
/// No value is longer than this, or something is damaged.
const VALUE_LIMIT: u32 = 256 << 20;

/// The file.
#[derive(Debug)]
pub(super) struct Heap {
    file: File,
    /// Where the next value begins.
    end: Mutex<u64>,
}

/// Where a value lies, and what its bytes add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    at: u64,
    pub(super) length: u32,
    crc: u32,
}

impl Place {
    /// Bytes of a place.
    pub(super) const LENGTH: usize = 16;

    pub(super) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let parts = self.at.to_be_bytes().into_iter();
        let parts = parts.chain(self.length.to_be_bytes()).chain(self.crc.to_be_bytes());
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (length, crc) = rest.split_first_chunk::<4>()?;
        Some(Self {
            at: u64::from_be_bytes(*at),
            length: u32::from_be_bytes(*length),
            crc: u32::from_be_bytes(crc.try_into().ok()?),
        })
    }
}

impl Heap {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let end = file.metadata()?.len();
        Ok(Self { file, end: Mutex::new(end) })
    }

    /// Bytes of all values, dead ones too.
    pub(super) fn size(&self) -> u64 {
        *self.end.lock()
    }

    /// Adds the next value here, over what nothing points to.
    pub(super) fn go_on_from(&self, end: u64) {
        *self.end.lock() = end;
    }

    /// A value; an error of the kind [`io::ErrorKind::InvalidData`] when it is another than was written.
    pub(super) fn read(&self, place: Place) -> io::Result<Vec<u8>> {
        if place.length > VALUE_LIMIT {
            return Err(damaged());
        }
        let length = usize::try_from(place.length).unwrap_or(usize::MAX);
        let mut value = vec![0; length];
        self.file.read_exact_at(&mut value, place.at + HEADER as u64).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof { damaged() } else { error }
        })?;
        if crc32fast::hash(&value) == place.crc { Ok(value) } else { Err(damaged()) }
    }

    /// Begins to add values. Nobody else does until it is dropped.
    pub(super) fn adding(&self) -> Adding<'_> {
        Adding { file: &self.file, end: self.end.lock(), bytes: Vec::new() }
    }

    /// Makes all that was added so far survive a loss of power, and answers where that ends.
    pub(super) fn sync(&self) -> io::Result<u64> {
        let end = self.size();
        self.file.sync_data()?;
        Ok(end)
    }

    /// Whether the values between two places are what was written: what was not synced when the power went
    /// may be there in part.
    pub(super) fn is_whole(&self, from: u64, to: u64) -> io::Result<bool> {
        let mut at = from;
        while at < to {
            let mut header = [0; HEADER];
            if self.file.read_exact_at(&mut header, at).is_err() {
                return Ok(false);
            }
            let [l0, l1, l2, l3, c0, c1, c2, c3] = header;
            let length = u32::from_be_bytes([l0, l1, l2, l3]);
            let place = Place { at, length, crc: u32::from_be_bytes([c0, c1, c2, c3]) };
            match self.read(place) {
                Ok(_) => at += HEADER as u64 + u64::from(length),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(at == to)
    }
}

/// Values on their way into the file.
#[derive(Debug)]
pub(super) struct Adding<'a> {
    file: &'a File,
    end: MutexGuard<'a, u64>,
    bytes: Vec<u8>,
}

impl Adding<'_> {
    /// Adds a value, which lies at the place answered once [`Adding::write`] has been called; `None` when it
    /// is too long.
    pub(super) fn add(&mut self, value: &[u8]) -> Option<Place> {
        let length = u32::try_from(value.len()).ok().filter(|length| *length <= VALUE_LIMIT)?;
        let place =
            Place { at: *self.end + self.bytes.len() as u64, length, crc: crc32fast::hash(value) };
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(&place.crc.to_be_bytes());
        self.bytes.extend_from_slice(value);
        Some(place)
    }

    /// Where the next value would lie.
    pub(super) fn end(&self) -> u64 {
        *self.end + self.bytes.len() as u64
    }

    /// Writes them all. When that fails, what was written of them is written over by the next.
    pub(super) fn write(mut self) -> io::Result<()> {
        self.file.write_all_at(&self.bytes, *self.end)?;
        *self.end += self.bytes.len() as u64;
        Ok(())
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not what was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(values: &[&[u8]]) -> (tempfile::TempDir, Heap, Vec<Place>) {
        let dir = tempfile::tempdir().unwrap();
        let heap = Heap::open(&dir.path().join("heap")).unwrap();
        let mut adding = heap.adding();
        let places = values.iter().map(|value| adding.add(value).unwrap()).collect();
        adding.write().unwrap();
        (dir, heap, places)
    }

    #[test]
    fn values_come_back_after_an_opening_and_more_can_be_added() {
        let long = vec![7; 100_000];
        let (dir, heap, places) = filled(&[b"one", b"", &long]);
        drop(heap);
        let heap = Heap::open(&dir.path().join("heap")).unwrap();
        assert_eq!(heap.read(places[0]).unwrap(), b"one");
        assert_eq!(heap.read(places[1]).unwrap(), b"");
        assert_eq!(heap.read(Place::parse(&places[2].to_bytes()).unwrap()).unwrap(), long);
        let mut adding = heap.adding();
        let four = adding.add(b"four").unwrap();
        adding.write().unwrap();
        assert_eq!(heap.read(four).unwrap(), b"four");
        assert!(heap.is_whole(0, heap.size()).unwrap());
    }

    #[test]
    fn a_flipped_bit_and_a_lost_end_are_found() {
        let (_dir, heap, places) = filled(&[b"one", b"two", b"three"]);
        let end = heap.size();
        assert!(heap.is_whole(places[1].at, end).unwrap());
        assert!(!heap.is_whole(places[1].at + 1, end).unwrap());
        heap.file.write_all_at(b"x", places[1].at + HEADER as u64).unwrap();
        let error = heap.read(places[1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(!heap.is_whole(0, end).unwrap());
        assert!(heap.is_whole(places[2].at, end).unwrap());
        heap.file.set_len(end - 1).unwrap();
        assert_eq!(heap.read(places[2]).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(!heap.is_whole(places[2].at, end).unwrap());
    }
}
