//! The one thing that is read of Exif before it is thrown away: how the picture is to be turned.

use super::bytes::{Reader, length};

/// The tag of the orientation in the first directory (Exif 2.32, 4.6.5).
const ORIENTATION: u16 = 0x0112;
/// The type of its value: an unsigned number of 16 bits.
const SHORT: u16 = 3;

/// The orientation that Exif data (a TIFF header and what follows) gives, 1 to 8; `None` where it has none
/// or can't be read.
pub(super) fn orientation(exif: &[u8]) -> Option<u8> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let is_little = match exif.first_chunk::<4>()? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |reader: &mut Reader<'_>| if is_little { reader.u16_le() } else { reader.u16_be() };
    let long = |reader: &mut Reader<'_>| if is_little { reader.u32_le() } else { reader.u32_be() };
    let mut reader = Reader::new(exif, "Exif data");
    reader.take(4).ok()?;
    let directory = length(long(&mut reader).ok()?);
    let mut reader = Reader::new(exif.get(directory..)?, "Exif data");
    for _ in 0..short(&mut reader).ok()? {
        let (tag, kind) = (short(&mut reader).ok()?, short(&mut reader).ok()?);
        let count = long(&mut reader).ok()?;
        let mut value = Reader::new(reader.take(4).ok()?, "Exif data");
        if tag == ORIENTATION && kind == SHORT && count == 1 {
            let value = u8::try_from(short(&mut value).ok()?).ok()?;
            return (1..=8).contains(&value).then_some(value);
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Exif data with a place, a device and an orientation, in either byte order.
    pub(in crate::media) fn data(orientation: u16, is_little: bool) -> Vec<u8> {
        let short = |n: u16| if is_little { n.to_le_bytes() } else { n.to_be_bytes() };
        let long = |n: u32| if is_little { n.to_le_bytes() } else { n.to_be_bytes() };
        let mut exif = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        exif.extend(long(8));
        exif.extend(short(3));
        // The device (ASCII, beyond the directory), the orientation, and where the directory of the place is.
        for (tag, kind, count) in [(0x010f, 2, 16), (ORIENTATION, SHORT, 1), (0x8825, 4, 1)] {
            exif.extend([short(tag), short(kind)].concat());
            exif.extend(long(count));
            match tag {
                ORIENTATION => exif.extend([short(orientation), [0, 0]].concat()),
                0x010f => exif.extend(long(50)),
                _ => exif.extend(long(66)),
            }
        }
        exif.extend(long(0));
        exif.extend(b"SecretCamera-01\0");
        exif.extend(short(1));
        exif.extend([short(1), short(2)].concat());
        exif.extend(long(2));
        exif.extend(b"N\0\0\0");
        exif.extend(long(0));
        exif.extend(b"GPS-51.5007-0.1246");
        exif
    }

    #[test]
    fn the_orientation_is_read_in_either_byte_order() {
        for value in 1..=8 {
            for is_little in [true, false] {
                let exif = data(value, is_little);
                assert_eq!(orientation(&exif).map(u16::from), Some(value));
                assert_eq!(
                    orientation(&[b"Exif\0\0", exif.as_slice()].concat()).map(u16::from),
                    Some(value)
                );
            }
        }
    }

    #[test]
    fn what_is_no_orientation_is_none() {
        assert_eq!(orientation(&data(0, true)), None);
        assert_eq!(orientation(&data(9, false)), None);
        let whole = data(6, true);
        for end in 0..whole.len() {
            let cut = orientation(whole.get(..end).unwrap());
            assert!(cut.is_none() || cut == Some(6));
        }
    }
}
