//! Bytes by their digest: written once, never changed, checked when they are read.
//!
//! They lie in a folder of this machine, or in a bucket (`bucket.rs`). Renditions lie beside the blobs, under what they were made of, each with its
//! own digest before it: they can be made again.

#[cfg(test)]
mod tests;

use std::{error::Error as _, fs, io, path::Path as Folder, sync::Arc};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path,
};
use quick_cache::sync::Cache;

use super::{Digest, Rendition};

/// How many blobs are remembered as whole, so that reading a part of one doesn't read all of it each time.
const REMEMBERED: usize = 10_000;
/// The bytes of a digest, before a rendition's own.
const SEAL: usize = 32;

/// Where blobs lie.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The sizes of blobs that were read as a whole by this process, and were whole.
    sound: Arc<Cache<Digest, u64>>,
}

/// A blob, as a list has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// Its name.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// When it was written, in milliseconds since 1970, by the store's clock.
    pub written: i64,
}

/// Why bytes could not be kept or read. Nothing half-written can be seen afterwards.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// There is no room left where blobs lie.
    #[error("no room is left for blobs")]
    Full,
    /// The store doesn't answer, or not as it should.
    #[error("the blobs can't be reached: {0}")]
    Unavailable(String),
    /// The bytes to be kept don't have the digest that they were said to have.
    #[error("the bytes are not those of {0}")]
    NotItsDigest(Digest),
    /// What is kept isn't what was kept once: it is never served.
    #[error("the blob {0} is damaged")]
    Damaged(Digest),
}

impl Blobs {
    /// Blobs in a folder, which is made if it isn't there. Writes are on the disk before they are answered.
    ///
    /// # Errors
    ///
    /// The folder can't be made or read.
    pub fn in_folder(folder: &Folder) -> Result<Self, BlobError> {
        // Made beforehand: of two first writes into a new folder, one might answer before the other has synced
        // the folder's own entry.
        let made = shards(folder);
        made.map_err(|error| io_error(&error))?;
        let store =
            LocalFileSystem::new_with_prefix(folder).map_err(|error| store_error(&error))?;
        Ok(Self::over(Arc::new(store.with_fsync(true))))
    }

    /// Blobs over any store.
    pub(in crate::media) fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, sound: Arc::new(Cache::new(REMEMBERED)) }
    }

    /// Keeps these bytes under their digest; the same bytes again change nothing.
    ///
    /// # Errors
    ///
    /// [`BlobError::NotItsDigest`] if they are others; why they can't be kept.
    pub async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), BlobError> {
        if Digest::of(&bytes) != digest {
            return Err(BlobError::NotItsDigest(digest));
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.write(&blob(digest), PutPayload::from(bytes)).await?;
        self.sound.insert(digest, size);
        Ok(())
    }

    /// All bytes of a blob; none if it isn't there.
    ///
    /// # Errors
    ///
    /// [`BlobError::Damaged`] if they aren't what was kept; why they can't be read.
    pub async fn get(&self, digest: Digest) -> Result<Option<Bytes>, BlobError> {
        let Some(bytes) = self.read(&blob(digest)).await? else { return Ok(None) };
        if Digest::of(&bytes) != digest {
            self.sound.remove(&digest);
            return Err(BlobError::Damaged(digest));
        }
        self.sound.insert(digest, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(Some(bytes))
    }

    /// The bytes from `from` up to `to`, as many of them as there are; none if the blob isn't there. A blob that
    /// this process hasn't read yet is read as a whole first, so that no part of a damaged one is served.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn get_range(
        &self,
        digest: Digest,
        from: u64,
        to: u64,
    ) -> Result<Option<Bytes>, BlobError> {
        // Of one that was whole, its size is known: no question more for each part of it.
        let size = match self.sound.get(&digest) {
            Some(size) => size,
            None => match self.size(digest).await? {
                Some(size) => size,
                None => return Ok(None),
            },
        };
        let to = to.min(size);
        if from >= to {
            return Ok(Some(Bytes::new()));
        }
        let read = self.store.get_range(&blob(digest), from..to).await;
        match read {
            Ok(bytes) if u64::try_from(bytes.len()) == Ok(to - from) => Ok(Some(bytes)),
            Ok(_) => {
                self.sound.remove(&digest);
                Err(BlobError::Damaged(digest))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(store_error(&error)),
        }
    }

    /// The size of a blob, of which all bytes are as they were kept; none if it isn't there.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn size(&self, digest: Digest) -> Result<Option<u64>, BlobError> {
        if let Some(known) = self.sound.get(&digest) {
            return Ok(self.stored_size(&blob(digest)).await?.filter(|size| *size == known));
        }
        let size = |bytes: Bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.get(digest).await?.map(size))
    }

    /// Deletes a blob and all renditions of it; one that isn't there is deleted already.
    ///
    /// # Errors
    ///
    /// Why it can't be deleted.
    pub async fn delete(&self, digest: Digest) -> Result<(), BlobError> {
        self.delete_renditions(digest).await?;
        self.sound.remove(&digest);
        self.remove(&blob(digest)).await
    }

    /// All blobs, by their digests.
    ///
    /// # Errors
    ///
    /// Why they can't be listed.
    pub async fn list(&self) -> Result<Vec<Stored>, BlobError> {
        let found: Vec<_> = self
            .store
            .list(Some(&Path::from("blobs")))
            .try_collect()
            .await
            .map_err(|error| store_error(&error))?;
        let mut stored: Vec<Stored> = found
            .into_iter()
            .filter_map(|meta| {
                let digest = meta.location.filename()?.parse().ok()?;
                Some(Stored {
                    digest,
                    size: meta.size,
                    written: meta.last_modified.timestamp_millis(),
                })
            })
            .collect();
        stored.sort_unstable();
        Ok(stored)
    }

    /// Keeps a rendition of a blob.
    ///
    /// # Errors
    ///
    /// Why it can't be kept.
    pub async fn put_rendition(
        &self,
        of: Digest,
        rendition: &Rendition,
        bytes: &[u8],
    ) -> Result<(), BlobError> {
        let sealed = [Digest::of(bytes).as_bytes(), bytes].concat();
        self.write(&rendition_of(of, rendition), PutPayload::from(sealed)).await
    }

    /// A rendition of a blob; none if it wasn't made yet, or is damaged and has to be made again.
    ///
    /// # Errors
    ///
    /// Why it can't be read.
    pub async fn rendition(
        &self,
        of: Digest,
        rendition: &Rendition,
    ) -> Result<Option<Bytes>, BlobError> {
        let path = rendition_of(of, rendition);
        let Some(sealed) = self.read(&path).await? else { return Ok(None) };
        let (Some(seal), Some(_)) = (sealed.first_chunk::<SEAL>(), sealed.get(SEAL)) else {
            return Ok(None);
        };
        let bytes = sealed.slice(SEAL..);
        if Digest::of(&bytes).as_bytes() != seal {
            tracing::warn!(digest = %of, rendition = %rendition, "a rendition is damaged; it is made again");
            return Ok(None);
        }
        Ok(Some(bytes))
    }

    /// Deletes all renditions of a blob, and keeps the blob.
    ///
    /// # Errors
    ///
    /// Why they can't be deleted.
    pub async fn delete_renditions(&self, of: Digest) -> Result<(), BlobError> {
        let found: Vec<_> = self
            .store
            .list(Some(&renditions_of(of)))
            .try_collect()
            .await
            .map_err(|error| store_error(&error))?;
        for meta in found {
            self.remove(&meta.location).await?;
        }
        Ok(())
    }

    async fn write(&self, path: &Path, payload: PutPayload) -> Result<(), BlobError> {
        self.store.put(path, payload).await.map(drop).map_err(|error| store_error(&error))
    }

    async fn read(&self, path: &Path) -> Result<Option<Bytes>, BlobError> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(store_error(&error)),
        };
        found.bytes().await.map(Some).map_err(|error| store_error(&error))
    }

    async fn stored_size(&self, path: &Path) -> Result<Option<u64>, BlobError> {
        match self.store.head(path).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(store_error(&error)),
        }
    }

    async fn remove(&self, path: &Path) -> Result<(), BlobError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(store_error(&error)),
        }
    }
}

fn blob(digest: Digest) -> Path {
    let name = digest.to_string();
    Path::from_iter(["blobs", name.get(..2).unwrap_or_default(), &name])
}

fn renditions_of(digest: Digest) -> Path {
    let name = digest.to_string();
    Path::from_iter(["renditions", name.get(..2).unwrap_or_default(), &name])
}

fn rendition_of(digest: Digest, rendition: &Rendition) -> Path {
    renditions_of(digest).join(rendition.to_string())
}

/// Makes the folders that blobs lie in, and syncs what they are entries of.
fn shards(folder: &Folder) -> io::Result<()> {
    let blobs = folder.join("blobs");
    if blobs.join("ff").is_dir() {
        return Ok(());
    }
    for shard in 0..=u8::MAX {
        fs::create_dir_all(blobs.join(format!("{shard:02x}")))?;
    }
    for synced in [Some(blobs.as_path()), Some(folder), folder.parent()].into_iter().flatten() {
        // A relative folder of one name has an empty parent.
        if !synced.as_os_str().is_empty() {
            fs::File::open(synced)?.sync_all()?;
        }
    }
    Ok(())
}

fn io_error(error: &io::Error) -> BlobError {
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    if full.contains(&error.kind()) {
        BlobError::Full
    } else {
        BlobError::Unavailable(error.to_string())
    }
}

fn store_error(error: &object_store::Error) -> BlobError {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(found) = found.downcast_ref::<io::Error>() {
            return io_error(found);
        }
        cause = found.source();
    }
    BlobError::Unavailable(error.to_string())
}
