//! What isn't taken in, and why.

use std::time::Duration;

use super::files::{apng, corners, deep_png, dirty, gif, huge_png, plain, waves};
use crate::media::{Kind, Limits, Refusal, take_in};

fn refused(bytes: &[u8], limits: &Limits) -> &'static str {
    take_in(bytes, limits).map_or_else(|refusal| refusal.code(), |taken| taken.kind.extension())
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let limits = Limits::default();
    for kind in [Kind::Jpeg, Kind::Png, Kind::Gif, Kind::Webp, Kind::Avif] {
        let whole = plain(&corners(24, 16), kind);
        assert_eq!(refused(&whole, &limits), kind.extension());
        for end in 0..whole.len() {
            let cut = take_in(whole.get(..end).unwrap(), &limits);
            let code = cut.as_ref().map_err(Refusal::code).err();
            assert!(
                code.is_some_and(|code| [
                    "empty_file",
                    "unknown_file_type",
                    "file_truncated",
                    "file_damaged"
                ]
                .contains(&code)),
                "{kind} cut at {end}: {cut:?}"
            );
        }
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_anything_is_decoded() {
    let limits = Limits::default();
    assert_eq!(refused(&huge_png(50_000, 50_000), &limits), "picture_too_long");
    assert_eq!(refused(&huge_png(16_000, 16_000), &limits), "too_many_pixels");
    assert_eq!(refused(&huge_png(0, 9), &limits), "file_damaged");
    let mut jpeg = plain(&corners(16, 16), Kind::Jpeg);
    let frame =
        jpeg.windows(2).position(|window| window == b"\xff\xc2" || window == b"\xff\xc0").unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xc3, 0x50, 0xc3, 0x50]);
    assert_eq!(refused(&jpeg, &limits), "picture_too_long");
    let mut gif = gif(&corners(16, 16), 1);
    gif[6..10].copy_from_slice(&[0x50, 0xc3, 0x50, 0xc3]);
    assert_eq!(refused(&gif, &limits), "picture_too_long");
    let mut webp = dirty(&corners(16, 16), Kind::Webp, 1);
    webp[24..30].copy_from_slice(&[0x4f, 0xc3, 0, 0x4f, 0xc3, 0]);
    assert_eq!(refused(&webp, &limits), "picture_too_long");
}

#[test]
fn each_limit_has_its_refusal() {
    let png = plain(&corners(40, 30), Kind::Png);
    let limits = Limits::default();
    assert_eq!(refused(b"", &limits), "empty_file");
    assert_eq!(refused(&png, &Limits { bytes: 10, ..limits }), "file_too_large");
    assert_eq!(refused(&png, &Limits { memory: 1_000, ..limits }), "too_much_memory");
    assert_eq!(refused(&png, &Limits { time: Duration::ZERO, ..limits }), "decoding_too_slow");
    assert_eq!(
        refused(&gif(&corners(8, 8), 9), &Limits { frames: 8, ..limits }),
        "too_many_frames"
    );
    assert_eq!(
        refused(&apng(&corners(8, 8), 9), &Limits { frames: 8, ..limits }),
        "too_many_frames"
    );
    let few = Limits { pixels: 100, ..limits };
    assert_eq!(refused(&gif(&corners(8, 8), 9), &few), "too_many_frames");
}

#[test]
fn what_a_name_says_does_not_matter_and_what_else_a_file_may_be_is_gone() {
    let limits = Limits::default();
    let zip = b"PK\x03\x04\x14\0\0\0".repeat(9);
    assert_eq!(refused(&zip, &limits), "unknown_file_type");
    assert_eq!(refused(b"<!doctype html><svg/>", &limits), "unknown_file_type");
    assert_eq!(refused(b"#!/bin/sh\nrm -rf /\n", &limits), "unknown_file_type");
    assert_eq!(refused(b"MZ\x90\0", &limits), "unknown_file_type");
    let image = plain(&corners(8, 8), Kind::Gif);
    let both = [image.as_slice(), &zip].concat();
    assert_eq!(take_in(&both, &limits).unwrap().bytes, take_in(&image, &limits).unwrap().bytes);
    // A script in a comment, for pages that would read a picture as one.
    let script = [&image[..6], b"/*\0\0\0", &image[11..], b"*/=1;alert(1)"].concat();
    assert!(take_in(&script, &limits).is_err());
}

#[test]
fn a_changed_checksum_and_a_second_picture_are_damage() {
    let limits = Limits::default();
    let mut png = deep_png(5, 5);
    let at = png.len() - 20;
    png[at] ^= 1;
    assert_eq!(refused(&png, &limits), "file_damaged");
    let webp = plain(&waves(16, 16), Kind::Webp);
    let chunk = &webp[12..];
    let size = u32::try_from(4 + 2 * chunk.len()).unwrap().to_le_bytes();
    let twice = [b"RIFF", &size[..], b"WEBP", chunk, chunk].concat();
    assert_eq!(refused(&twice, &limits), "file_damaged");
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let jpeg = plain(&waves(16, 16), Kind::Jpeg);
    let scan = jpeg.windows(2).position(|window| window == b"\xff\xda").unwrap();
    let scans = jpeg[scan..jpeg.len() - 2].repeat(40);
    let bomb = [&jpeg[..scan], &scans, b"\xff\xd9"].concat();
    assert_eq!(refused(&bomb, &Limits::default()), "unsupported_variety");
}

#[test]
fn each_refusal_has_a_code_of_the_list_and_its_facts() {
    let refusals = [
        Refusal::Empty,
        Refusal::TooLarge { bytes: 2, most: 1 },
        Refusal::UnknownType,
        Refusal::TooManyPixels { width: 1, height: 1, most: 0 },
        Refusal::TooLong { side: 2, most: 1 },
        Refusal::TooManyFrames { frames: 2, most: 1 },
        Refusal::TooMuchMemory { needs: 2, most: 1 },
        Refusal::TooSlow { most: 1 },
        Refusal::Truncated { at: 1, part: "a" },
        Refusal::Damaged { at: 1, part: "a" },
        Refusal::Unsupported { feature: "a" },
        Refusal::Active { at: 1, what: "a".to_owned() },
        Refusal::BadCaptions { line: 1, part: "a" },
        Refusal::NoRenditions { kind: Kind::Pdf },
        Refusal::NotAFormat { kind: Kind::Gif },
    ];
    let codes: Vec<_> = refusals.iter().map(Refusal::code).collect();
    assert_eq!(codes, Refusal::CODES);
    for refusal in &refusals {
        let told = refusal.to_string();
        for (_, value) in refusal.facts() {
            assert!(told.contains(&value), "{told} without {value}");
        }
    }
}
