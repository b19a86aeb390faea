//! Bytes, compressed: zstd frames that say how long their content is.
//!
//! A thread keeps what it compresses with: making it anew costs more than most contents take.

use std::{cell::RefCell, io};

use zstd::bulk::{Compressor, Decompressor};

/// Quick, and nearly as small as higher levels on text.
const LEVEL: i32 = 1;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The frame of these bytes.
pub(super) fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => compressor.compress(bytes),
        None => kept.insert(Compressor::new(LEVEL)?).compress(bytes),
    })
}

/// The bytes in a frame, at most `limit` of them: a damaged length must not fill the memory.
pub(super) fn unpack(frame: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let length = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| *length <= limit);
    let length = length.ok_or_else(|| io::Error::other("its length is wrong"))?;
    DECOMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(decompressor) => decompressor.decompress(frame, length),
        None => kept.insert(Decompressor::new()?).decompress(frame, length),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_never_more_than_the_limit() {
        for length in [0, 1, 500, 1 << 20] {
            let bytes = vec![7; length];
            let frame = pack(&bytes).unwrap();
            assert_eq!(unpack(&frame, length).unwrap(), bytes);
            if length > 0 {
                assert!(unpack(&frame, length - 1).is_err());
                assert!(unpack(&frame[..frame.len() - 1], length).is_err());
            }
        }
        assert!(unpack(b"no frame", 100).is_err());
    }
}
