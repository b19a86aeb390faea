//! The boxes of the container: which items there are, where their bytes lie, what refers to what.

use std::collections::BTreeMap;

use crate::media::{
    Refusal,
    bytes::{Reader, length},
};

/// The most items, properties and pieces of an item.
const MOST: usize = 1_000;

/// An item: a coded picture, how tiles are put together, or metadata.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    /// Its type.
    pub kind: [u8; 4],
    /// Its bytes, in pieces.
    pub data: Vec<&'a [u8]>,
    /// Its properties, by their places among all, and whether a reader must know them.
    pub properties: Vec<(usize, bool)>,
}

/// What is said of items.
#[derive(Debug, Clone, Copy)]
pub(super) struct Property<'a> {
    /// Its type.
    pub name: [u8; 4],
    /// What it says.
    pub payload: &'a [u8],
}

/// A container that was read.
#[derive(Debug, Default)]
pub(super) struct Container<'a> {
    /// The item that is the picture.
    pub primary: u32,
    /// All items by their ids.
    pub items: BTreeMap<u32, Item<'a>>,
    /// All properties.
    pub all: Vec<Property<'a>>,
    /// Type, from, to.
    references: Vec<([u8; 4], u32, u32)>,
}

/// Where an item's bytes lie: in the file or in the box of small data, and which.
struct Location {
    id: u32,
    is_inside: bool,
    extents: Vec<(usize, usize)>,
}

type Boxes<'a> = Vec<([u8; 4], &'a [u8])>;

impl<'a> Container<'a> {
    /// Reads a file's boxes.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let top = boxes(bytes)?;
        if top.iter().any(|(name, _)| name == b"moov") {
            return Err(Refusal::Unsupported { feature: "an AVIF that moves" });
        }
        let meta = payload(&top, *b"meta")?;
        let parts = boxes(meta.get(4..).unwrap_or_default())?;
        let mut container = Self::default();
        let mut reader = Reader::new(payload(&parts, *b"pitm")?, "the primary item");
        container.primary =
            if version(&mut reader)? == 0 { reader.u16_be()?.into() } else { reader.u32_be()? };
        container.read_items(payload(&parts, *b"iinf")?)?;
        container.read_properties(payload(&parts, *b"iprp")?)?;
        if let Ok(references) = payload(&parts, *b"iref") {
            container.read_references(references)?;
        }
        let inside = payload(&parts, *b"idat").unwrap_or_default();
        let mut total = 0_usize;
        for location in locations(payload(&parts, *b"iloc")?)? {
            let Some(item) = container.items.get_mut(&location.id) else { continue };
            let source = if location.is_inside { inside } else { bytes };
            for (from, size) in location.extents {
                let end = if size == 0 { source.len() } else { from.saturating_add(size) };
                let Some(data) = source.get(from..end) else {
                    let at = u64::try_from(source.len()).unwrap_or(u64::MAX);
                    return Err(Refusal::Truncated { at, part: "an item's bytes" });
                };
                // Items may share bytes; many that do are an attempt to grow the file.
                total = total.saturating_add(data.len());
                item.data.push(data);
            }
        }
        if total > bytes.len().saturating_mul(2) {
            return Err(Refusal::Damaged { at: 0, part: "items that lie upon each other" });
        }
        Ok(container)
    }

    /// The properties of an item.
    pub(super) fn properties(&self, id: u32) -> impl Iterator<Item = &Property<'a>> {
        let item = self.items.get(&id);
        let places = item.into_iter().flat_map(|item| &item.properties);
        places.filter_map(|(place, _)| self.all.get(*place))
    }

    /// The items that an item refers to, in this sense, in order.
    pub(super) fn referred(&self, kind: [u8; 4], id: u32) -> Vec<u32> {
        let of = self.references.iter().filter(|(found, from, _)| *found == kind && *from == id);
        of.map(|(_, _, to)| *to).collect()
    }

    /// The items that refer to an item, in this sense.
    pub(super) fn referring(&self, kind: [u8; 4], id: u32) -> impl Iterator<Item = u32> {
        let to = self.references.iter().filter(move |(found, _, to)| *found == kind && *to == id);
        to.map(|(_, from, _)| *from)
    }

    fn read_items(&mut self, payload: &[u8]) -> Result<(), Refusal> {
        let mut reader = Reader::new(payload, "the list of items");
        if version(&mut reader)? == 0 {
            reader.u16_be()?.into()
        } else {
            reader.u32_be()?
        };
        for (name, payload) in boxes(reader.rest())? {
            let mut reader = Reader::new(payload, "an item");
            let version = version(&mut reader)?;
            if &name != b"infe" || version < 2 {
                continue;
            }
            let id = if version == 2 { reader.u16_be()?.into() } else { reader.u32_be()? };
            let is_protected = reader.u16_be()? != 0;
            let kind = reader.array()?;
            if !is_protected {
                self.items.insert(id, Item { kind, ..Item::default() });
            }
        }
        Ok(())
    }

    fn read_properties(&mut self, payload: &'a [u8]) -> Result<(), Refusal> {
        for (name, payload) in boxes(payload)? {
            match &name {
                b"ipco" => {
                    let properties = boxes(payload)?.into_iter();
                    self.all.extend(properties.map(|(name, payload)| Property { name, payload }));
                }
                b"ipma" => self.read_associations(payload)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_associations(&mut self, payload: &[u8]) -> Result<(), Refusal> {
        let mut reader = Reader::new(payload, "the items' properties");
        let [version, _, _, flags] = reader.array()?;
        for _ in 0..reader.u32_be()? {
            let id = if version == 0 { reader.u16_be()?.into() } else { reader.u32_be()? };
            for _ in 0..reader.u8()? {
                let (is_essential, place) = if flags & 1 == 1 {
                    let value = reader.u16_be()?;
                    (value & 0x8000 != 0, value & 0x7fff)
                } else {
                    let value = reader.u8()?;
                    (value & 0x80 != 0, u16::from(value & 0x7f))
                };
                let place = usize::from(place).checked_sub(1);
                if let (Some(place), Some(item)) = (place, self.items.get_mut(&id))
                    && item.properties.len() < MOST
                {
                    item.properties.push((place, is_essential));
                }
            }
        }
        Ok(())
    }

    fn read_references(&mut self, payload: &[u8]) -> Result<(), Refusal> {
        let mut reader = Reader::new(payload, "the items' references");
        let is_short = version(&mut reader)? == 0;
        for (name, payload) in boxes(reader.rest())? {
            let mut reader = Reader::new(payload, "the items' references");
            let id = |reader: &mut Reader<'_>| {
                if is_short { reader.u16_be().map(u32::from) } else { reader.u32_be() }
            };
            let from = id(&mut reader)?;
            for _ in 0..reader.u16_be()? {
                let to = id(&mut reader)?;
                self.references.push((name, from, to));
            }
        }
        Ok(())
    }
}

/// The version in the first four bytes of a full box.
fn version(reader: &mut Reader<'_>) -> Result<u8, Refusal> {
    let [version, ..] = reader.array::<4>()?;
    Ok(version)
}

fn payload<'a>(boxes: &Boxes<'a>, wanted: [u8; 4]) -> Result<&'a [u8], Refusal> {
    let found = boxes.iter().find(|(name, _)| *name == wanted);
    found
        .map(|(_, payload)| *payload)
        .ok_or(Refusal::Damaged { at: 0, part: "an AVIF without its boxes" })
}

/// The boxes that these bytes consist of. What a last box lacks is cut off.
fn boxes(bytes: &[u8]) -> Result<Boxes<'_>, Refusal> {
    let mut reader = Reader::new(bytes, "AVIF boxes");
    let mut found = Vec::new();
    while !reader.is_done() {
        let from = reader.at();
        let size = reader.u32_be()?;
        let name = reader.array()?;
        let size = match size {
            0 => bytes.len() - from,
            1 => {
                let high = reader.u32_be()?;
                if high != 0 {
                    return Err(reader.truncated());
                }
                length(reader.u32_be()?)
            }
            size => length(size),
        };
        let Some(size) = size.checked_sub(reader.at() - from) else {
            return Err(reader.damaged("a box's size"));
        };
        found.push((name, reader.take(size)?));
        if found.len() > MOST {
            return Err(reader.damaged("a box of that many boxes"));
        }
    }
    Ok(found)
}

/// Where the bytes of each item lie.
fn locations(payload: &[u8]) -> Result<Vec<Location>, Refusal> {
    let mut reader = Reader::new(payload, "the items' places");
    let version = version(&mut reader)?;
    let [sizes, more] = reader.array::<2>()?;
    let (offset_size, length_size, base_size) = (sizes >> 4, sizes & 15, more >> 4);
    let index_size = if version == 0 { 0 } else { more & 15 };
    let count = if version < 2 { reader.u16_be()?.into() } else { reader.u32_be()? };
    let mut found = Vec::new();
    for _ in 0..count {
        let id = if version < 2 { reader.u16_be()?.into() } else { reader.u32_be()? };
        let method = if version == 0 { 0 } else { reader.u16_be()? & 15 };
        if method > 1 || reader.u16_be()? != 0 {
            return Err(Refusal::Unsupported { feature: "an AVIF whose items lie elsewhere" });
        }
        let base = number(&mut reader, base_size)?;
        let mut extents = Vec::new();
        for _ in 0..reader.u16_be()? {
            number(&mut reader, index_size)?;
            let offset = base.saturating_add(number(&mut reader, offset_size)?);
            extents.push((offset, number(&mut reader, length_size)?));
        }
        if extents.len() > MOST || found.len() > MOST {
            return Err(reader.damaged("items of that many pieces"));
        }
        found.push(Location { id, is_inside: method == 1, extents });
    }
    Ok(found)
}

/// A number of so many bytes.
fn number(reader: &mut Reader<'_>, size: u8) -> Result<usize, Refusal> {
    let bytes = reader.take(usize::from(size))?;
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}
