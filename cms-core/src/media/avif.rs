//! AVIF: the items of its container (ISO/IEC 23008-12, AV1 Image File Format), and which of them are kept.
//!
//! A file is written anew from the picture's own item, the tiles that it is put together from, the one with its
//! opacity, and the properties that these need. How it is turned stays one of these properties: viewers apply
//! it. Sequences, and pictures cut by a property, aren't taken in.

mod boxes;
mod obus;
mod pixels;
mod write;

use self::boxes::{Container, Item, Property};
use super::{
    Limits, Refusal, bytes::Reader, canvas::Canvas, colour, numbers::index, stripped::Stripped,
};

/// The most tiles of one picture.
const MOST_TILES: usize = 256;
/// How opacity is named (`MIAF`, and what AVIF's first writers used).
const ALPHA: [&[u8]; 2] =
    [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0"];

/// How a picture is put together from tiles.
struct Grid {
    rows: usize,
    columns: usize,
    width: u32,
    height: u32,
}

/// The items that make the picture.
struct Picture<'a> {
    container: Container<'a>,
    primary: u32,
    alpha: Option<u32>,
}

/// The picture without its metadata: only the items that are seen.
pub(super) fn strip(bytes: &[u8], limits: &Limits) -> Result<Stripped, Refusal> {
    let picture = Picture::read(bytes)?;
    let (width, height) = picture.size(picture.primary)?;
    limits.check_size(width, height, 0)?;
    for id in picture.kept()? {
        let (width, height) = picture.size(id)?;
        limits.check_size(width, height, 0)?;
    }
    let turned = picture.orientation() > 4;
    let (width, height) = if turned { (height, width) } else { (width, height) };
    let icc = picture.icc();
    Ok(Stripped {
        bytes: write::written(&picture)?,
        width,
        height,
        frames: 1,
        orientation: 1,
        to_convert: matches!(colour::kept(icc), colour::Kept::Converted),
        depth: 24,
    })
}

/// The picture in sRGB, turned as it is to be seen.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Canvas, Refusal> {
    let picture = Picture::read(bytes)?;
    let (width, height) = picture.size(picture.primary)?;
    limits.check_size(width, height, 0)?;
    let mut canvas = picture.canvas(picture.primary, limits)?;
    if let Some(alpha) = picture.alpha {
        let opacity = picture.canvas(alpha, limits)?;
        if (opacity.width, opacity.height) != (canvas.width, canvas.height) {
            return Err(Refusal::Unsupported { feature: "opacity of another size" });
        }
        let colours = canvas.samples.chunks_exact(3).zip(opacity.samples.chunks_exact(3));
        let samples = colours.flat_map(|(colour, opacity)| colour.iter().chain(opacity.first()));
        canvas = Canvas { samples: samples.copied().collect(), has_alpha: true, ..canvas };
    }
    let canvas = match picture.icc() {
        [] => colour::of_primaries(canvas, picture.nclx().map_or(1, |[primaries, ..]| primaries)),
        icc => colour::to_srgb(canvas, icc),
    };
    Ok(canvas.turned(picture.orientation()))
}

impl<'a> Picture<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let container = Container::read(bytes)?;
        let primary = container.primary;
        let is_alpha = |id: &u32| {
            let mut properties = container.properties(*id);
            properties.any(|property| {
                &property.name == b"auxC"
                    && property
                        .payload
                        .get(4..)
                        .is_some_and(|kind| ALPHA.iter().any(|alpha| kind.starts_with(alpha)))
            })
        };
        let alpha = container.referring(*b"auxl", primary).find(is_alpha);
        let picture = Self { container, primary, alpha };
        for id in picture.kept()? {
            let item = picture.item(id)?;
            if ![*b"av01", *b"grid"].contains(&item.kind) {
                return Err(Refusal::Unsupported {
                    feature: "an AVIF of derived or other pictures",
                });
            }
            if picture.container.properties(id).any(|property| &property.name == b"clap") {
                return Err(Refusal::Unsupported { feature: "an AVIF that is cut by a property" });
            }
        }
        Ok(picture)
    }

    fn item(&self, id: u32) -> Result<&Item<'a>, Refusal> {
        self.container
            .items
            .get(&id)
            .ok_or(Refusal::Damaged { at: 0, part: "an item that isn't there" })
    }

    /// The items that are kept, the picture first.
    fn kept(&self) -> Result<Vec<u32>, Refusal> {
        let mut kept = vec![self.primary];
        kept.extend(self.alpha);
        for id in kept.clone() {
            if &self.item(id)?.kind == b"grid" {
                kept.extend(self.tiles(id)?);
            }
        }
        Ok(kept)
    }

    fn tiles(&self, id: u32) -> Result<Vec<u32>, Refusal> {
        let grid = self.grid(id)?;
        let tiles = self.container.referred(*b"dimg", id);
        if tiles.len() != grid.rows * grid.columns || tiles.len() > MOST_TILES {
            return Err(Refusal::Damaged { at: 0, part: "the tiles of a grid" });
        }
        Ok(tiles)
    }

    fn grid(&self, id: u32) -> Result<Grid, Refusal> {
        let data = self.item(id)?.data.concat();
        let mut reader = Reader::new(&data, "a grid");
        let [_, flags, rows, columns] = reader.array()?;
        let mut side =
            || if flags & 1 == 1 { reader.u32_be() } else { reader.u16_be().map(u32::from) };
        let (width, height) = (side()?, side()?);
        Ok(Grid { rows: usize::from(rows) + 1, columns: usize::from(columns) + 1, width, height })
    }

    fn property(&self, id: u32, name: [u8; 4]) -> Option<&Property<'a>> {
        self.container.properties(id).find(|property| property.name == name)
    }

    fn size(&self, id: u32) -> Result<(u32, u32), Refusal> {
        let damaged = Refusal::Damaged { at: 0, part: "an item without a size" };
        let mut reader = Reader::new(self.property(id, *b"ispe").ok_or(damaged)?.payload, "a size");
        reader.take(4)?;
        Ok((reader.u32_be()?, reader.u32_be()?))
    }

    /// How the picture is turned and mirrored, as Exif numbers it.
    fn orientation(&self) -> u8 {
        let value = |name, mask| {
            let found = self.property(self.primary, name)?.payload.first();
            found.map(|value| value & mask)
        };
        // Turned against the clock, then mirrored top to bottom (0) or left to right (1).
        match (value(*b"irot", 3).unwrap_or(0), value(*b"imir", 1)) {
            (1, None) => 8,
            (2, None) => 3,
            (3, None) => 6,
            (_, None) => 1,
            (1, Some(0)) | (3, Some(1)) => 5,
            (1 | 3, Some(_)) => 7,
            (2, Some(0)) | (0, Some(1)) => 2,
            (_, Some(_)) => 4,
        }
    }

    fn icc(&self) -> &'a [u8] {
        let mut profiles =
            self.container.properties(self.primary).filter(|property| &property.name == b"colr");
        let found = profiles.find_map(|property| {
            property
                .payload
                .strip_prefix(b"prof")
                .or_else(|| property.payload.strip_prefix(b"rICC"))
        });
        found.unwrap_or_default()
    }

    /// Primaries, matrix, and whether samples use their full range, where the container says so.
    fn nclx(&self) -> Option<[u16; 3]> {
        let mut profiles =
            self.container.properties(self.primary).filter(|property| &property.name == b"colr");
        let payload = profiles.find_map(|property| property.payload.strip_prefix(b"nclx"))?;
        let mut reader = Reader::new(payload, "colours");
        let (primaries, _, matrix) =
            (reader.u16_be().ok()?, reader.u16_be().ok()?, reader.u16_be().ok()?);
        Some([primaries, matrix, u16::from(reader.u8().ok()? >> 7)])
    }

    /// The pixels of an item, not turned.
    fn canvas(&self, id: u32, limits: &Limits) -> Result<Canvas, Refusal> {
        let item = self.item(id)?;
        let colours = self
            .nclx()
            .filter(|_| Some(id) != self.alpha)
            .map(|[_, matrix, full]| (matrix, full == 1));
        let is_alpha = self.alpha == Some(id);
        if &item.kind != b"grid" {
            return pixels::decoded(item.data.concat(), colours, is_alpha, limits);
        }
        let grid = self.grid(id)?;
        limits.check_size(grid.width, grid.height, 0)?;
        let mut rows = Vec::new();
        let size = index(grid.width) * index(grid.height) * 3;
        for tiles in self.tiles(id)?.chunks(grid.columns) {
            let tiles: Result<Vec<Canvas>, Refusal> = tiles
                .iter()
                .map(|tile| {
                    pixels::decoded(self.item(*tile)?.data.concat(), colours, is_alpha, limits)
                })
                .collect();
            join(&tiles?, &grid, &mut rows)?;
        }
        if rows.len() < size {
            return Err(Refusal::Damaged { at: 0, part: "the tiles of a grid" });
        }
        rows.truncate(size);
        Ok(Canvas { width: grid.width, height: grid.height, has_alpha: false, samples: rows })
    }
}

/// Appends a row of tiles, cut to the width of the whole.
fn join(tiles: &[Canvas], grid: &Grid, rows: &mut Vec<u8>) -> Result<(), Refusal> {
    let damaged = Refusal::Damaged { at: 0, part: "the tiles of a grid" };
    let height = tiles.first().map_or(0, |tile| tile.height);
    let width: u64 = tiles.iter().map(|tile| u64::from(tile.width)).sum();
    if tiles.iter().any(|tile| tile.height != height) || width < u64::from(grid.width) {
        return Err(damaged);
    }
    let wanted = index(grid.width) * 3;
    for row in 0..index(height) {
        let end = rows.len() + wanted;
        for tile in tiles {
            let stride = tile.stride();
            rows.extend(tile.samples.get(row * stride..(row + 1) * stride).unwrap_or_default());
        }
        rows.truncate(end);
    }
    Ok(())
}
