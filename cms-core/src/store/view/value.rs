//! Values of tables on disk: a format byte, a checksum, and the bytes, compressed when that pays.
//!
//! sled keeps values of more than about 128 KiB in files that it never syncs, so long values lie in
//! several rows: the first under the row's own key, the rest under keys that no table has.

use super::{super::packed, ViewError};

/// The most that one row of the database holds.
const ROW_LIMIT: usize = 24 * 1024;
/// No value is longer than this: several times what the longest line of an import makes.
const VALUE_LIMIT: usize = 256 << 20;
/// Shorter values are kept as they are: compression would cost more than it saves.
const COMPRESS_FROM: usize = 400;
/// Prefix of the keys of second and later rows. No table has this tag.
const CONTINUED: u8 = 0xff;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// format byte, CRC-32 of the stored bytes, number of rows after the first
const HEADER: usize = 1 + 4 + 2;

/// Reads a row's value with what follows it in other rows, and checks it.
pub(super) fn read(
    key: &[u8],
    table: &'static str,
    row: impl Fn(&[u8]) -> Result<Option<sled::IVec>, ViewError>,
) -> Result<Option<Vec<u8>>, ViewError> {
    let damaged = |reason: &str| ViewError::Damaged { table, reason: reason.to_owned() };
    let Some(first) = row(key)? else { return Ok(None) };
    let (header, head) =
        first.split_first_chunk::<HEADER>().ok_or_else(|| damaged("a row is cut short"))?;
    let [format, crc @ .., more_high, more_low] = *header;
    let more = u16::from_be_bytes([more_high, more_low]);
    let mut joined = Vec::new();
    if more > 0 {
        joined.extend_from_slice(head);
        for index in 0..more {
            let part = row(&continued(key, index))?
                .ok_or_else(|| damaged("a part of a long row is missing"))?;
            joined.extend_from_slice(&part);
        }
    }
    let stored = if more > 0 { joined.as_slice() } else { head };
    if crc32fast::hash(stored) != u32::from_be_bytes(crc) {
        return Err(damaged("its checksum is wrong"));
    }
    match format {
        PLAIN => Ok(Some(stored.to_vec())),
        ZSTD => {
            let value = packed::unpack(stored, VALUE_LIMIT);
            value.map(Some).map_err(|error| damaged(&error.to_string()))
        }
        _ => Err(damaged("its format is unknown")),
    }
}

/// Sets a row and those that continue it, or removes it.
///
/// A shorter value may leave continuing rows behind; the first row says how many belong to it, and a
/// rebuilt view has none.
pub(super) fn write(
    key: &[u8],
    value: Option<&[u8]>,
    rows: &mut sled::Batch,
) -> Result<(), String> {
    let Some(value) = value else {
        rows.remove(key);
        return Ok(());
    };
    let compressed = if value.len() >= COMPRESS_FROM {
        let bytes = packed::pack(value).map_err(|error| error.to_string())?;
        (bytes.len() < value.len()).then_some(bytes)
    } else {
        None
    };
    let (format, stored) = compressed.as_deref().map_or((PLAIN, value), |bytes| (ZSTD, bytes));
    let (head, tail) = stored.split_at(stored.len().min(ROW_LIMIT));
    let parts = tail.chunks(ROW_LIMIT);
    let more =
        u16::try_from(parts.len()).map_err(|_| "a value is too long for a row".to_owned())?;
    let mut first = Vec::with_capacity(HEADER + head.len());
    first.push(format);
    first.extend_from_slice(&crc32fast::hash(stored).to_be_bytes());
    first.extend_from_slice(&more.to_be_bytes());
    first.extend_from_slice(head);
    rows.insert(key, first);
    for (index, part) in (0..).zip(parts) {
        rows.insert(continued(key, index), part);
    }
    Ok(())
}

fn continued(key: &[u8], index: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + 3);
    bytes.push(CONTINUED);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(&index.to_be_bytes());
    bytes
}
