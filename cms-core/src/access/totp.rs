//! Codes that change with time (TOTP, RFC 6238, over HOTP, RFC 4226): a second thing that somebody has to have. Pure.

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha1::Sha1;

use crate::clock::Timestamp;

/// Bytes of a shared secret (RFC 4226, section 4: at least 16, better 20).
const SECRET: usize = 20;
/// How long a code is good for, in milliseconds.
const STEP: i64 = 30_000;
/// How many steps a clock may be off, either way.
const OFF: u64 = 1;
/// What codes are less than: six digits.
const CODES: u32 = 1_000_000;
/// The alphabet of base 32 (RFC 4648).
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What is shared with somebody's device. Its `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpSecret(#[serde(with = "hex_bytes")] [u8; SECRET]);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret")
    }
}

impl TotpSecret {
    /// A new one.
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// The text that a device takes, in base 32.
    pub fn reveal(&self) -> String {
        let mut text = String::with_capacity(SECRET * 8 / 5);
        // Twenty bytes are four fives.
        for five in self.0.chunks(5) {
            let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for at in (0..8).rev() {
                let letter = usize::try_from(bits >> (5 * at) & 31).unwrap_or_default();
                text.extend(LETTERS.get(letter).map(|letter| char::from(*letter)));
            }
        }
        text
    }

    /// The address that a device reads from a picture, with the name of the account.
    pub fn uri(&self, name: &str) -> String {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let secret = self.reveal();
        format!(
            "otpauth://totp/Beacon:{name}?secret={secret}&issuer=Beacon&algorithm=SHA1&digits=6&period=30"
        )
    }

    /// The step whose code this is, if it is one that is good now and lies after `last`, the newest that was used.
    pub fn accepts(&self, code: &str, now: Timestamp, last: Option<u64>) -> Option<u64> {
        let current = u64::try_from(now.millis() / STEP).ok()?;
        let digits: String = code.chars().filter(|letter| *letter != ' ').collect();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let given = digits.parse::<u32>().ok()?;
        let mut steps = current.saturating_sub(OFF)..=current.saturating_add(OFF);
        steps.find(|step| last.is_none_or(|last| *step > last) && self.code(*step) == given)
    }

    /// What a device shows at an instant.
    pub fn shown(&self, now: Timestamp) -> String {
        let step = u64::try_from(now.millis() / STEP).unwrap_or_default();
        format!("{:06}", self.code(step))
    }

    /// The code of a step (RFC 4226, section 5.3).
    fn code(&self, step: u64) -> u32 {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length")
        };
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest.last().copied().unwrap_or_default() & 0xf);
        let four = digest.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        (u32::from_be_bytes(four.copied().unwrap_or_default()) & 0x7fff_ffff) % CODES
    }
}

mod hex_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::SECRET;

    pub(super) fn serialize<S: Serializer>(
        bytes: &[u8; SECRET],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; SECRET], D::Error> {
        let mut bytes = [0; SECRET];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: TotpSecret = TotpSecret(*b"12345678901234567890");

    /// RFC 4226, appendix D.
    #[test]
    fn the_codes_are_the_standard_s() {
        let expected = [
            755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871,
            520_489,
        ];
        for (step, code) in (0..).zip(expected) {
            assert_eq!(KNOWN.code(step), code, "{step}");
        }
    }

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_steps_are_the_standard_s() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_millis(seconds * 1_000);
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!(KNOWN.accepts(code, now, None), Some(step), "{seconds}");
            assert_eq!(KNOWN.shown(now), code);
        }
        assert_eq!(KNOWN.reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute_and_a_half() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let step = 37_037_037;
        for (seconds, is_good) in [
            (1_111_111_079, false),
            (1_111_111_080, true),
            (1_111_111_169, true),
            (1_111_111_170, false),
        ] {
            let found = KNOWN.accepts("050471", at(seconds), None);
            assert_eq!(found, is_good.then_some(step), "{seconds}");
        }
        let now = at(1_111_111_111);
        assert_eq!(KNOWN.accepts("050 471", now, Some(step - 1)), Some(step));
        assert_eq!(KNOWN.accepts("050471", now, Some(step)), None, "it was used");
        for wrong in ["", "50471", "0050471", "05047a", "+50471", "-50471", "٠٥٠٤٧١"] {
            assert_eq!(KNOWN.accepts(wrong, now, None), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_shared_survives_being_kept_and_is_shown_in_no_log() {
        let secret = TotpSecret::generate();
        let kept = serde_json::to_string(&secret).unwrap();
        assert_eq!(serde_json::from_str::<TotpSecret>(&kept).unwrap(), secret);
        assert!(!format!("{secret:?}").contains(kept.get(1..9).unwrap()));
        let uri = KNOWN.uri("Anna & Co/?#");
        assert!(
            uri.starts_with("otpauth://totp/Beacon:Anna%20%26%20Co%2F%3F%23?secret=GEZD"),
            "{uri}"
        );
    }
}
