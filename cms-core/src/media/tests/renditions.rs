//! What renditions look like.

use std::time::Duration;

use super::files::{corners, dirty, gif, plain, waves};
use crate::media::{Kind, Limits, Refusal, Rendition, canvas::Canvas, decode, render, ssim};

/// Without a clock: a busy machine is no refusal.
fn limits() -> Limits {
    Limits { time: Duration::MAX, ..Limits::default() }
}

fn rendered(bytes: &[u8], text: &str) -> Canvas {
    let rendition: Rendition = text.parse().unwrap();
    let made = render(bytes, &rendition, &limits()).unwrap();
    assert_eq!(Kind::sniff(&made), Some(rendition.format), "{text}");
    decode::first(&made, rendition.format, &limits()).unwrap()
}

#[test]
fn a_rendition_has_the_size_that_was_asked_for_and_never_more_pixels_than_there_are() {
    let picture = plain(&waves(120, 80), Kind::Png);
    for (text, size) in [
        ("60.png", (60, 40)),
        ("60.jpg", (60, 40)),
        ("60.webp", (60, 40)),
        ("60.avif", (60, 40)),
        ("640.png", (120, 80)),
        ("60x60-cover.png", (60, 60)),
        ("60x60-contain.png", (60, 40)),
        ("160x160-cover.png", (80, 80)),
        ("160x90-cover.png", (120, 68)),
        ("60-c0.0.500.1000.png", (60, 80)),
        ("30x30-cover-c500.0.500.1000.png", (30, 30)),
    ] {
        let made = rendered(&picture, text);
        assert_eq!((made.width, made.height), size, "{text}");
    }
}

#[test]
fn the_focal_point_stays_in_view_and_the_crop_is_what_is_seen() {
    let picture = plain(&corners(120, 40), Kind::Png);
    let colour = |text: &str| {
        let made = rendered(&picture, text);
        made.part(made.width / 2, 1, 1, 1).samples
    };
    assert_eq!(colour("20x20-cover-f0.0.png"), [230, 20, 20]);
    assert_eq!(colour("20x20-cover-f1000.0.png"), [20, 200, 20]);
    assert_eq!(colour("20-c500.0.500.500.png"), [20, 200, 20]);
    assert_eq!(colour("20-c0.500.500.500.png"), [20, 20, 220]);
    assert_eq!(colour("20-c500.500.500.500.png"), [128, 128, 128]);
}

#[test]
fn every_type_of_picture_becomes_every_format() {
    let canvas = waves(90, 60);
    for from in [Kind::Jpeg, Kind::Png, Kind::Gif, Kind::Webp, Kind::Avif] {
        let picture = plain(&canvas, from);
        for to in ["jpg", "png", "webp", "avif"] {
            let made = rendered(&picture, &format!("90.{to}"));
            let alike = ssim::similarity(&canvas.luma(), &made.luma(), canvas.width);
            // A GIF has 256 colours, and is noise to begin with.
            let least = if from == Kind::Gif { 0.75 } else { 0.9 };
            assert!(alike > least, "{from} to {to}: {alike}");
        }
    }
}

#[test]
fn what_is_transparent_stays_so_where_the_format_can_and_is_white_where_it_cannot() {
    let mut canvas = Canvas { width: 64, height: 64, has_alpha: true, samples: Vec::new() };
    canvas.samples =
        [[0, 0, 0, 0], [255, 0, 0, 255]].map(|pixel| pixel.repeat(32)).concat().repeat(64);
    let picture = plain(&canvas, Kind::Png);
    for format in ["png", "webp", "avif"] {
        let made = rendered(&picture, &format!("64.{format}"));
        assert!(made.has_alpha, "{format}");
        let (left, right) = (made.part(4, 30, 1, 1).samples, made.part(60, 30, 1, 1).samples);
        assert!(left[3] < 8 && right[3] > 247 && right[0] > 240, "{format}: {left:?} {right:?}");
    }
    let made = rendered(&picture, "64.jpg");
    assert!(made.part(4, 30, 1, 1).samples.iter().all(|sample| *sample > 250));
}

#[test]
fn a_rendition_is_turned_and_holds_nothing_but_pixels() {
    let picture = dirty(&corners(48, 32), Kind::Jpeg, 6);
    let made = rendered(&picture, "32.png");
    assert_eq!((made.width, made.height), (32, 48));
    let corner = made.part(1, 1, 1, 1).samples;
    assert!(corner[2] > 160 && corner[0] < 90, "blue comes first: {corner:?}");
}

#[test]
fn the_first_frame_stands_for_an_animation() {
    assert_eq!(rendered(&gif(&waves(30, 20), 5), "30.webp").width, 30);
}

#[test]
fn a_plainer_picture_takes_fewer_bytes_at_the_same_likeness() {
    let limits = limits();
    let size = |canvas: &Canvas, text: &str| {
        render(&plain(canvas, Kind::Png), &text.parse().unwrap(), &limits).unwrap().len()
    };
    // Coding AVIF without optimisation is slow: a smaller picture does.
    for (format, width, height) in
        [("160.jpg", 160, 120), ("160.webp", 160, 120), ("160.avif", 64, 48)]
    {
        let (plain, rich) =
            (size(&corners(width, height), format), size(&waves(width, height), format));
        assert!(plain * 2 < rich, "{format}: {plain} {rich}");
    }
}

#[test]
fn what_has_no_pixels_and_what_is_no_format_is_refused() {
    let limits = limits();
    let refused =
        |bytes: &[u8], rendition: Rendition| render(bytes, &rendition, &limits).unwrap_err();
    let captions = b"WEBVTT\n\n00:01.000 --> 00:02.000\na";
    let webp = Rendition::wide(160, Kind::Webp);
    assert_eq!(refused(captions, webp), Refusal::NoRenditions { kind: Kind::WebVtt });
    assert_eq!(refused(b"<svg/>", webp), Refusal::NoRenditions { kind: Kind::Svg });
    assert_eq!(refused(b"hello", webp), Refusal::UnknownType);
    let gif = Rendition::wide(160, Kind::Gif);
    assert_eq!(refused(captions, gif), Refusal::NotAFormat { kind: Kind::Gif });
}
