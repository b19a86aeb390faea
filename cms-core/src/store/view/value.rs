//! Values of tables on disk: a format byte, and the bytes with their checksum, or where in the heap they
//! lie; compressed when that pays.

use std::{borrow::Cow, io};

use super::{
    super::packed,
    ViewError,
    heap::{Adding, Heap, Place},
};

/// Longer values lie in the heap.
const ROW_LIMIT: usize = 200;
/// No value is longer than this: several times what the longest line of an import makes.
const VALUE_LIMIT: usize = 256 << 20;
/// Shorter values are kept as they are: compression would cost more than it saves.
const COMPRESS_FROM: usize = 400;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Set in the format of a value that lies in the heap.
const IN_HEAP: u8 = 2;

/// format byte, CRC-32 of the stored bytes
const HEADER: usize = 1 + 4;

/// The value of a row, checked.
pub(super) fn read(row: &[u8], table: &'static str, heap: &Heap) -> Result<Vec<u8>, ViewError> {
    let damaged = |reason: &str| ViewError::Damaged { table, reason: reason.to_owned() };
    let (format, rest) = row.split_first().ok_or_else(|| damaged("a row is cut short"))?;
    let stored = if format & IN_HEAP == 0 {
        Cow::Borrowed(checked(rest).ok_or_else(|| damaged("its checksum is wrong"))?)
    } else {
        Cow::Owned(in_heap(rest, heap, &damaged)?)
    };
    match format & !IN_HEAP {
        PLAIN => Ok(stored.into_owned()),
        ZSTD => packed::unpack(&stored, VALUE_LIMIT).map_err(|error| damaged(&error.to_string())),
        _ => Err(damaged("its format is unknown")),
    }
}

/// The same row, its value in another heap: as it is stored, checked.
pub(super) fn moved(row: &[u8], from: &Heap, to: &mut Adding<'_>) -> Result<Vec<u8>, ViewError> {
    let damaged = |reason: &str| ViewError::Damaged { table: "view", reason: reason.to_owned() };
    let (format, rest) = row.split_first().ok_or_else(|| damaged("a row is cut short"))?;
    if format & IN_HEAP == 0 {
        checked(rest).ok_or_else(|| damaged("its checksum is wrong"))?;
        return Ok(row.to_vec());
    }
    let stored = in_heap(rest, from, &damaged)?;
    let place = to.add(&stored).ok_or_else(|| damaged("a value is too long"))?;
    let mut row = vec![*format];
    row.extend_from_slice(&place.to_bytes());
    Ok(row)
}

/// The bytes that a row in front of the heap points to.
fn in_heap(
    rest: &[u8],
    heap: &Heap,
    damaged: &dyn Fn(&str) -> ViewError,
) -> Result<Vec<u8>, ViewError> {
    let place = Place::parse(rest).ok_or_else(|| damaged("a row is cut short"))?;
    heap.read(place).map_err(|error| {
        if error.kind() == io::ErrorKind::InvalidData {
            damaged("its value in the heap is damaged")
        } else {
            ViewError::Unavailable(error.to_string())
        }
    })
}

/// The bytes behind a checksum, if they are what was written.
fn checked(row: &[u8]) -> Option<&[u8]> {
    let (crc, stored) = row.split_first_chunk::<4>()?;
    (crc32fast::hash(stored) == u32::from_be_bytes(*crc)).then_some(stored)
}

/// The row of a value. A long value goes to the heap.
pub(super) fn write(value: &[u8], heap: &mut Adding<'_>) -> Result<Vec<u8>, String> {
    let compressed = if value.len() >= COMPRESS_FROM {
        let bytes = packed::pack(value).map_err(|error| error.to_string())?;
        (bytes.len() < value.len()).then_some(bytes)
    } else {
        None
    };
    let (format, stored) = compressed.as_deref().map_or((PLAIN, value), |bytes| (ZSTD, bytes));
    let mut row = Vec::with_capacity(HEADER + stored.len().min(ROW_LIMIT));
    if stored.len() > ROW_LIMIT {
        let place = heap.add(stored).ok_or("a value is too long")?;
        row.push(format | IN_HEAP);
        row.extend_from_slice(&place.to_bytes());
    } else {
        row.push(format);
        row.extend_from_slice(&crc32fast::hash(stored).to_be_bytes());
        row.extend_from_slice(stored);
    }
    Ok(row)
}

/// Bytes of a row's value as it is stored, wherever that is.
pub(super) fn length(row: &[u8]) -> u64 {
    match row.split_first() {
        Some((format, rest)) if format & IN_HEAP != 0 => {
            Place::parse(rest).map_or(0, |place| u64::from(place.length)) + row.len() as u64
        }
        Some(_) | None => row.len() as u64,
    }
}
