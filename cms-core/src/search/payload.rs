//! What a commit says of itself: the index's format and the last event that is in it, with a checksum.

use std::fmt;

use super::{OpenError, layout::FORMAT};

/// The mark of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Payload {
    format: u32,
    pub(super) applied: u64,
}

impl Payload {
    pub(super) const fn new(applied: u64) -> Self {
        Self { format: FORMAT, applied }
    }

    /// Reads a mark back.
    pub(super) fn parse(text: &str) -> Result<Self, OpenError> {
        let damaged = || OpenError::Damaged { reason: format!("the commit's mark is {text:?}") };
        let mut words = text.split(' ');
        let mut number = |name| words.next()?.strip_prefix(name)?.parse::<u64>().ok();
        let (format, applied) = (number("format="), number("applied="));
        let format = format.and_then(|format| u32::try_from(format).ok()).ok_or_else(damaged)?;
        if format != FORMAT {
            return Err(OpenError::OtherFormat { found: format, expected: FORMAT });
        }
        let payload = Self { format, applied: applied.ok_or_else(damaged)? };
        if payload.to_string() == text { Ok(payload) } else { Err(damaged()) }
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, applied } = self;
        let facts = format!("format={format} applied={applied}");
        write!(f, "{facts} check={:08x}", crc32fast::hash(facts.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back() {
        let text = Payload::new(123_456).to_string();
        assert_eq!(Payload::parse(&text), Ok(Payload::new(123_456)));
    }

    #[test]
    fn a_changed_mark_is_damage_and_another_format_is_told() {
        let text = Payload::new(123_456).to_string();
        for wrong in [
            text.replace("456", "457"),
            text.replace("applied", "x"),
            String::new(),
            format!("{text} "),
        ] {
            assert!(matches!(Payload::parse(&wrong), Err(OpenError::Damaged { .. })), "{wrong}");
        }
        let other = Payload::parse("format=999999 whatever comes");
        assert_eq!(other, Err(OpenError::OtherFormat { found: 999_999, expected: FORMAT }));
    }
}
