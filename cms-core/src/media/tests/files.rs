//! Pictures of every type, with everything in them that must not stay.

use image::{
    Delay, ExtendedColorType, Frame, ImageEncoder as _, RgbaImage,
    codecs::{gif::GifEncoder, png::PngEncoder},
};

use crate::media::{Kind, canvas::Canvas, encode, exif::tests::data as exif, png::chunk};

/// What stands in metadata, and must be in no file that is kept.
pub(super) const SECRETS: [&[u8]; 6] = [
    b"SecretCamera-01",
    b"GPS-51.5007",
    b"SecretText",
    b"SecretXmp",
    b"SecretTail",
    b"SecretMaker",
];

/// A picture that has another colour in each corner, so that turning it shows: red, green, blue, grey.
pub(super) fn corners(width: u32, height: u32) -> Canvas {
    let mut samples = Vec::new();
    for y in 0..height {
        for x in 0..width {
            samples.extend(match (x * 2 < width, y * 2 < height) {
                (true, true) => [230, 20, 20],
                (false, true) => [20, 200, 20],
                (true, false) => [20, 20, 220],
                (false, false) => [128, 128, 128],
            });
        }
    }
    Canvas { width, height, has_alpha: false, samples }
}

/// A picture with much to code: waves, with noise on them.
pub(super) fn waves(width: u32, height: u32) -> Canvas {
    let mut samples = Vec::new();
    let mut noise = 1_u32;
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = |step: u32| ((x * step + y * (step + 2)) / 4 % 200).abs_diff(100) * 2;
            let sample = |wave: u32| u8::try_from(wave + 20 + (noise >> 28)).unwrap();
            samples.extend([sample(wave(1)), sample(wave(2)), sample(wave(3))]);
        }
    }
    Canvas { width, height, has_alpha: false, samples }
}

pub(super) fn plain(canvas: &Canvas, kind: Kind) -> Vec<u8> {
    if kind == Kind::Gif { gif(canvas, 1) } else { encode::original(canvas, kind).unwrap() }
}

pub(super) fn gif(canvas: &Canvas, frames: usize) -> Vec<u8> {
    let mut written = Vec::new();
    let mut encoder = GifEncoder::new(&mut written);
    let rgba = canvas
        .samples
        .chunks_exact(3)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
        .collect();
    let image = RgbaImage::from_raw(canvas.width, canvas.height, rgba).unwrap();
    for _ in 0..frames {
        let delay = Delay::from_numer_denom_ms(100, 1);
        encoder.encode_frame(Frame::from_parts(image.clone(), 0, 0, delay)).unwrap();
    }
    drop(encoder);
    written
}

/// The same picture with metadata of every sort, to be turned as Exif's `orientation` says.
pub(super) fn dirty(canvas: &Canvas, kind: Kind, orientation: u16) -> Vec<u8> {
    let clean = plain(canvas, kind);
    match kind {
        Kind::Jpeg => dirty_jpeg(&clean, orientation),
        Kind::Png => dirty_png(&clean, orientation),
        Kind::Gif => dirty_gif(&clean),
        Kind::Webp => dirty_webp(&clean, canvas, orientation),
        Kind::Avif | Kind::Svg | Kind::Pdf | Kind::WebVtt => unreachable!(),
    }
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &size[..], payload].concat()
}

fn dirty_jpeg(clean: &[u8], orientation: u16) -> Vec<u8> {
    let thumbnail = plain(&corners(8, 8), Kind::Jpeg);
    [
        &clean[..2],
        &segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        &segment(
            0xe1,
            &[b"Exif\0\0", exif(orientation, orientation.is_multiple_of(2)).as_slice(), &thumbnail]
                .concat(),
        ),
        &segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>SecretXmp</x>"),
        &segment(0xed, b"Photoshop 3.0\08BIM SecretText"),
        &segment(0xe2, b"MPF\0SecretMaker"),
        &segment(0xef, b"SecretMaker"),
        &segment(0xfe, b"SecretText"),
        &clean[2..],
        b"PK\x03\x04SecretTail",
    ]
    .concat()
}

fn dirty_png(clean: &[u8], orientation: u16) -> Vec<u8> {
    let header = 8 + 25;
    [
        &clean[..header],
        &chunk(*b"eXIf", &exif(orientation, true)),
        &chunk(*b"tEXt", b"Author\0SecretText"),
        &chunk(*b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x>SecretXmp</x>"),
        &chunk(*b"tIME", b"\x07\xea\x0b\x1e\x17\x00\x00"),
        &chunk(*b"prVt", b"SecretMaker"),
        &clean[header..],
        b"PK\x03\x04SecretTail",
    ]
    .concat()
}

/// Where a GIF's table of colours ends, and its blocks begin.
pub(super) fn end_of_colours(gif: &[u8]) -> usize {
    13 + if gif[10] & 0x80 == 0 { 0 } else { 3 << ((gif[10] & 7) + 1) }
}

fn dirty_gif(clean: &[u8]) -> Vec<u8> {
    let table = end_of_colours(clean);
    [
        &clean[..table],
        b"!\xfe\x0aSecretText\0",
        b"!\xff\x0bXMP DataXMP\x0f<x>SecretXmp</x\0",
        b"!\xff\x0bSecretMaker\x03\x01\0\0\0",
        &clean[table..],
        b"PK\x03\x04SecretTail",
    ]
    .concat()
}

fn dirty_webp(clean: &[u8], canvas: &Canvas, orientation: u16) -> Vec<u8> {
    let chunk = |name: &[u8; 4], payload: &[u8]| {
        let size = u32::try_from(payload.len()).unwrap().to_le_bytes();
        [&name[..], &size, payload, &vec![0; payload.len() % 2]].concat()
    };
    let [w0, w1, w2, _] = (canvas.width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (canvas.height - 1).to_le_bytes();
    // The plain file's chunk, without its RIFF header, and without an extended header.
    let picture = if &clean[12..16] == b"VP8X" { &clean[30..] } else { &clean[12..] };
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[0x0c, 0, 0, 0, w0, w1, w2, h0, h1, h2]),
        picture.to_vec(),
        chunk(b"EXIF", &exif(orientation, false)),
        chunk(b"XMP ", b"<x>SecretXmp</x>"),
        chunk(b"SECR", b"SecretMaker"),
    ]
    .concat();
    let size = u32::try_from(body.len()).unwrap().to_le_bytes();
    [b"RIFF", &size[..], &body, b"PK\x03\x04SecretTail"].concat()
}

/// A PNG of 16 bits a sample.
pub(super) fn deep_png(width: u32, height: u32) -> Vec<u8> {
    let mut written = Vec::new();
    let pixel = [0x1234_u16, 0xabcd, 0xffff].map(u16::to_ne_bytes).concat();
    let samples = pixel.repeat(usize::try_from(width * height).unwrap());
    PngEncoder::new(&mut written)
        .write_image(&samples, width, height, ExtendedColorType::Rgb16)
        .unwrap();
    written
}

/// A JPEG of inks.
pub(super) fn cmyk_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut written = Vec::new();
    let samples = [0, 255, 255, 0].repeat(usize::from(width) * usize::from(height));
    let encoder = jpeg_encoder::Encoder::new(&mut written, 90);
    encoder.encode(&samples, width, height, jpeg_encoder::ColorType::Cmyk).unwrap();
    written
}

/// A PNG's animation of frames that are all the picture.
pub(super) fn apng(canvas: &Canvas, frames: u32) -> Vec<u8> {
    let clean = plain(canvas, Kind::Png);
    let header = 8 + 25;
    let mut samples = Vec::new();
    let mut at = header;
    while at < clean.len() {
        let size =
            usize::try_from(u32::from_be_bytes(clean[at..at + 4].try_into().unwrap())).unwrap();
        if &clean[at + 4..at + 8] == b"IDAT" {
            samples.extend(&clean[at + 8..at + 8 + size]);
        }
        at += size + 12;
    }
    let mut written = clean[..header].to_vec();
    written.extend(chunk(*b"acTL", &[frames.to_be_bytes(), [0; 4]].concat()));
    let mut number = 0_u32;
    for frame in 0..frames {
        let sizes = [number, canvas.width, canvas.height, 0, 0].map(u32::to_be_bytes).concat();
        written.extend(chunk(*b"fcTL", &[&sizes[..], &[0, 1, 0, 10, 0, 0]].concat()));
        number += 1;
        if frame == 0 {
            written.extend(chunk(*b"IDAT", &samples));
        } else {
            written.extend(chunk(*b"fdAT", &[&number.to_be_bytes()[..], &samples].concat()));
            number += 1;
        }
    }
    written.extend(chunk(*b"IEND", b""));
    written
}

/// A PNG's header of a picture of this size, and an end.
pub(super) fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(*b"IHDR", &header),
        &chunk(*b"IDAT", b""),
        &chunk(*b"IEND", b""),
    ]
    .concat()
}
