//! What is kept of a picture: its pixels, and nothing that tells of who made it, where, or with what.

use super::files::{
    SECRETS, apng, cmyk_jpeg, corners, deep_png, dirty, end_of_colours, gif, plain, waves,
};
use crate::media::{Digest, Kind, Limits, Taken, decode, jpeg, placeholder, take_in};

const RASTER: [Kind; 4] = [Kind::Jpeg, Kind::Png, Kind::Gif, Kind::Webp];

fn taken(bytes: &[u8]) -> Taken {
    take_in(bytes, &Limits::default()).unwrap()
}

#[track_caller]
fn assert_no_secrets(bytes: &[u8]) {
    for secret in SECRETS {
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{} stayed", secret.escape_ascii());
    }
    for name in [&b"Exif"[..], b"eXIf", b"EXIF", b"XMP", b"tEXt", b"Photoshop", b"MPF"] {
        let found = bytes.windows(name.len()).any(|window| window == name);
        assert!(!found, "{} stayed", name.escape_ascii());
    }
}

#[test]
fn a_picture_s_metadata_is_gone_and_its_samples_are_what_they_were() {
    let canvas = waves(61, 43);
    for kind in RASTER {
        let dirty = dirty(&canvas, kind, 1);
        assert!(
            SECRETS
                .iter()
                .any(|secret| dirty.windows(secret.len()).any(|window| window == *secret))
        );
        let taken = taken(&dirty);
        assert_eq!(
            (taken.kind, taken.width, taken.height, taken.frames),
            (kind, Some(61), Some(43), 1)
        );
        assert_no_secrets(&taken.bytes);
        assert!(taken.bytes.len() < dirty.len());
        let limits = Limits::default();
        let before = decode::first(&plain(&canvas, kind), kind, &limits).unwrap();
        assert_eq!(decode::first(&taken.bytes, kind, &limits).unwrap(), before, "{kind}");
        assert_eq!(taken.digest, Digest::of(&taken.bytes));
        assert!(!taken.has_alpha);
    }
}

#[test]
fn what_was_taken_in_is_the_same_when_it_is_taken_in_again() {
    for kind in RASTER {
        let once = taken(&dirty(&waves(40, 30), kind, 1));
        assert_eq!(taken(&once.bytes), once, "{kind}");
    }
}

#[test]
fn a_picture_that_was_stored_turned_is_kept_as_it_is_seen() {
    let canvas = corners(48, 32);
    // The colours of the four corners as they are to be seen, by Exif's orientation: red, green, blue, grey.
    let seen = [
        (1, "rgbx"),
        (2, "grxb"),
        (3, "xbgr"),
        (4, "bxrg"),
        (5, "rbgx"),
        (6, "brxg"),
        (7, "xgbr"),
        (8, "gxrb"),
    ];
    for kind in [Kind::Jpeg, Kind::Png, Kind::Webp] {
        for (orientation, corners) in seen {
            let taken = taken(&dirty(&canvas, kind, orientation));
            let size = if orientation > 4 { (32, 48) } else { (48, 32) };
            assert_eq!(
                (taken.width, taken.height),
                (Some(size.0), Some(size.1)),
                "{kind} {orientation}"
            );
            assert_no_secrets(&taken.bytes);
            assert_eq!(colours_of_corners(&taken), corners, "{kind} {orientation}");
        }
    }
}

fn colours_of_corners(taken: &Taken) -> String {
    let canvas = decode::first(&taken.bytes, taken.kind, &Limits::default()).unwrap();
    let (right, bottom) = (canvas.width - 2, canvas.height - 2);
    let corners = [(1, 1), (right, 1), (1, bottom), (right, bottom)];
    let colour = |(x, y)| {
        let pixel = canvas.part(x, y, 1, 1).samples;
        match [pixel[0] > 160, pixel[1] > 160, pixel[2] > 160] {
            [true, false, false] => 'r',
            [false, true, false] => 'g',
            [false, false, true] => 'b',
            _ => 'x',
        }
    };
    corners.into_iter().map(colour).collect()
}

#[test]
fn animations_keep_their_frames_and_their_repeats() {
    let canvas = waves(20, 16);
    let animated = gif(&canvas, 3);
    assert_eq!(taken(&animated).frames, 3);
    let taken_in = taken(&apng(&canvas, 4));
    assert_eq!((taken_in.frames, taken_in.kind), (4, Kind::Png));
    assert_eq!(taken_in.bytes, apng(&canvas, 4));
    let table = end_of_colours(&animated);
    let repeats = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    let repeated = [&animated[..table], repeats, &animated[table..]].concat();
    assert!(taken(&repeated).bytes.windows(repeats.len()).any(|window| window == repeats));
}

#[test]
fn inks_become_the_colours_of_screens() {
    let taken = taken(&cmyk_jpeg(24, 16));
    let frame = taken
        .bytes
        .windows(2)
        .position(|window| window[0] == 0xff && (0xc0..=0xc2).contains(&window[1]));
    assert_eq!(taken.bytes[frame.unwrap() + 9], 3, "three components");
    assert_eq!((taken.width, taken.frames), (Some(24), 1));
}

#[test]
fn sixteen_bits_are_kept_and_looked_at_in_eight() {
    let bytes = deep_png(9, 7);
    let taken = taken(&bytes);
    assert_eq!(taken.bytes, bytes);
    assert_eq!(taken.dominant_colour.as_deref(), Some("#12abff"));
}

#[test]
fn a_screen_s_profile_is_written_anew_without_its_name() {
    let mut profile = moxcms::ColorProfile::new_display_p3();
    profile.description = Some(moxcms::ProfileText::PlainString("SecretMaker 27 inch".to_owned()));
    let profile = profile.encode().unwrap();
    let mut written = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut written, 90);
    encoder.add_icc_profile(&profile).unwrap();
    let samples = [10, 220, 30].repeat(16 * 16);
    encoder.encode(&samples, 16, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    let taken = taken(&written);
    let stays = |bytes: &[u8]| taken.bytes.windows(bytes.len()).any(|window| window == bytes);
    assert!(stays(b"ICC_PROFILE\0"));
    assert!(!stays(b"SecretMaker") && !stays(b"S\0e\0c\0r\0e\0t"));
    let limits = Limits::default();
    let before = decode::first(&written, Kind::Jpeg, &limits).unwrap();
    assert_eq!(decode::first(&taken.bytes, Kind::Jpeg, &limits).unwrap(), before);
    assert!(before.samples[1] > 222, "greener than sRGB's own: {}", before.samples[1]);
}

#[test]
fn a_placeholder_is_small_and_says_how_the_picture_looks() {
    for (width, height) in [(300, 200), (20, 90), (1, 1), (700, 3)] {
        let taken = taken(&plain(&corners(width, height), Kind::Png));
        let hash = taken.placeholder.unwrap();
        assert!(hash.len() <= 36, "{hash}");
    }
    let small = waves(60, 40);
    let (wide, high) =
        (usize::try_from(small.width).unwrap(), usize::try_from(small.height).unwrap());
    let rgba: Vec<u8> = small
        .samples
        .chunks_exact(3)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
        .collect();
    let ours =
        base64::Engine::decode(&base64::prelude::BASE64_STANDARD, placeholder::of(&small)).unwrap();
    // A term near the middle between two steps goes up or down by the order in which it was summed.
    let theirs = thumbhash::rgba_to_thumb_hash(wide, high, &rgba);
    let nibbles = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect()
    };
    let (ours, theirs) = (nibbles(&ours), nibbles(&theirs));
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| ours.abs_diff(*theirs) <= 1));
}

#[test]
fn a_jpeg_without_a_header_of_its_own_gets_none() {
    let plain = plain(&waves(16, 16), Kind::Jpeg);
    let stripped = jpeg::strip(&plain, &Limits::default()).unwrap();
    assert_eq!((stripped.orientation, stripped.to_convert), (1, false));
}
