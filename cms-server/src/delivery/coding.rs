//! Codings of ready-made bytes, with the validators and digests of each.

use std::{
    io::{self, Write as _},
    sync::Arc,
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

    /// Codes bytes: at levels for what is coded once and sent often.
    ///
    /// # Errors
    /// What the coder says; none is known for bytes in memory.
    pub fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd => zstd::encode_all(bytes, 12),
            Self::Brotli => {
                // Level 9: beyond it a form of 4 KB takes ten times as long for two per cent.
                let mut writer = brotli::CompressorWriter::new(Vec::new(), 4_096, 9, 22);
                writer.write_all(bytes)?;
                Ok(writer.into_inner())
            }
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
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

/// The same bytes in several codings: identity always, and the others where they are smaller.
#[derive(Debug)]
pub struct CodedSet(Vec<Arc<Coded>>);

/// The digest that the tags of all codings share: 128 bits of SHA-256 of the identity bytes.
pub fn tag(identity: &[u8]) -> String {
    let digest = Sha256::digest(identity);
    URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or(&digest))
}

impl Coded {
    /// Bytes that are coded already, with the [`tag`] of their identity.
    pub fn new(coding: Coding, bytes: Arc<[u8]>, tag: &str) -> Self {
        let etag = match coding {
            Coding::Identity => format!("\"{tag}\""),
            Coding::Zstd | Coding::Brotli | Coding::Gzip => format!("\"{tag}-{}\"", coding.name()),
        };
        let repr_digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&bytes)));
        Self { coding, bytes, etag, repr_digest }
    }
}

impl CodedSet {
    /// Answers shorter than this go as they are: a packet is a packet.
    const WORTHWHILE: usize = 860;

    /// Codes bytes in every coding that makes them smaller.
    ///
    /// # Errors
    /// What a coder says; none is known for bytes in memory.
    pub fn of(identity: Vec<u8>) -> io::Result<Self> {
        let (tag, length) = (tag(&identity), identity.len());
        let mut set = Vec::with_capacity(Coding::ALL.len());
        if length >= Self::WORTHWHILE {
            for coding in [Coding::Zstd, Coding::Brotli, Coding::Gzip] {
                let coded = coding.encode(&identity)?;
                if coded.len() < length {
                    set.push(Arc::new(Coded::new(coding, coded.into(), &tag)));
                }
            }
        }
        set.push(Arc::new(Coded::new(Coding::Identity, identity.into(), &tag)));
        Ok(Self(set))
    }

    /// The bytes in this coding.
    pub fn get(&self, coding: Coding) -> Option<&Arc<Coded>> {
        self.0.iter().find(|coded| coded.coding == coding)
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
        let set = CodedSet::of(identity.clone()).unwrap();
        let mut tags = Vec::new();
        for coding in Coding::ALL {
            let coded = set.get(coding).unwrap();
            assert_eq!(decode(coded), identity, "{coding:?}");
            tags.push(coded.etag.clone());
        }
        tags.dedup();
        assert_eq!(tags.len(), Coding::ALL.len());
    }

    #[test]
    fn small_answers_go_as_they_are() {
        let set = CodedSet::of(b"{}".to_vec()).unwrap();
        assert!(set.get(Coding::Gzip).is_none());
        assert_eq!(
            set.get(Coding::Identity).unwrap().repr_digest,
            "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
        );
    }
}
