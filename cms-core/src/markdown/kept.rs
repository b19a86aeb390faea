//! Renderings that will be wanted again soon: an act is decided on one, and a moment later its form is made of it.

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest as _, Sha256};

use super::{Rendered, render};
use crate::{embed::Piece, locale::Locale};

/// How much memory they may take, in bytes: an append of an import has some 120 texts.
const CAPACITY: u64 = 4 << 20;
/// How large one is on average, about.
const TYPICAL: u64 = 16 << 10;
/// What one takes beside its texts.
const FRAME: usize = 400;

/// The digest of a source, and the locale of its readers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Of([u8; 32], Locale);

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Of, Arc<Rendered>> for Weight {
    fn weight(&self, _: &Of, rendered: &Arc<Rendered>) -> u64 {
        let texts = |pieces: &[Piece]| -> usize {
            pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.len(),
                    Piece::Embed { .. } => FRAME,
                })
                .sum()
        };
        let all = texts(&rendered.html) + texts(&rendered.markdown) + rendered.text.len() + FRAME;
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

static KEPT: LazyLock<Cache<Of, Arc<Rendered>, Weight>> = LazyLock::new(|| {
    Cache::with_weighter(usize::try_from(CAPACITY / TYPICAL).unwrap_or(256), CAPACITY, Weight)
});

/// What [`render`] makes of a source, from a moment ago where it was made then.
pub fn rendered(source: &str, locale: &Locale) -> Arc<Rendered> {
    let of = Of(Sha256::digest(source).into(), locale.clone());
    let Ok(rendered) =
        KEPT.get_or_insert_with(&of, || Ok::<_, Infallible>(Arc::new(render(source, locale))));
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_would_be_made_and_of_its_locale() {
        let (english, turkish) = (Locale::english(), Locale::parse("tr").unwrap());
        let source = "# IĞDIR\n\nCall {{route:kept-test}} now";
        let first = rendered(source, &english);
        assert_eq!(*first, render(source, &english));
        assert!(Arc::ptr_eq(&first, &rendered(source, &english)));
        assert_eq!(*rendered(source, &turkish), render(source, &turkish));
        assert_ne!(rendered(source, &turkish).headings, first.headings);
    }
}
