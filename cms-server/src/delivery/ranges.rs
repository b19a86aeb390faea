//! `Range` (RFC 9110, section 14): one part of what is there, for readers who go on where they stopped.

use rocket::Request;

/// What of the bytes a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    Whole,
    /// From the first to the last, both included.
    From(u64, u64),
    /// A part that isn't there.
    Nowhere,
}

/// What a request wants of so many bytes with this tag.
///
/// Several ranges at once are answered with all: nobody who shows
/// pictures asks for them. So is what is malformed, as the RFC wants it, and what `If-Range` doesn't fit.
pub fn wanted(request: &Request<'_>, size: u64, etag: &str) -> Part {
    let mut fields = request.headers().get("Range");
    let (Some(range), None) = (fields.next(), fields.next()) else { return Part::Whole };
    // A date never fits: there is none.
    let fits = request.headers().get("If-Range").all(|tag| tag.trim() == etag);
    if fits { parse(range, size) } else { Part::Whole }
}

fn parse(range: &str, size: u64) -> Part {
    let Some((first, last)) = range
        .trim()
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (from, to) = (number(first), number(last));
    let is_malformed = |text: &str, number: Option<u64>| !text.is_empty() && number.is_none();
    if is_malformed(first, from) || is_malformed(last, to) {
        return Part::Whole;
    }
    match (from, to) {
        (None, None) => Part::Whole,
        (Some(from), Some(to)) if from > to => Part::Whole,
        (Some(from), _) if from >= size => Part::Nowhere,
        (Some(from), to) => Part::From(from, to.unwrap_or(u64::MAX).min(size - 1)),
        // So many of the last.
        (None, Some(0)) => Part::Nowhere,
        (None, Some(_)) if size == 0 => Part::Nowhere,
        (None, Some(length)) => Part::From(size.saturating_sub(length), size - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        for (range, part) in [
            ("bytes=0-0", Part::From(0, 0)),
            ("bytes=2-5", Part::From(2, 5)),
            ("bytes=2-", Part::From(2, 9)),
            ("bytes=-3", Part::From(7, 9)),
            ("bytes=-30", Part::From(0, 9)),
            ("bytes=5-999999999999999999999", Part::From(5, 9)),
            ("bytes=10-", Part::Nowhere),
            ("bytes=10-12", Part::Nowhere),
            ("bytes=-0", Part::Nowhere),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-2", Part::Whole),
            ("bytes=1-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("bytes=+1-2", Part::Whole),
        ] {
            assert_eq!(parse(range, 10), part, "{range}");
        }
        assert_eq!(parse("bytes=0-", 0), Part::Nowhere);
        assert_eq!(parse("bytes=-1", 0), Part::Nowhere);
    }
}
