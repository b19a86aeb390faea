//! Codings of ready-made bytes, with the validators and digests of each.

use std::{
    io::{self, Write as _},
    sync::{Arc, OnceLock},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sha2::{Digest as _, Sha256};

/// A content coding (RFC 9110, section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// RFC 8878.
    Zstd,
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
    /// The bytes as they are.
    Identity,
}

impl Coding {
    /// All of them, the one that we like best first.
    pub const ALL: [Self; 4] = [Self::Zstd, Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in header fields.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// Whether a header field means this coding: names have no case, and `x-gzip` is gzip.
    pub fn is_named(self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name())
            || (self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip"))
    }

    /// Codes bytes: at levels that a reader who comes first can wait for.
    ///
    /// # Errors
    /// What the coder says; none is known for bytes in memory.
    pub fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd => zstd::bulk::compress(bytes, 3),
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(Vec::new(), 4_096, 4, 22);
                writer.write_all(bytes)?;
                Ok(writer.into_inner())
            }
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(bytes)?;
                writer.finish()
            }
            Self::Identity => Ok(bytes.to_vec()),
        }
    }
}

/// Bytes in one coding, with the header values that follow from them.
#[derive(Debug, PartialEq, Eq)]
pub struct Coded {
    /// How they are coded.
    pub coding: Coding,
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// Strong `ETag`: of the identity bytes, with the coding's name, so that each coding has its own.
    pub etag: String,
    /// `Repr-Digest` (RFC 9530): of the coded bytes.
    pub repr_digest: String,
}

/// The same bytes in several codings, each made when the first reader wants it and then kept.
#[derive(Debug)]
pub struct CodedSet {
    tag: String,
    identity: Arc<Coded>,
    others: [OnceLock<Arc<Coded>>; 3],
}

/// The digest that the tags of all codings share: 128 bits of SHA-256 of the identity bytes.
fn tag(digest: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or(digest))
}

fn repr_digest(digest: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest))
}

impl Coded {
    /// Bytes that are coded already, with the [`tag`] of their identity.
    fn new(coding: Coding, bytes: Arc<[u8]>, tag: &str) -> Self {
        let etag = format!("\"{tag}-{}\"", coding.name());
        let repr_digest = repr_digest(&Sha256::digest(&bytes));
        Self { coding, bytes, etag, repr_digest }
    }
}

impl CodedSet {
    /// Answers shorter than this go as they are: a packet is a packet.
    const WORTHWHILE: usize = 860;

    /// A set of these bytes.
    pub fn of(identity: Vec<u8>) -> Self {
        let digest = Sha256::digest(&identity);
        let tag = tag(&digest);
        let identity = Coded {
            coding: Coding::Identity,
            bytes: identity.into(),
            etag: format!("\"{tag}\""),
            repr_digest: repr_digest(&digest),
        };
        Self { tag, identity: Arc::new(identity), others: Default::default() }
    }

    /// Whether a reader who wants this coding gets it.
    pub fn offers(&self, coding: Coding) -> bool {
        coding == Coding::Identity || self.identity.bytes.len() >= Self::WORTHWHILE
    }

    /// The bytes in this coding; as they are where coding doesn't make them smaller.
    pub fn get(&self, coding: Coding) -> &Arc<Coded> {
        let slot = match coding {
            Coding::Zstd => self.others.first(),
            Coding::Brotli => self.others.get(1),
            Coding::Gzip => self.others.get(2),
            Coding::Identity => None,
        };
        let Some(slot) = slot.filter(|_| self.offers(coding)) else { return &self.identity };
        slot.get_or_init(|| match coding.encode(&self.identity.bytes) {
            Ok(coded) if coded.len() < self.identity.bytes.len() => {
                Arc::new(Coded::new(coding, coded.into(), &self.tag))
            }
            Ok(_) | Err(_) => Arc::clone(&self.identity),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn decode(coded: &Coded) -> Vec<u8> {
        let mut text = Vec::new();
        let read = match coded.coding {
            Coding::Zstd => zstd::Decoder::new(&*coded.bytes).unwrap().read_to_end(&mut text),
            Coding::Brotli => {
                brotli::Decompressor::new(&*coded.bytes, 4_096).read_to_end(&mut text)
            }
            Coding::Gzip => flate2::read::GzDecoder::new(&*coded.bytes).read_to_end(&mut text),
            Coding::Identity => (&*coded.bytes).read_to_end(&mut text),
        };
        assert_eq!(read.unwrap(), text.len());
        text
    }

    #[test]
    fn every_coding_decodes_to_the_same_bytes_and_has_its_own_tag() {
        let identity = "guidance ".repeat(500).into_bytes();
        let set = CodedSet::of(identity.clone());
        let mut tags = Vec::new();
        for coding in Coding::ALL {
            let coded = set.get(coding);
            assert_eq!(decode(coded), identity, "{coding:?}");
            tags.push(coded.etag.clone());
        }
        tags.dedup();
        assert_eq!(tags.len(), Coding::ALL.len());
    }

    #[test]
    fn small_answers_go_as_they_are() {
        let set = CodedSet::of(b"{}".to_vec());
        assert_eq!(set.get(Coding::Gzip).coding, Coding::Identity);
        assert_eq!(
            set.get(Coding::Identity).repr_digest,
            "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
        );
    }
}
