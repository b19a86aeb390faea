//! The units of an AV1 stream (AV1 Bitstream, 5.3), and which of them are kept.

use crate::media::bytes::Reader;

/// Units that carry metadata, and padding.
const METADATA: u8 = 5;
const PADDING: u8 = 15;
/// Metadata that says how bright a picture is, and what it was mastered for.
const LIGHT: [u8; 2] = [1, 2];

/// The stream without padding and without metadata other than of its light; as it is, if it can't be read.
pub(super) fn without_metadata(stream: &[u8]) -> Vec<u8> {
    filtered(stream).unwrap_or_else(|| stream.to_vec())
}

fn filtered(stream: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(stream, "AV1 units");
    let mut kept = Vec::with_capacity(stream.len());
    while !reader.is_done() {
        let from = reader.at();
        let header = reader.u8().ok()?;
        let kind = header >> 3 & 15;
        if header & 4 != 0 {
            reader.u8().ok()?;
        }
        // Without a size it is the last unit.
        let size = if header & 2 != 0 { leb128(&mut reader)? } else { reader.rest().len() };
        let payload = reader.take(size).ok()?;
        let is_light = payload.first().is_some_and(|kind| LIGHT.contains(kind));
        if kind != PADDING && (kind != METADATA || is_light) {
            kept.extend(reader.since(from));
        }
    }
    Some(kept)
}

fn leb128(reader: &mut Reader<'_>) -> Option<usize> {
    let mut value = 0_u64;
    for place in 0..8 {
        let byte = reader.u8().ok()?;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_and_padding_are_left_out() {
        let unit = |kind: u8, payload: &[u8]| {
            [&[kind << 3 | 2, u8::try_from(payload.len()).unwrap()], payload].concat()
        };
        let (picture, light) = (unit(6, b"pixels"), unit(METADATA, b"\x01abcd"));
        let stream = [
            unit(METADATA, b"\x04secret"),
            picture.clone(),
            unit(PADDING, b"hidden"),
            light.clone(),
        ];
        assert_eq!(without_metadata(&stream.concat()), [picture, light].concat());
        assert_eq!(without_metadata(b"\x12\xff\xff"), b"\x12\xff\xff");
    }
}
