//! A backup on disk: volumes that never change, and a manifest that names them with their digests.
//!
//! A volume holds a run of events as bytes, or of the history of names. It knows nothing of the adapter
//! that it came from, so that a log may be restored into another.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Hash;

/// The first bytes of every volume.
const MAGIC: &[u8] = b"beacon volume 1\n";
/// The name of the manifest.
const MANIFEST: &str = "manifest.json";
/// The layout that this program writes.
pub(super) const FORMAT: u32 = 2;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The history that it was taken from.
    pub(super) epoch: u64,
    /// The last event.
    pub(super) last: u64,
    /// The root of the Merkle tree over all of them, in hexadecimal.
    pub(super) root: String,
    pub(super) volumes: Vec<Volume>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Volume {
    pub(super) file: String,
    pub(super) holds: Holds,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) bytes: u64,
    /// SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

/// What a volume holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Holds {
    Events,
    Names,
}

/// An event in a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) header: Vec<u8>,
    /// `None` once erased.
    pub(super) payload: Option<Vec<u8>>,
}

/// Why a file of a backup could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// It is not what was written.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A newer version of this program wrote it.
    #[error("{path} has format {found}, and this program knows formats up to {known}")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest format that this program reads.
        known: u32,
    },
    /// The disk refused.
    #[error("{path} cannot be used: {reason}")]
    Unavailable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl Manifest {
    /// Reads the manifest of the backup in `dir`; `None` when there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, VolumeError> {
        let path = dir.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unavailable(&path, &error)),
        };
        // The last line is the digest of those before it.
        let end = text.len().saturating_sub(65);
        let (json, digest) = text.split_at(end);
        if digest.strip_suffix(b"\n") != Some(hex_digest(json).as_bytes()) {
            return Err(damaged(&path, &"its digest is wrong"));
        }
        let manifest: Self =
            serde_json::from_slice(json).map_err(|error| damaged(&path, &error))?;
        if manifest.format > FORMAT {
            return Err(VolumeError::Newer { path, found: manifest.format, known: FORMAT });
        }
        Ok(Some(manifest))
    }

    /// Puts the manifest in place, atomically; the volumes it names are there already.
    pub(super) fn write(&self, dir: &Path) -> Result<(), VolumeError> {
        let path = dir.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| damaged(&path, &error))?;
        text.push(b'\n');
        let digest = hex_digest(&text);
        text.extend_from_slice(digest.as_bytes());
        text.push(b'\n');
        let made = dir.join(format!("{MANIFEST}.new"));
        let written = fs::write(&made, text)
            .and_then(|()| File::open(&made)?.sync_all())
            .and_then(|()| fs::rename(&made, &path))
            .and_then(|()| File::open(dir)?.sync_all());
        written.map_err(|error| unavailable(&path, &error))
    }

    /// Removes volumes that the manifest doesn't name.
    pub(super) fn sweep(&self, dir: &Path) -> Result<(), VolumeError> {
        let entries = fs::read_dir(dir).map_err(|error| unavailable(dir, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| unavailable(dir, &error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let named = self.volumes.iter().any(|volume| volume.file == name);
            if name.ends_with(SUFFIX) && !named {
                fs::remove_file(&path).map_err(|error| unavailable(&path, &error))?;
            }
        }
        Ok(())
    }
}

const SUFFIX: &str = ".volume";

/// Whether a file of this name is a backup's.
pub(super) fn is_ours(name: &str) -> bool {
    name.ends_with(SUFFIX) || name.starts_with(MANIFEST)
}

/// A volume while it is written.
pub(super) struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl Writer {
    /// Starts a volume of this name.
    pub(super) fn create(dir: &Path, name: &str) -> Result<Self, VolumeError> {
        let path = dir.join(format!("{name}{SUFFIX}"));
        let file = File::create(&path).map_err(|error| unavailable(&path, &error))?;
        let mut writer = Self { path, file: BufWriter::new(file), digest: Sha256::new(), bytes: 0 };
        writer.write(MAGIC)?;
        Ok(writer)
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds an event.
    pub(super) fn event(&mut self, record: &Record) -> Result<(), VolumeError> {
        self.item(Some(&record.header))?;
        self.item(record.payload.as_deref())
    }

    /// Adds a row of the history of names.
    pub(super) fn name(&mut self, key: &[u8], row: &[u8]) -> Result<(), VolumeError> {
        self.item(Some(key))?;
        self.item(Some(row))
    }

    /// Ends the volume; it is safe when this returns.
    pub(super) fn finish(
        mut self,
        holds: Holds,
        first: u64,
        last: u64,
    ) -> Result<Volume, VolumeError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| unavailable(&self.path, &error))?;
        let file = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let digest: Hash = self.digest.finalize().into();
        Ok(Volume { file, holds, first, last, bytes: self.bytes, sha256: hex::encode(digest) })
    }

    /// Four bytes of length, then the bytes; the length of what is not there is the highest there is.
    fn item(&mut self, bytes: Option<&[u8]>) -> Result<(), VolumeError> {
        let length = bytes.map_or(NONE, |bytes| u32::try_from(bytes.len()).unwrap_or(NONE));
        self.write(&length.to_be_bytes())?;
        self.write(bytes.unwrap_or_default())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), VolumeError> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| unavailable(&self.path, &error))
    }
}

const NONE: u32 = u32::MAX;

/// A volume's content, checked as a whole.
pub(super) struct Content {
    path: PathBuf,
    bytes: Vec<u8>,
    at: usize,
}

impl Content {
    /// Reads a volume; one with a wrong digest is refused before anything is made of it.
    pub(super) fn read(dir: &Path, volume: &Volume) -> Result<Self, VolumeError> {
        let path = dir.join(&volume.file);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damaged(&path, &"it is missing"));
            }
            Err(error) => return Err(unavailable(&path, &error)),
        };
        if hex_digest(&bytes) != volume.sha256 {
            return Err(damaged(&path, &"its digest is wrong"));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(damaged(&path, &"it is no volume"));
        }
        Ok(Self { path, bytes, at: MAGIC.len() })
    }

    /// Where it was read from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next record, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, VolumeError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let header = self.item()?.ok_or_else(|| damaged(&self.path, &"a record has no header"))?;
        Ok(Some(Record { header, payload: self.item()? }))
    }

    fn item(&mut self) -> Result<Option<Vec<u8>>, VolumeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let cut = || damaged(&self.path, &"it is cut short");
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let length = u32::from_be_bytes(*length);
        self.at += 4;
        if length == NONE {
            return Ok(None);
        }
        let length = length as usize;
        let item = rest.get(..length).ok_or_else(cut)?.to_vec();
        self.at += length;
        Ok(Some(item))
    }
}

pub(super) fn damaged(path: &Path, reason: &dyn ToString) -> VolumeError {
    VolumeError::Damaged { path: path.to_owned(), reason: reason.to_string() }
}

pub(super) fn unavailable(path: &Path, error: &dyn ToString) -> VolumeError {
    VolumeError::Unavailable { path: path.to_owned(), reason: error.to_string() }
}

fn hex_digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let record = |header: &[u8], payload: Option<&[u8]>| Record {
            header: header.to_vec(),
            payload: payload.map(<[u8]>::to_vec),
        };
        vec![record(b"one", Some(b"body")), record(b"two", None), record(b"three", Some(b""))]
    }

    fn write(dir: &Path) -> Volume {
        let mut writer = Writer::create(dir, "events-1").unwrap();
        for record in records() {
            writer.event(&record).unwrap();
        }
        writer.finish(Holds::Events, 1, 3).unwrap()
    }

    #[test]
    fn a_volume_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let volume = write(dir.path());
        let mut content = Content::read(dir.path(), &volume).unwrap();
        let read: Vec<Record> = std::iter::from_fn(|| content.next().unwrap()).collect();
        assert_eq!(read, records());
        assert_eq!(volume.bytes, fs::metadata(dir.path().join(&volume.file)).unwrap().len());
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_volume_or_a_manifest_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let volume = write(dir.path());
        let manifest = Manifest {
            format: FORMAT,
            epoch: 1,
            last: 3,
            root: String::new(),
            volumes: vec![volume.clone()],
        };
        manifest.write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()), Ok(Some(manifest)));
        for name in [volume.file.as_str(), MANIFEST] {
            let path = dir.path().join(name);
            let bytes = fs::read(&path).unwrap();
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 0x10;
                fs::write(&path, flipped).unwrap();
                let found = match name {
                    MANIFEST => Manifest::read(dir.path()).map(drop),
                    _ => Content::read(dir.path(), &volume).map(drop),
                };
                assert!(
                    matches!(found, Err(VolumeError::Damaged { path: named, .. }) if named == path)
                );
            }
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            let found = match name {
                MANIFEST => Manifest::read(dir.path()).map(drop),
                _ => Content::read(dir.path(), &volume).map(drop),
            };
            assert!(matches!(found, Err(VolumeError::Damaged { .. })));
            fs::write(&path, bytes).unwrap();
        }
    }

    #[test]
    fn a_newer_manifest_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            format: FORMAT + 1,
            epoch: 1,
            last: 0,
            root: String::new(),
            volumes: Vec::new(),
        };
        manifest.write(dir.path()).unwrap();
        assert!(matches!(Manifest::read(dir.path()), Err(VolumeError::Newer { .. })));
    }
}
