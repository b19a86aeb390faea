//! Cursors: places, as text that readers keep and give back, and need not understand.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cms_core::{
    event::Part,
    id::EntryId,
    locale::Locale,
    queries::changes::{Place, Within},
    store::{Cursor, Epoch},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The text is no cursor, or one of another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCursor;

/// How many bytes of its digest a cursor carries.
const CHECK: usize = 6;

/// Seals a place: a check of it and of the question that it belongs to, then the place.
fn seal(question: &str, place: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(place).unwrap_or_default();
    let mut sealed = check(question, &bytes).to_vec();
    sealed.extend(bytes);
    URL_SAFE_NO_PAD.encode(sealed)
}

fn open<T: for<'de> Deserialize<'de>>(question: &str, text: &str) -> Result<T, BadCursor> {
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
    let (found, bytes) = sealed.split_at_checked(CHECK).ok_or(BadCursor)?;
    if found != check(question, bytes) {
        return Err(BadCursor);
    }
    serde_json::from_slice(bytes).map_err(|_| BadCursor)
}

fn check(question: &str, bytes: &[u8]) -> [u8; CHECK] {
    let digest =
        Sha256::new().chain_update(question).chain_update([0]).chain_update(bytes).finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

/// A place in the changes, on the wire: short names, since it is in every event of a stream.
#[derive(Serialize, Deserialize)]
struct Wire {
    e: u64,
    n: u64,
    c: [u8; 8],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    w: Option<(EntryId, EntryId, Option<Locale>)>,
}

const CHANGES: &str = "changes";

/// A place in the changes.
pub fn of_changes(place: &Place) -> String {
    let within = place.within.as_ref().map(|within| {
        let locale = match &within.part {
            Part::Shared => None,
            Part::Locale(locale) => Some(locale.clone()),
        };
        (within.source, within.user, locale)
    });
    let Cursor { epoch: Epoch(e), number: n, nonce: c } = place.cursor;
    seal(CHANGES, &Wire { e, n, c, w: within })
}

/// Reads a place in the changes.
///
/// # Errors
/// [`BadCursor`] for what is no cursor.
pub fn to_changes(text: &str) -> Result<Place, BadCursor> {
    let Wire { e, n, c, w } = open(CHANGES, text)?;
    let within = w.map(|(source, user, locale)| Within {
        source,
        user,
        part: locale.map_or(Part::Shared, Part::Locale),
    });
    Ok(Place { cursor: Cursor { epoch: Epoch(e), number: n, nonce: c }, within })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let id = EntryId::from_bytes([7; 16]);
        Place {
            cursor: Cursor { epoch: Epoch(3), number: 99, nonce: [1; 8] },
            within: Some(Within {
                source: id,
                user: id,
                part: Part::Locale(Locale::parse("fr").unwrap()),
            }),
        }
    }

    #[test]
    fn a_cursor_reads_back() {
        assert_eq!(to_changes(&of_changes(&place())), Ok(place()));
    }

    #[test]
    fn a_cursor_with_a_changed_letter_is_refused() {
        let text = of_changes(&place());
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last letter has bits that say nothing.
            assert!(
                to_changes(&changed).is_err() || to_changes(&changed) == Ok(place()),
                "{index}"
            );
        }
        for text in ["", "a", "????", "AAAA", &"A".repeat(10_000)] {
            assert_eq!(to_changes(text), Err(BadCursor));
        }
    }
}
