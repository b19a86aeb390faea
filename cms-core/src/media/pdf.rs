//! PDF documents: kept as they came, after a look at their shape and at what they would do.
//!
//! This is no PDF reader. It finds actions that stand in plain sight; one inside of a compressed object stream
//! or of an encrypted document isn't found, and metadata in a document stay. So a document is never opened
//! within the site's own pages: it is sent to be saved ([`Kind::is_shown_inline`](super::Kind::is_shown_inline)).

use super::Refusal;

/// How far from the end its last mark may stand.
const TAIL: usize = 1_024;

/// What a document must not do: names of actions and of what they hang on (ISO 32000-2, 12.6 and 7.11.4).
const ACTIVE: &[&str] = &[
    "JavaScript",
    "JS",
    "Launch",
    "EmbeddedFile",
    "EmbeddedFiles",
    "RichMedia",
    "XFA",
    "SubmitForm",
    "ImportData",
    "GoToE",
    "Movie",
    "Sound",
    "Rendition",
    "Encrypt",
];

/// Checks a document's shape, and that nothing in plain sight acts.
pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let last = rfind(bytes, b"%%EOF").filter(|at| bytes.len() - at <= TAIL);
    let Some(last) = last else {
        return Err(Refusal::Truncated { at: end, part: "PDF document" });
    };
    let after = bytes.get(last + 5..).unwrap_or_default();
    if !after.iter().all(u8::is_ascii_whitespace) {
        let at = u64::try_from(last + 5).unwrap_or(u64::MAX);
        return Err(Refusal::Damaged { at, part: "something after the document's end" });
    }
    let body = bytes.get(..last).unwrap_or_default();
    let tail = body.get(body.len().saturating_sub(TAIL)..).unwrap_or_default();
    if rfind(tail, b"startxref").is_none() {
        return Err(Refusal::Damaged { at: end, part: "a document without a cross-reference" });
    }
    match active(body) {
        Some((at, name)) => {
            let at = u64::try_from(at).unwrap_or(u64::MAX);
            Err(Refusal::Active { at, what: format!("/{name}") })
        }
        None => Ok(()),
    }
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

/// The first name that must not be there.
fn active(body: &[u8]) -> Option<(usize, String)> {
    let mut at = 0;
    while let Some(found) = body.get(at..)?.iter().position(|byte| *byte == b'/') {
        let start = at + found + 1;
        let (name, length) = name(body.get(start..)?);
        if ACTIVE.contains(&name.as_str()) {
            return Some((start - 1, name));
        }
        at = start + length;
    }
    None
}

/// The name that begins here, with its escapes (`#4a` is `J`) read, and how many bytes it took. No name that
/// is looked for is longer than this reads.
fn name(bytes: &[u8]) -> (String, usize) {
    let is_regular = |byte: &&u8| byte.is_ascii_graphic() && !b"()<>[]{}/%".contains(byte);
    let length = bytes.iter().take(60).take_while(is_regular).count();
    let mut name = String::new();
    let mut rest = bytes.get(..length).unwrap_or_default();
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'#').then(|| after.first_chunk::<2>()).flatten();
        let value = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        name.push(char::from(value.unwrap_or(*first)));
        rest = if value.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    (name, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(object: &str) -> Vec<u8> {
        format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog {object} >>\nendobj\nxref\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n")
            .into_bytes()
    }

    #[test]
    fn a_plain_document_is_taken_and_one_that_acts_is_not() {
        assert_eq!(check(&document("/JSON (a) /JSX 1")), Ok(()));
        for object in [
            "/OpenAction << /S /JavaScript >>",
            "/#4aavaScript 1",
            "/J#53 (a)",
            "/AA<</S/Launch>>",
            "/Names<</EmbeddedFiles 2 0 R>>",
        ] {
            let refused = check(&document(object));
            assert!(matches!(refused, Err(Refusal::Active { .. })), "{object}: {refused:?}");
        }
    }

    #[test]
    fn a_document_that_was_cut_or_has_something_appended_is_refused() {
        let whole = document("");
        for end in 0..whole.len() - 1 {
            assert!(check(whole.get(..end).unwrap()).is_err(), "{end}");
        }
        let appended = [whole.as_slice(), b"PK\x03\x04"].concat();
        assert!(matches!(check(&appended), Err(Refusal::Damaged { .. })));
    }
}
