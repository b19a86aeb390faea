//! Reads lines one by one, with their numbers, in bounded memory.

use std::io::{self, BufRead, Read as _};

use super::line::LINE_LIMIT;
use crate::violation::Violation;

/// The lines of a source; blank ones are passed over. A line that is too long or no UTF-8 comes as what
/// is wrong with it.
pub(super) struct Numbered {
    reader: Box<dyn BufRead + Send>,
    number: u64,
}

impl Numbered {
    pub(super) fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, number: 0 }
    }

    fn read(&mut self) -> io::Result<Option<Result<String, Vec<Violation>>>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LINE_LIMIT).unwrap_or(u64::MAX);
        if (&mut self.reader).take(limit + 1).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.len() > LINE_LIMIT && !bytes.ends_with(b"\n") {
            self.skip()?;
            return Ok(Some(Err(vec![
                Violation::new("", "line_too_long").with("limit", LINE_LIMIT),
            ])));
        }
        let text = String::from_utf8(bytes).map_err(|_| vec![Violation::new("", "not_utf8")]);
        // A byte order mark is no part of the text.
        Ok(Some(text.map(|text| text.trim_start_matches('\u{feff}').to_owned())))
    }

    /// Reads on to the end of a line without keeping it.
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.reader.fill_buf()?;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(bytes.len(), |end| end + 1);
            self.reader.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

impl Iterator for Numbered {
    type Item = io::Result<(u64, Result<String, Vec<Violation>>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read() {
                Ok(Some(Ok(text))) if text.trim().is_empty() => {}
                Ok(Some(text)) => return Some(Ok((self.number, text))),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers_whatever_stands_between() {
        let long = "x".repeat(LINE_LIMIT + 10);
        let mut source = format!("\u{feff}one\n\n  \n{long}\nfive\n").into_bytes();
        source.extend(b"\xff\xfe\nlast");
        let read: Vec<_> =
            Numbered::new(Box::new(io::Cursor::new(source))).map(Result::unwrap).collect();
        let shown: Vec<_> = read
            .iter()
            .map(|(number, text)| {
                (
                    *number,
                    text.as_ref()
                        .map_or_else(|wrong| wrong[0].code.clone(), |t| t.trim().to_owned()),
                )
            })
            .collect();
        let expected =
            [(1, "one"), (4, "line_too_long"), (5, "five"), (6, "not_utf8"), (7, "last")];
        assert_eq!(shown, expected.map(|(number, text)| (number, text.to_owned())));
    }
}
