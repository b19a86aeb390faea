//! The high-water mark: how far the log had come, kept outside the database.
//!
//! sled does not notice when the end of its file is lost. So each commit writes its number and the root
//! of the Merkle tree into one of two slots in turn; a slot that was torn leaves the other.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
};

use super::super::Hash;

/// The slots lie in different sectors of any disk.
const SLOTS: [u64; 2] = [0, 4096];
/// Number, root, CRC-32 of both.
const LENGTH: usize = 8 + 32 + 4;

/// How far the log has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The number of the last event.
    pub(super) number: u64,
    /// The root of the tree over all events up to it.
    pub(super) root: Hash,
}

/// The file that holds it.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    next: usize,
    torn: bool,
}

impl MarkFile {
    /// Makes the file, with both slots at `mark`, and syncs it.
    pub(super) fn create(path: &Path, mark: Mark) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut marks = Self { file, next: 0, torn: false };
        marks.write(mark)?;
        marks.write(mark)?;
        marks.sync()?;
        Ok(marks)
    }

    /// Opens the file; gives the higher mark of the slots that are whole, `None` when neither is.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Mark>)> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let marks = SLOTS.map(|offset| {
            let mut bytes = [0; LENGTH];
            file.read_exact_at(&mut bytes, offset).ok().and_then(|()| parse(&bytes))
        });
        let [first, second] = marks.map(|mark| mark.map(|mark| mark.number));
        // The older slot, or the torn one, is written next.
        let next = usize::from(first > second);
        let mark = marks.into_iter().flatten().max_by_key(|mark| mark.number);
        let torn = first.is_none() || second.is_none();
        Ok((Self { file, next, torn }, mark))
    }

    /// Whether a slot was not whole when the file was opened.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Writes the mark, without a sync: it must only be true, never new.
    pub(super) fn write(&mut self, mark: Mark) -> io::Result<()> {
        let offset = SLOTS.get(self.next).copied().unwrap_or(0);
        self.file.write_all_at(&bytes(mark), offset)?;
        self.next = 1 - self.next;
        Ok(())
    }

    /// Makes what was written survive a loss of power.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn bytes(mark: Mark) -> Vec<u8> {
    let mut bytes = mark.number.to_be_bytes().to_vec();
    bytes.extend_from_slice(&mark.root);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

fn parse(bytes: &[u8; LENGTH]) -> Option<Mark> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    let (number, root) = body.split_first_chunk::<8>()?;
    (crc32fast::hash(body) == u32::from_be_bytes(*crc))
        .then_some(Mark { number: u64::from_be_bytes(*number), root: root.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: u64) -> Mark {
        Mark { number, root: [number.to_le_bytes()[0]; 32] }
    }

    #[test]
    fn the_last_mark_written_is_the_one_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let mut marks = MarkFile::create(&path, mark(0)).unwrap();
        for number in 1..=5 {
            marks.write(mark(number)).unwrap();
            assert_eq!(MarkFile::open(&path).unwrap().1, Some(mark(number)));
        }
    }

    #[test]
    fn a_torn_slot_leaves_the_other_and_is_written_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let mut marks = MarkFile::create(&path, mark(0)).unwrap();
        marks.write(mark(1)).unwrap();
        marks.write(mark(2)).unwrap();
        for (slot, left) in [(0_u64, 2), (4096, 1)] {
            let copy = dir.path().join(format!("copy{slot}"));
            std::fs::copy(&path, &copy).unwrap();
            OpenOptions::new()
                .write(true)
                .open(&copy)
                .unwrap()
                .write_all_at(&[0xff; 20], slot)
                .unwrap();
            let (mut marks, found) = MarkFile::open(&copy).unwrap();
            assert_eq!(found, Some(mark(left)));
            marks.write(mark(9)).unwrap();
            marks.write(mark(10)).unwrap();
            assert_eq!(MarkFile::open(&copy).unwrap().1, Some(mark(10)));
        }
        OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&[0xff; 4140], 0).unwrap();
        assert_eq!(MarkFile::open(&path).unwrap().1, None);
    }
}
