//! The Merkle tree over the log (RFC 6962, section 2.1): root, proofs, and their verification.
//!
//! Hashes are kept in tiles of 256 (the idea of C2SP's tlog-tiles): a tile is written once, when it is
//! full, and never changes. Where tiles lie is their adapter's business; this file does no I/O.

use sha2::{Digest as _, Sha256};

use super::Hash;

/// Hashes in a full tile: eight levels of the tree.
pub const TILE: usize = 256;
/// Levels of the tree that one level of tiles spans.
const SPAN: u32 = 8;

/// The hash of a leaf: SHA-256 of a zero byte and the leaf's bytes.
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of an inner node: SHA-256 of a one byte and the hashes of its children.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// A tile that has just become full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// 0 for leaf hashes, 1 for the roots of full tiles of level 0, and so on.
    pub level: u8,
    /// Its place within its level: 0, 1, 2, …
    pub index: u64,
    /// Its [`TILE`] hashes.
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// The root of the 256 hashes.
    pub fn root(&self) -> Hash {
        perfect(&self.hashes)
    }
}

/// The right edge of a tree that grows: the hashes that no full tile holds yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// By level; each has fewer than [`TILE`] hashes.
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of a tree of `size` leaves, from the hashes of its unfinished tiles, lowest level first.
    /// `None` when there are too few or too many of them.
    pub fn restore(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        let fits = levels.len() == unfinished(size).count()
            && unfinished(size).zip(&levels).all(|((_, held), hashes)| hashes.len() as u64 == held);
        fits.then_some(Self { size, levels })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf's hash; gives the tiles that it filled, lowest level first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Tile> {
        let mut filled = Vec::new();
        let mut carried = leaf;
        self.size += 1;
        for level in 0_u8.. {
            if usize::from(level) == self.levels.len() {
                self.levels.push(Vec::with_capacity(TILE));
            }
            let Some(hashes) = self.levels.get_mut(usize::from(level)) else { break };
            hashes.push(carried);
            if hashes.len() < TILE {
                break;
            }
            let hashes = std::mem::take(hashes);
            let index = (self.size >> (SPAN * (u32::from(level) + 1))) - 1;
            let tile = Tile { level, index, hashes };
            carried = tile.root();
            filled.push(tile);
        }
        filled
    }

    /// The root of the tree as it is.
    pub fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        // From right to left: each unfinished tile is a row of perfect trees, the widest first.
        for hashes in &self.levels {
            let mut end = hashes.len();
            while end > 0 {
                let width = 1 << end.trailing_zeros();
                let left = perfect(hashes.get(end - width..end).unwrap_or_default());
                root = Some(root.map_or(left, |right| node(&left, &right)));
                end -= width;
            }
        }
        root.unwrap_or_else(empty)
    }

    /// Hashes of an unfinished tile: those of level `level` from place `from` on.
    fn hashes(&self, level: u8, from: usize, count: usize) -> Option<&[Hash]> {
        self.levels.get(usize::from(level))?.get(from..from.checked_add(count)?)
    }
}

/// The unfinished tiles of a tree of `size` leaves: the number of full tiles before each, and how many
/// hashes it holds. Lowest level first, up to the highest level that has a hash.
pub fn unfinished(size: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut rest = size;
    std::iter::from_fn(move || {
        let level = (rest > 0).then_some((rest / TILE as u64, rest % TILE as u64))?;
        rest = level.0;
        Some(level)
    })
}

/// The root of a perfect tree over these hashes, whose number is a power of two.
fn perfect(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty(),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            node(&perfect(left), &perfect(right))
        }
    }
}

/// Where full tiles are read from.
pub trait Tiles {
    /// Why one could not be read.
    type Error;

    /// A full tile's hashes.
    ///
    /// # Errors
    /// When it isn't there or is damaged.
    fn tile(&self, level: u8, index: u64) -> Result<Vec<Hash>, Self::Error>;
}

/// A tree whose full tiles lie elsewhere: all of its hashes can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a, T> {
    /// The full tiles.
    pub tiles: &'a T,
    /// The rest.
    pub edge: &'a Edge,
}

impl<T: Tiles> Tree<'_, T> {
    /// The root of the first `size` leaves. `size` is at most the tree's own.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub fn root(&self, size: u64) -> Result<Hash, T::Error> {
        if size == 0 { Ok(empty()) } else { self.range(0, size.min(self.edge.size)) }
    }

    /// The proof that the leaf at `index` (from 0) is among the first `size` (RFC 6962, section 2.1.1).
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, T::Error> {
        let mut proof = Vec::new();
        let (mut start, mut end) = (0, size.min(self.edge.size));
        while end - start > 1 && (start..end).contains(&index) {
            let middle = start + split(end - start);
            if index < middle {
                proof.push(self.range(middle, end)?);
                end = middle;
            } else {
                proof.push(self.range(start, middle)?);
                start = middle;
            }
        }
        proof.reverse();
        Ok(proof)
    }

    /// The proof that the first `old` leaves of the first `size` are unchanged (section 2.1.2).
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>, T::Error> {
        let mut proof = Vec::new();
        let (mut start, mut end) = (0, size.min(self.edge.size));
        if old == 0 || old > end {
            return Ok(proof);
        }
        while old != end {
            let middle = start + split(end - start);
            if old <= middle {
                proof.push(self.range(middle, end)?);
                end = middle;
            } else {
                proof.push(self.range(start, middle)?);
                start = middle;
            }
        }
        if start > 0 {
            proof.push(self.range(start, end)?);
        }
        proof.reverse();
        Ok(proof)
    }

    /// The hash over the leaves from `start` up to `end`, as the recursion of section 2.1 cuts them.
    fn range(&self, start: u64, end: u64) -> Result<Hash, T::Error> {
        let size = end - start;
        if size.is_power_of_two() && start.is_multiple_of(size) {
            return self.subtree(size.trailing_zeros(), start / size);
        }
        let middle = start + split(size);
        Ok(node(&self.range(start, middle)?, &self.range(middle, end)?))
    }

    /// The root of the perfect subtree of this height at this place from the left.
    fn subtree(&self, height: u32, index: u64) -> Result<Hash, T::Error> {
        let level = u8::try_from(height / SPAN).unwrap_or(u8::MAX);
        let width = 1_usize << (height % SPAN);
        let first = index << (height % SPAN);
        let (tile, offset) = (first / TILE as u64, usize::from(first.to_le_bytes()[0]));
        let full = self.edge.size >> (SPAN * (u32::from(level) + 1));
        if tile < full {
            let hashes = self.tiles.tile(level, tile)?;
            Ok(perfect(hashes.get(offset..offset + width).unwrap_or_default()))
        } else {
            Ok(perfect(self.edge.hashes(level, offset, width).unwrap_or_default()))
        }
    }
}

/// The largest power of two that is less than `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// Whether `proof` shows that `leaf` is at `index` among the first `size` under `root`
/// (RFC 9162, section 2.1.3.2).
pub fn includes(root: &Hash, size: u64, index: u64, leaf: &Hash, proof: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `old` leaves under `old_root` is the beginning of the tree of
/// `size` leaves under `root` (RFC 9162, section 2.1.4.2).
pub fn extends(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old, old_root), (size, root)) = (old, new);
    if old > size || old == 0 || old == size {
        let same = old == 0 || old_root == root;
        return old <= size && same && proof.is_empty();
    }
    let mut steps = proof.iter();
    let (mut place, mut last) = (old - 1, size - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut old_hash, mut hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old_hash = node(step, &old_hash);
            hash = node(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}
