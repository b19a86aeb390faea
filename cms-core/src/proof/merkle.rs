//! The Merkle tree over the log (RFC 6962, section 2.1): root, proofs, and their verification.
//!
//! Hashes are kept in tiles of 256 (the idea of C2SP's tlog-tiles): a tile is written once, when it is
//! full, and never changes. Where tiles lie is their adapter's business; this file does no I/O.

use sha2::{Digest as _, Sha256};

/// A hash of the tree (SHA-256, RFC 6962).
pub type Hash = [u8; 32];

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

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, convert::Infallible};

    use proptest::prelude::*;

    use super::*;

    /// Full tiles, by level and index.
    #[derive(Default)]
    struct Kept(HashMap<(u8, u64), Vec<Hash>>);

    impl Tiles for Kept {
        type Error = Infallible;

        fn tile(&self, level: u8, index: u64) -> Result<Vec<Hash>, Infallible> {
            Ok(self.0[&(level, index)].clone())
        }
    }

    fn grow(leaves: &[Hash]) -> (Kept, Edge) {
        let (mut kept, mut edge) = (Kept::default(), Edge::default());
        for leaf in leaves {
            for tile in edge.push(*leaf) {
                assert_eq!(kept.0.insert((tile.level, tile.index), tile.hashes), None);
            }
        }
        (kept, edge)
    }

    /// The tree hash as section 2.1 defines it.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty(),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count as u64).map(|n| leaf(&n.to_be_bytes())).collect()
    }

    /// The leaves and roots that Certificate Transparency's own tests use.
    const INPUTS: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn inputs() -> Vec<Hash> {
        INPUTS.iter().map(|text| leaf(&hex::decode(text).unwrap())).collect()
    }

    fn hashes(texts: &[&str]) -> Vec<Hash> {
        texts.iter().map(|text| hex::decode(text).unwrap().try_into().unwrap()).collect()
    }

    #[test]
    fn the_empty_tree_has_the_known_root() {
        let root = hashes(&["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]);
        assert_eq!([empty(), Edge::default().root()], [root[0], root[0]]);
    }

    #[test]
    fn the_known_roots_come_out() {
        let mut edge = Edge::default();
        for (leaf, root) in inputs().into_iter().zip(hashes(&ROOTS)) {
            edge.push(leaf);
            assert_eq!(edge.root(), root);
        }
    }

    #[test]
    fn the_known_proofs_come_out() {
        let (kept, edge) = grow(&inputs());
        let tree = Tree { tiles: &kept, edge: &edge };
        let expected = [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ];
        assert_eq!(tree.inclusion(0, 8).unwrap(), hashes(&expected));
        let expected = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(tree.consistency(6, 8).unwrap(), hashes(&expected));
    }

    #[test]
    fn an_edge_is_restored_from_its_unfinished_tiles_alone() {
        for size in [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000] {
            let (_, edge) = grow(&leaves(size));
            let restored = Edge::restore(size as u64, edge.levels.clone());
            assert_eq!(restored.as_ref(), Some(&edge));
            assert_eq!(Edge::restore(size as u64 + 1, edge.levels.clone()), None);
        }
    }

    #[test]
    fn three_levels_of_tiles_give_the_defined_root() {
        let leaves = leaves(70_000);
        let (kept, edge) = grow(&leaves);
        let tree = Tree { tiles: &kept, edge: &edge };
        for size in [1, 256, 257, 4_096, 65_535, 65_536, 65_537, 70_000] {
            assert_eq!(tree.root(size as u64).unwrap(), by_definition(&leaves[..size]), "{size}");
        }
        assert_eq!(edge.root(), by_definition(&leaves));
    }

    proptest! {
        #[test]
        fn every_root_and_proof_is_right_and_no_other_passes(
            size in 1_usize..1_200,
            picks in (any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), any::<proptest::sample::Index>()),
        ) {
            let leaves = leaves(1_200);
            let (kept, edge) = grow(&leaves);
            let tree = Tree { tiles: &kept, edge: &edge };
            let root = tree.root(size as u64).unwrap();
            prop_assert_eq!(root, by_definition(&leaves[..size]));
            let index = picks.0.index(size);
            let mut proof = tree.inclusion(index as u64, size as u64).unwrap();
            prop_assert!(includes(&root, size as u64, index as u64, &leaves[index], &proof));
            prop_assert!(!includes(&root, size as u64, index as u64, &leaf(b"other"), &proof));
            prop_assert!(!includes(&root, size as u64, (index + size) as u64, &leaves[index], &proof));
            if !proof.is_empty() {
                let at = picks.2.index(proof.len());
                proof[at][0] ^= 1;
                prop_assert!(!includes(&root, size as u64, index as u64, &leaves[index], &proof));
                proof.pop();
                prop_assert!(!includes(&root, size as u64, index as u64, &leaves[index], &proof));
            }
            let old = 1 + picks.1.index(size);
            let old_root = tree.root(old as u64).unwrap();
            let mut proof = tree.consistency(old as u64, size as u64).unwrap();
            prop_assert!(extends((old as u64, &old_root), (size as u64, &root), &proof));
            prop_assert!(!extends((old as u64, &leaf(b"other")), (size as u64, &root), &proof));
            if !proof.is_empty() {
                let at = picks.2.index(proof.len());
                proof[at][0] ^= 1;
                prop_assert!(!extends((old as u64, &old_root), (size as u64, &root), &proof));
                proof.pop();
                prop_assert!(!extends((old as u64, &old_root), (size as u64, &root), &proof));
            }
        }
    }
}
