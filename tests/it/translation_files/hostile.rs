//! Files that are very large, or made to do harm: read in bounded memory, or refused with line and reason.

use std::io::{self, BufRead, BufReader, Read};

use cms_core::{
    exchange::{Fault, Found, po, tmx, xliff},
    locale::Locale,
};

/// The same text over and over between a beginning and an end, without ever being in memory as a whole.
struct Repeated {
    pieces: Box<dyn Iterator<Item = Vec<u8>> + Send>,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Repeated {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.rest.read(into)?;
            if read > 0 {
                return Ok(read);
            }
            match self.pieces.next() {
                Some(piece) => self.rest = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

fn repeated(
    begin: String,
    piece: impl Fn(u64) -> String + Send + 'static,
    times: u64,
    end: &str,
) -> impl BufRead {
    let pieces = std::iter::once(begin.into_bytes())
        .chain((0..times).map(move |at| piece(at).into_bytes()))
        .chain([end.as_bytes().to_vec()]);
    BufReader::new(Repeated { pieces: Box::new(pieces), rest: io::Cursor::default() })
}

fn head() -> String {
    "<xliff xmlns=\"urn:oasis:names:tc:xliff:document:2.0\" version=\"2.1\" srcLang=\"en\" trgLang=\"fr\"><file id=\"f\">\n".to_owned()
}

#[test]
fn a_file_of_many_segments_is_read_one_by_one() {
    let words = "a".repeat(1_000);
    let unit = move |at| {
        format!(
            "<unit id=\"u{at}\"><segment><source>{words}</source><target>b</target></segment></unit>\n"
        )
    };
    let mut found = 0_u64;
    let file = repeated(head(), unit, 10_000, "</file></xliff>");
    xliff::read(file, &mut |one| {
        found += u64::from(matches!(one, Found::Unit(_)));
        Ok(())
    })
    .unwrap();
    assert_eq!(found, 10_000);
}

#[test]
fn a_memory_of_many_rows_is_read_row_by_row() {
    let (en, fr) = (Locale::parse("en").unwrap(), Locale::parse("fr").unwrap());
    let unit = |at| {
        format!(
            "<tu><tuv xml:lang=\"en\"><seg>Row {at}</seg></tuv><tuv xml:lang=\"fr\"><seg>Ligne {at}</seg></tuv></tu>"
        )
    };
    let begin = "<tmx version=\"1.4\"><header/><body>".to_owned();
    let file = repeated(begin, unit, 50_000, "</body></tmx>");
    let mut last = String::new();
    let counts = tmx::read(file, (&en, &fr), &mut |pair| {
        last = pair.target;
        Ok(())
    })
    .unwrap();
    assert_eq!((counts.pairs, last.as_str()), (50_000, "Ligne 49999"));
}

fn refused(file: impl BufRead) -> (u64, String) {
    let fault: Fault = xliff::read(file, &mut |_| Ok(())).unwrap_err();
    (fault.line, fault.violation.code)
}

#[test]
fn what_never_ends_is_refused_where_it_grows_too_large() {
    let open = |rest: &str| format!("{}<unit id=\"u\"><segment><source>{rest}", head());
    let long = |begin: &str, piece: &'static str| {
        repeated(open(begin), move |_| piece.repeat(1_024), 1 << 20, "")
    };
    assert_eq!(refused(long("", "a")), (2, "too_large_inside".to_owned()));
    assert_eq!(refused(long("<ph id=\"", "a")), (2, "too_large_inside".to_owned()));
    assert_eq!(refused(long("<!--", "a")), (2, "too_large_inside".to_owned()));
    assert_eq!(refused(long("<pc id=\"1\"", " a=\"b\"")).1, "too_large_inside");
    assert_eq!(refused(long("", "<pc id=\"1\">")), (2, "too_large_inside".to_owned()));
    let po = repeated("msgid \"".to_owned(), |_| "a".repeat(1_024), 1 << 20, "");
    let fault = po::read(po, &mut |_| Ok(())).unwrap_err();
    assert_eq!((fault.line, fault.violation.code.as_str()), (1, "too_large_inside"));
}

#[test]
fn entities_are_never_looked_up_or_grown() {
    let bombs = [
        "<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><xliff>&b;</xliff>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xliff>&a;</xliff>",
        "<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\"><xliff/>",
        "<!DOCTYPE x [<!ENTITY % a SYSTEM \"http://127.0.0.1:9/\"> %a;]><xliff/>",
    ];
    for bomb in bombs {
        assert_eq!(refused(bomb.as_bytes()), (1, "file_declares".to_owned()), "{bomb}");
    }
}
