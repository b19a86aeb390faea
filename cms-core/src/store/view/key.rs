//! Keys of tables: bytes that sort as the keys do, and that read back.

use crate::{
    clock::Timestamp,
    event::Part,
    id::{AccountId, AgencyId, CommentId, EntryId, ReleaseId, TypeName},
    locale::Locale,
};

/// Part of a row's key. Encodings sort as the values do and know their own end, so that keys can be
/// put together as tuples and a shorter tuple is a prefix of a longer one.
pub trait Key: Sized {
    /// Appends the bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes the value off the front, or `None` where the bytes are none.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

/// A key from all of these bytes.
pub(super) fn decode<K: Key>(mut bytes: &[u8]) -> Option<K> {
    K::take(&mut bytes).filter(|_| bytes.is_empty())
}

/// The least key that is greater than this one and all keys that start with it.
pub(super) fn just_after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0xff);
    key
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

impl Key for () {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn take(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl Key for u64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        take_array(bytes).map(Self::from_be_bytes)
    }
}

impl Key for u32 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        take_array(bytes).map(Self::from_be_bytes)
    }
}

impl Key for Timestamp {
    fn encode(&self, out: &mut Vec<u8>) {
        // With the sign turned, instants before 1970 sort before those after.
        out.extend_from_slice(&(self.millis() ^ i64::MIN).to_be_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        take_array(bytes).map(|bytes| Self::from_millis(i64::from_be_bytes(bytes) ^ i64::MIN))
    }
}

/// Text ends with two NULs; a NUL inside is written as 0x00 0xff, which sorts after the end. One NUL would
/// not do as an end: what follows may begin with 0xff.
impl Key for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self, out);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let mut text = Vec::new();
        loop {
            let (&byte, rest) = bytes.split_first()?;
            *bytes = rest;
            if byte != 0 {
                text.push(byte);
                continue;
            }
            match bytes.split_first() {
                Some((0xff, rest)) => {
                    *bytes = rest;
                    text.push(0);
                }
                Some((0, rest)) => {
                    *bytes = rest;
                    return Self::from_utf8(text).ok();
                }
                Some(_) | None => return None,
            }
        }
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        out.push(byte);
        if byte == 0 {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

macro_rules! id_key {
    ($($id:ty),*) => {$(
        impl Key for $id {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_bytes());
            }

            fn take(bytes: &mut &[u8]) -> Option<Self> {
                take_array(bytes).map(Self::from_bytes)
            }
        }
    )*};
}
id_key!(AccountId, AgencyId, CommentId, EntryId, ReleaseId);

impl Key for Locale {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self.as_str(), out);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        Self::parse(&String::take(bytes)?).ok()
    }
}

impl Key for TypeName {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self.as_str(), out);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        Self::parse(&String::take(bytes)?).ok()
    }
}

impl Key for Part {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Shared => encode_text("", out),
            Self::Locale(locale) => locale.encode(out),
        }
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let tag = String::take(bytes)?;
        if tag.is_empty() { Some(Self::Shared) } else { Locale::parse(&tag).ok().map(Self::Locale) }
    }
}

macro_rules! tuple_key {
    ($($name:ident),*) => {
        impl<$($name: Key),*> Key for ($($name,)*) {
            fn encode(&self, out: &mut Vec<u8>) {
                #[expect(non_snake_case, reason = "the type parameters name the places too")]
                let ($($name,)*) = self;
                $($name.encode(out);)*
            }

            fn take(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($name::take(bytes)?,)*))
            }
        }
    };
}
tuple_key!(A, B);
tuple_key!(A, B, C);
tuple_key!(A, B, C, D);

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(key: &impl Key) -> Vec<u8> {
        let mut bytes = Vec::new();
        key.encode(&mut bytes);
        bytes
    }

    #[test]
    fn keys_sort_as_their_values_do() {
        let texts = ["", "\0", "\0a", "a", "a\0", "ab", "b", "é"].map(str::to_owned);
        for pair in texts.windows(2) {
            assert!(bytes_of(&pair[0]) < bytes_of(&pair[1]), "{pair:?}");
        }
        let instants = [-5, -1, 0, 1, 1_000].map(Timestamp::from_millis);
        assert!(instants.windows(2).all(|pair| bytes_of(&pair[0]) < bytes_of(&pair[1])));
    }

    #[test]
    fn keys_read_back() {
        let key =
            (7_u64, "a\0b".to_owned(), Timestamp::from_millis(-3), EntryId::from_bytes([9; 16]));
        assert_eq!(decode(&bytes_of(&key)), Some(key.clone()));
        assert_eq!(decode::<(u64, String)>(&bytes_of(&key)), None, "bytes are left over");
        let high = (Locale::english(), u64::MAX - 5, EntryId::from_bytes([0xff; 16]));
        assert_eq!(decode(&bytes_of(&high)), Some(high));
    }
}
