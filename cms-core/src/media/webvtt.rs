//! Captions and transcripts: WebVTT (W3C), checked line by line.
//!
//! What is checked is what makes captions usable: text in UTF-8, a header, and cues whose times are times, end
//! after they begin, and begin in order. Comments (`NOTE`) are left out, since they are the makers' and not the
//! viewers'. Style sheets within (`STYLE`) are kept only if they fetch nothing.

use super::Refusal;

/// The longest text that is taken in: an hour of speech is some 100 KB.
const MOST_BYTES: u64 = 4_000_000;

/// The captions without comments, with lines that end in line feeds.
pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MOST_BYTES {
        return Err(Refusal::TooLarge { bytes: size, most: MOST_BYTES });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let lines = before.split(|byte| *byte == b'\n').count();
        bad(lines.saturating_sub(1), "text that is not UTF-8")
    })?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    if let Some(at) = text.find('\0') {
        return Err(bad(
            text.get(..at).unwrap_or_default().matches('\n').count(),
            "a NUL character",
        ));
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = vec!["WEBVTT".to_owned()];
    // What follows the header on its line is a comment; lines below it, up to an empty one, were never
    // specified.
    let mut at = lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len());
    if at > 1 {
        return Err(bad(1, "a header that goes on"));
    }
    let mut last = 0;
    let mut has_cues = false;
    while at < lines.len() {
        let block: Vec<&str> =
            lines.iter().skip(at).take_while(|line| !line.is_empty()).copied().collect();
        if let Some(first) = block.first() {
            match named(first) {
                Some("NOTE") => {}
                Some(_) if has_cues => return Err(bad(at, "a style or region after a cue")),
                Some(_) => blocks.push(styled(&block, at)?),
                None => {
                    last = cue(&block, at, last)?;
                    has_cues = true;
                    blocks.push(block.join("\n"));
                }
            }
        }
        at += block.len() + 1;
    }
    if !has_cues {
        return Err(bad(0, "captions without a cue"));
    }
    Ok((blocks.join("\n\n") + "\n").into_bytes())
}

fn bad(lines_before: usize, part: &'static str) -> Refusal {
    let line = u64::try_from(lines_before).unwrap_or(u64::MAX).saturating_add(1);
    Refusal::BadCaptions { line, part }
}

/// The kind of block that a line opens, if it is no cue.
fn named(line: &str) -> Option<&'static str> {
    let is = |name: &str| {
        line.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    ["NOTE", "STYLE", "REGION"].into_iter().find(|name| is(name))
}

/// A style sheet or a region, if it fetches nothing.
fn styled(block: &[&str], at: usize) -> Result<String, Refusal> {
    let lowered = block.join("\n").to_ascii_lowercase();
    // An escape may spell what is looked for; none is needed for colours and sizes.
    if ["url(", "@import", "\\", "image-set(", "src("].iter().any(|fetch| lowered.contains(fetch)) {
        return Err(bad(at, "a style that fetches something"));
    }
    Ok(block.join("\n"))
}

/// Checks a cue that begins no earlier than `last`; gives when it begins.
fn cue(block: &[&str], at: usize, last: u64) -> Result<u64, Refusal> {
    let has_times = |line: &&&str| line.contains("-->");
    let place = block
        .iter()
        .take(2)
        .position(|line| has_times(&line))
        .ok_or_else(|| bad(at, "a cue without times"))?;
    let at = at + place;
    let (begin, rest) = block
        .get(place)
        .and_then(|line| line.split_once("-->"))
        .ok_or_else(|| bad(at, "a cue without times"))?;
    let end = rest.split_ascii_whitespace().next().unwrap_or_default();
    let (Some(begin), Some(end)) = (millis(begin.trim()), millis(end)) else {
        return Err(bad(at, "a time that is none"));
    };
    if end <= begin {
        return Err(bad(at, "a cue that ends before it begins"));
    }
    if begin < last {
        return Err(bad(at, "a cue that begins before the one above it"));
    }
    if block.iter().skip(place + 1).any(|line| has_times(&line)) {
        return Err(bad(at + 1, "times within a cue's text"));
    }
    Ok(begin)
}

/// `[hours:]minutes:seconds.milliseconds`, as milliseconds.
fn millis(text: &str) -> Option<u64> {
    let (clock, millis) = text.split_once('.')?;
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        let is_one = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| is_one)
    };
    let mut steps = clock.rsplit(':');
    let seconds = number(steps.next()?, 2..=2).filter(|seconds| *seconds < 60)?;
    let minutes = number(steps.next()?, 2..=2).filter(|minutes| *minutes < 60)?;
    let hours = match steps.next() {
        Some(hours) => number(hours, 2..=6)?,
        None => 0,
    };
    if steps.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + number(millis, 3..=3)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> Result<String, Refusal> {
        clean(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn captions_are_kept_without_comments() {
        let text = "\u{feff}WEBVTT made by Jo on her laptop\r\n\r\nNOTE by Jo\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n\
            1\r\n00:01.000 --> 00:02.500 line:0\r\nHello\r\n\r\n00:00:02.500 --> 00:00:03.000\r\nthere";
        assert_eq!(
            cleaned(text).unwrap(),
            "WEBVTT\n\nSTYLE\n::cue { color: red }\n\n1\n00:01.000 --> 00:02.500 line:0\nHello\n\n\
             00:00:02.500 --> 00:00:03.000\nthere\n"
        );
        let again = cleaned(text).unwrap();
        assert_eq!(cleaned(&again).unwrap(), again);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let cases = [
            ("WEBVTT\n\n", 1),
            ("WEBVTT\n\n00:02.000 --> 00:01.000\na", 3),
            ("WEBVTT\n\n00:02.000 --> 00:03.000\na\n\n00:01.000 --> 00:04.000\nb", 6),
            ("WEBVTT\n\n1\n00:61.000 --> 00:99.000\na", 4),
            ("WEBVTT\n\nhello", 3),
            ("WEBVTT\n\n00:01.000 --> 00:02.000\na --> b", 4),
            (
                "WEBVTT\n\nSTYLE\n::cue { background: url(https://a.example) }\n\n00:01.000 --> 00:02.000\na",
                3,
            ),
            ("WEBVTT\n\n00:01.000 --> 00:02.000\n\0", 4),
            ("WEBVTT\nKind: captions\n\n00:01.000 --> 00:02.000\na", 2),
        ];
        for (text, line) in cases {
            let refused = cleaned(text);
            assert!(
                matches!(refused, Err(Refusal::BadCaptions { line: found, .. }) if found == line),
                "{text:?}: {refused:?}"
            );
        }
        assert!(matches!(clean(b"WEBVTT\n\n\xff"), Err(Refusal::BadCaptions { line: 3, .. })));
    }
}
