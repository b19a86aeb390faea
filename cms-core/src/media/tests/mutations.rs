//! Whatever is sent: an answer, never a panic, and what is taken in can be taken in again.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::Index};

use super::files::{apng, corners, dirty, gif, plain};
use crate::media::{Kind, Limits, take_in};

/// Small, so that each case is quick, and within which nothing grows.
fn limits() -> Limits {
    Limits { pixels: 10_000, side: 400, frames: 20, memory: 4 << 20, ..Limits::default() }
}

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let canvas = corners(24, 16);
    let mut seeds: Vec<_> =
        [Kind::Jpeg, Kind::Png, Kind::Gif, Kind::Webp].map(|kind| dirty(&canvas, kind, 6)).into();
    seeds.push(plain(&canvas, Kind::Avif));
    seeds.push(gif(&canvas, 3));
    seeds.push(apng(&canvas, 3));
    seeds.push(
        b"<svg viewBox=\"0 0 1 1\"><style>a{fill:url(#a)}</style><path d=\"M0 0\"/></svg>".to_vec(),
    );
    seeds.push(b"%PDF-1.7\n1 0 obj<</A/B>>endobj\nstartxref\n9\n%%EOF\n".to_vec());
    seeds.push(b"WEBVTT\n\nSTYLE\na{}\n\n1\n00:01.000 --> 00:02.000\na\n".to_vec());
    seeds
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_file_is_taken_or_refused(
        seed in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut bytes = seed.get(&SEEDS).clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(taken) = take_in(&bytes, &limits()) {
            let again = take_in(&taken.bytes, &limits());
            prop_assert_eq!(again.map(|again| again.kind), Ok(taken.kind));
        }
    }

    #[test]
    fn noise_is_refused(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(take_in(&bytes, &limits()).is_err());
    }
}
