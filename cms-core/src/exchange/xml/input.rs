//! The bytes of a document: counted by lines, bounded piece by piece, and in UTF-8 whatever they came in.
#![expect(clippy::naive_bytecount, reason = "a crate for counting would cost more than it saves")]

use std::io::{self, BufRead, Read};

use super::LONGEST;

/// Counts the lines that were read, and reads no piece without end.
pub(super) struct Counted<R> {
    inner: R,
    /// The line that was read last, from 1.
    pub(super) lines: u64,
    /// Bytes since the last piece.
    pub(super) since: usize,
}

impl<R> Counted<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self { inner, lines: 1, since: 0 }
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        for (to, from) in into.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(available) = self.inner.fill_buf() {
            let read = available.get(..amount).unwrap_or_default();
            let lines = read.iter().filter(|byte| **byte == b'\n').count();
            self.lines += u64::try_from(lines).unwrap_or(u64::MAX);
        }
        self.since = self.since.saturating_add(amount);
        self.inner.consume(amount);
    }
}

/// How a document is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Unknown,
    Utf8,
    LittleEndian,
    BigEndian,
}

/// Gives UTF-8, also of a document in UTF-16 that begins with its mark.
pub(super) struct Utf8<R> {
    inner: R,
    coding: Coding,
    /// What was made of the input and not taken yet.
    ready: Vec<u8>,
    taken: usize,
    /// Units of UTF-16 that make no character yet.
    units: Vec<u16>,
    /// Half a unit.
    half: Option<u8>,
}

impl<R: BufRead> Utf8<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self {
            inner,
            coding: Coding::Unknown,
            ready: Vec::new(),
            taken: 0,
            units: Vec::new(),
            half: None,
        }
    }

    fn recognise(&mut self) -> io::Result<()> {
        if self.coding != Coding::Unknown {
            return Ok(());
        }
        let begins = self.inner.fill_buf()?;
        self.coding = match begins {
            [0xff, 0xfe, ..] => Coding::LittleEndian,
            [0xfe, 0xff, ..] => Coding::BigEndian,
            [..] => Coding::Utf8,
        };
        let mark = if self.coding == Coding::Utf8 { 0 } else { 2 };
        self.inner.consume(mark);
        Ok(())
    }

    /// Makes more ready, unless the input is at its end.
    fn more(&mut self) -> io::Result<()> {
        let available = self.inner.fill_buf()?;
        let length = available.len();
        for byte in available {
            match self.half.take() {
                None => self.half = Some(*byte),
                Some(first) if self.coding == Coding::LittleEndian => {
                    self.units.push(u16::from_le_bytes([first, *byte]));
                }
                Some(first) => self.units.push(u16::from_be_bytes([first, *byte])),
            }
        }
        self.inner.consume(length);
        // The first half of a pair waits for the second.
        let waits = self.units.last().copied().filter(|unit| (0xd800..0xdc00).contains(unit));
        if length > 0 && waits.is_some() {
            self.units.pop();
        }
        let text: Result<String, _> = char::decode_utf16(self.units.drain(..)).collect();
        let text = text.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.units.extend(waits.filter(|_| length > 0));
        (self.ready, self.taken) = (text.into_bytes(), 0);
        Ok(())
    }
}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        for (to, from) in into.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Utf8<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.recognise()?;
        if self.coding == Coding::Utf8 {
            return self.inner.fill_buf();
        }
        while self.taken >= self.ready.len() && !self.inner.fill_buf()?.is_empty() {
            self.more()?;
        }
        Ok(self.ready.get(self.taken..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        if self.coding == Coding::Utf8 {
            self.inner.consume(amount);
        } else {
            self.taken = self.taken.saturating_add(amount);
        }
    }
}
