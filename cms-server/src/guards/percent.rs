//! Strict percent-decoding (RFC 3986, section 2.1).
//!
//! Rocket's own leaves a broken `%zz` as it stands and puts U+FFFD where there is no UTF-8, so that
//! different spellings reach a look-up as the same text. Here they are refused.

use std::borrow::Cow;

/// The text is not well encoded: a `%` without two hexadecimal digits, bytes that are no UTF-8
/// (overlong ones included), or a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well percent-encoded UTF-8")]
pub struct Malformed;

/// Decodes a step of a path, once.
///
/// # Errors
/// [`Malformed`] when it is not well encoded.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, Malformed> {
    decode_with(raw, false)
}

/// Decodes a name or a value of a query, once; `+` is a space there.
///
/// # Errors
/// [`Malformed`] when it is not well encoded.
pub fn decode_query(raw: &str) -> Result<Cow<'_, str>, Malformed> {
    decode_with(raw, true)
}

fn decode_with(raw: &str, plus_is_space: bool) -> Result<Cow<'_, str>, Malformed> {
    let is_special = |byte: u8| byte == b'%' || (plus_is_space && byte == b'+');
    if !raw.bytes().any(is_special) {
        return if raw.chars().any(is_forbidden) { Err(Malformed) } else { Ok(Cow::Borrowed(raw)) };
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next())? << 4 | hex(bytes.next())?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    let text = String::from_utf8(decoded).map_err(|_| Malformed)?;
    if text.chars().any(is_forbidden) { Err(Malformed) } else { Ok(Cow::Owned(text)) }
}

/// Control characters have no use in a URL, and NUL ends strings elsewhere.
fn is_forbidden(c: char) -> bool {
    c.is_ascii_control()
}

fn hex(byte: Option<u8>) -> Result<u8, Malformed> {
    byte.and_then(|byte| char::from(byte).to_digit(16))
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_once() {
        assert_eq!(decode("caf%C3%A9").unwrap(), "café");
        assert_eq!(decode("a%252Fb").unwrap(), "a%2Fb");
        assert_eq!(decode("a+b").unwrap(), "a+b");
        assert_eq!(decode_query("a+b%2B").unwrap(), "a b+");
    }

    #[test]
    fn what_is_not_well_encoded_is_refused() {
        for raw in [
            "%",
            "%4",
            "%zz",
            "%00",
            "a%0Ab",
            "%C0%AF",
            "%E0%80%AF",
            "%ED%A0%80",
            "%FF",
            "%F4%90%80%80",
            "%7F",
        ] {
            assert_eq!(decode(raw), Err(Malformed), "{raw}");
            assert_eq!(decode_query(raw), Err(Malformed), "{raw}");
        }
    }
}
