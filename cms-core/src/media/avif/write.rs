//! Writes the container anew, from what is kept.

use std::collections::BTreeMap;

use super::{Picture, obus};
use crate::media::{Refusal, colour, numbers::low_short};

/// Properties that are kept as they are: sizes, depths, how samples are coded, how a picture is turned, what is
/// opacity, layers, and the light of bright pictures.
const KEPT: [&[u8; 4]; 13] = [
    b"ispe", b"pixi", b"av1C", b"auxC", b"irot", b"imir", b"a1op", b"lsel", b"a1lx", b"clli",
    b"mdcv", b"cclv", b"amve",
];

/// The picture's file with nothing but what is seen.
pub(super) fn written(picture: &Picture<'_>) -> Result<Vec<u8>, Refusal> {
    let kept = picture.kept()?;
    // Ids begin at one, in the order in which the items are kept.
    let ids: BTreeMap<u32, u16> = kept.iter().copied().zip(1..).collect();
    let mut data = Vec::new();
    let mut infos = Vec::new();
    for id in &kept {
        let item = picture.item(*id)?;
        let bytes = item.data.concat();
        data.push(if &item.kind == b"av01" { obus::without_metadata(&bytes) } else { bytes });
        let number = ids.get(id).copied().unwrap_or_default();
        let mut info = [&number.to_be_bytes()[..], &[0, 0], &item.kind, &[0]].concat();
        // Tiles aren't pictures of their own.
        let is_hidden = *id != picture.primary;
        info = full([2, 0, 0, u8::from(is_hidden)], *b"infe", &info);
        infos.extend(info);
    }
    let count = low_short(u32::try_from(kept.len()).unwrap_or(u32::MAX)).to_be_bytes();
    let rest = [
        full([0; 4], *b"iinf", &[&count[..], &infos].concat()),
        references(picture, &ids)?,
        properties(picture, &kept, &ids)?,
    ]
    .concat();
    let file_type = plain(*b"ftyp", b"avif\0\0\0\0avifmif1miaf");
    let places = |start: usize| places(&data, start);
    let meta = |start: usize| {
        let handler = [&[0; 4][..], b"pict", &[0; 13]].concat();
        let primary = full([0; 4], *b"pitm", &1_u16.to_be_bytes());
        let parts = [full([0; 4], *b"hdlr", &handler), primary, places(start), rest.clone()];
        full([0; 4], *b"meta", &parts.concat())
    };
    // The size of the places doesn't depend on where they are.
    let start = file_type.len() + meta(0).len() + 8;
    Ok([file_type, meta(start), plain(*b"mdat", &data.concat())].concat())
}

fn places(data: &[Vec<u8>], start: usize) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let count = low_short(u32::try_from(data.len()).unwrap_or(u32::MAX)).to_be_bytes();
    let mut payload = [&[0x44, 0x00][..], &count].concat();
    let mut at = start;
    for (id, bytes) in (1_u16..).zip(data) {
        payload.extend(
            [&id.to_be_bytes()[..], &[0, 0, 0, 1], &number(at), &number(bytes.len())].concat(),
        );
        at += bytes.len();
    }
    full([0; 4], *b"iloc", &payload)
}

fn references(picture: &Picture<'_>, ids: &BTreeMap<u32, u16>) -> Result<Vec<u8>, Refusal> {
    let reference = |kind: [u8; 4], from: u32, to: &[u32]| {
        let number = |id: &u32| ids.get(id).copied().unwrap_or_default().to_be_bytes();
        let count = low_short(u32::try_from(to.len()).unwrap_or(u32::MAX)).to_be_bytes();
        let to: Vec<u8> = to.iter().flat_map(number).collect();
        plain(kind, &[&number(&from)[..], &count, &to].concat())
    };
    let mut written = Vec::new();
    for id in [Some(picture.primary), picture.alpha].into_iter().flatten() {
        if &picture.item(id)?.kind == b"grid" {
            written.extend(reference(*b"dimg", id, &picture.tiles(id)?));
        }
    }
    if let Some(alpha) = picture.alpha {
        written.extend(reference(*b"auxl", alpha, &[picture.primary]));
        if picture.container.referred(*b"prem", picture.primary).contains(&alpha) {
            written.extend(reference(*b"prem", picture.primary, &[alpha]));
        }
    }
    Ok(if written.is_empty() { written } else { full([0; 4], *b"iref", &written) })
}

fn properties(
    picture: &Picture<'_>,
    kept: &[u32],
    ids: &BTreeMap<u32, u16>,
) -> Result<Vec<u8>, Refusal> {
    let mut written = Vec::new();
    let mut places: BTreeMap<usize, Option<u16>> = BTreeMap::new();
    let mut associations = Vec::new();
    let mut last = 0_u16;
    for id in kept {
        let mut of_item = Vec::new();
        for (place, is_essential) in &picture.item(*id)?.properties {
            let Some(property) = picture.container.all.get(*place) else { continue };
            if *is_essential && !KEPT.contains(&&property.name) && &property.name != b"colr" {
                return Err(Refusal::Unsupported {
                    feature: "an AVIF with unknown essential properties",
                });
            }
            let known = places.entry(*place).or_insert_with(|| {
                let payload = payload(property.name, property.payload)?;
                written.extend(plain(property.name, &payload));
                last += 1;
                Some(last)
            });
            if let Some(place) = *known {
                of_item.push(place | if *is_essential { 0x8000 } else { 0 });
            }
        }
        let number = ids.get(id).copied().unwrap_or_default();
        let count = u8::try_from(of_item.len())
            .map_err(|_| Refusal::Damaged { at: 0, part: "an item's properties" })?;
        associations.extend(number.to_be_bytes());
        associations.push(count);
        associations.extend(of_item.iter().flat_map(|place| place.to_be_bytes()));
    }
    let count = u32::try_from(kept.len()).unwrap_or(u32::MAX).to_be_bytes();
    let associations = full([0, 0, 0, 1], *b"ipma", &[&count[..], &associations].concat());
    Ok(plain(*b"iprp", &[plain(*b"ipco", &written), associations].concat()))
}

/// A property as it is kept; none where it isn't.
fn payload(name: [u8; 4], payload: &[u8]) -> Option<Vec<u8>> {
    if &name != b"colr" {
        return KEPT.contains(&&name).then(|| payload.to_vec());
    }
    if payload.starts_with(b"nclx") {
        return Some(payload.to_vec());
    }
    let icc = payload.strip_prefix(b"prof").or_else(|| payload.strip_prefix(b"rICC"))?;
    match colour::kept(icc) {
        colour::Kept::Rebuilt(profile) => Some([b"prof", profile.as_slice()].concat()),
        colour::Kept::Nothing | colour::Kept::Converted => None,
    }
}

fn plain(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 8).unwrap_or(u32::MAX);
    [&size.to_be_bytes()[..], &name, payload].concat()
}

/// A box with a version and flags.
fn full(head: [u8; 4], name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    plain(name, &[&head[..], payload].concat())
}
