//! Uploads that come in pieces, and go on where they broke off.
//!
//! Who uploads says first which digest and how many bytes the whole will have; then any number of pieces may
//! come, each at the place where the last one ended. What lies here is nothing yet: it is read once, when it is
//! complete and has the digest that it was said to have.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task;

use super::Digest;
use crate::clock::Clock;

/// How much may lie here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadOptions {
    /// The most bytes of one upload.
    pub bytes: u64,
    /// The most bytes of all uploads that have begun.
    pub total: u64,
    /// The most uploads at once.
    pub uploads: usize,
    /// Milliseconds after which an upload that isn't finished is thrown away.
    pub lifetime: i64,
}

impl Default for UploadOptions {
    /// 64 MB each, 2 GB in all, 200 at once, a day.
    fn default() -> Self {
        Self { bytes: 64_000_000, total: 2_000_000_000, uploads: 200, lifetime: 86_400_000 }
    }
}

/// Why a piece isn't taken, or an upload not finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// It is to have more bytes than one upload may have.
    #[error("{bytes} bytes; at most {most} are taken")]
    TooLarge {
        /// What it is to have.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// Too many uploads have begun, or too large ones.
    #[error("too many uploads have begun")]
    TooMany,
    /// No upload of this digest has begun, or it was thrown away.
    #[error("no upload of {0} has begun")]
    Unknown(Digest),
    /// One of this digest has begun, and is to have another size.
    #[error("the upload is to have {size} bytes")]
    OtherSize {
        /// The size that was said first.
        size: u64,
    },
    /// The piece doesn't begin where the last one ended.
    #[error("the next piece begins at byte {offset}")]
    NotThere {
        /// Where it has to begin.
        offset: u64,
    },
    /// The piece goes past the size that was said.
    #[error("the upload is to have {size} bytes")]
    TooMuch {
        /// The size that was said.
        size: u64,
    },
    /// Not all pieces have come.
    #[error("{offset} of {size} bytes have come")]
    Incomplete {
        /// How many have.
        offset: u64,
        /// The size that was said.
        size: u64,
    },
    /// The bytes that came aren't those of the digest; they were thrown away.
    #[error("the bytes are not those of {0}")]
    NotItsDigest(Digest),
    /// There is no room left.
    #[error("no room is left for uploads")]
    Full,
    /// The folder can't be read or written.
    #[error("uploads can't be kept: {0}")]
    Unavailable(String),
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&error.kind()) { Self::Full } else { Self::Unavailable(error.to_string()) }
    }
}

/// Where uploads lie until they are finished: a folder, a file each, named after what it is to become.
#[derive(Debug, Clone)]
pub struct Uploads(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    options: UploadOptions,
    clock: Arc<dyn Clock>,
    /// One at a time: pieces are small, and their order matters.
    turn: Mutex<()>,
}

/// An upload that has begun.
struct Begun {
    path: PathBuf,
    digest: Digest,
    size: u64,
    at: i64,
    offset: u64,
}

impl Uploads {
    /// Uploads in a folder, which is made if it isn't there.
    ///
    /// # Errors
    ///
    /// The folder can't be made.
    pub fn in_folder(
        folder: &Path,
        options: UploadOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, UploadError> {
        fs::create_dir_all(folder)?;
        let folder = folder.to_path_buf();
        Ok(Self(Arc::new(Shared { folder, options, clock, turn: Mutex::new(()) })))
    }

    /// Begins an upload, or finds the one that has begun; gives the place where the next piece begins.
    ///
    /// # Errors
    ///
    /// Why it can't begin.
    pub async fn begin(&self, digest: Digest, size: u64) -> Result<u64, UploadError> {
        self.blocking(move |shared| shared.begin(digest, size)).await
    }

    /// Where the next piece begins, and the size that the whole will have; none if no such upload has begun.
    ///
    /// # Errors
    ///
    /// The folder can't be read.
    pub async fn offset(&self, digest: Digest) -> Result<Option<(u64, u64)>, UploadError> {
        let found = self.blocking(move |shared| shared.find(digest)).await?;
        Ok(found.map(|begun| (begun.offset, begun.size)))
    }

    /// Takes a piece that begins at this place; gives the place where the next one begins. A piece that can't be
    /// written whole isn't written at all.
    ///
    /// # Errors
    ///
    /// Why it isn't taken.
    pub async fn append(
        &self,
        digest: Digest,
        offset: u64,
        piece: Bytes,
    ) -> Result<u64, UploadError> {
        self.blocking(move |shared| shared.append(digest, offset, &piece)).await
    }

    /// The whole, once all pieces have come. It stays until it is [discarded](Self::discard), so that what is
    /// made of it can be made again after a crash.
    ///
    /// # Errors
    ///
    /// Pieces are missing; or they aren't those of the digest, and the upload is thrown away.
    pub async fn finish(&self, digest: Digest) -> Result<Vec<u8>, UploadError> {
        self.blocking(move |shared| shared.finish(digest)).await
    }

    /// Throws an upload away; one that hasn't begun is away already.
    ///
    /// # Errors
    ///
    /// The folder can't be written.
    pub async fn discard(&self, digest: Digest) -> Result<(), UploadError> {
        self.blocking(move |shared| match shared.find(digest)? {
            Some(begun) => Ok(fs::remove_file(begun.path)?),
            None => Ok(()),
        })
        .await
    }

    /// Throws away what began too long ago; gives how many.
    ///
    /// # Errors
    ///
    /// The folder can't be read or written.
    pub async fn expire(&self) -> Result<usize, UploadError> {
        self.blocking(Shared::expire).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, UploadError> + Send + 'static,
    ) -> Result<T, UploadError> {
        let shared = Arc::clone(&self.0);
        let done = task::spawn_blocking(move || {
            let _turn = shared.turn.lock();
            work(&shared)
        });
        done.await.unwrap_or_else(|error| Err(UploadError::Unavailable(error.to_string())))
    }
}

impl Shared {
    fn begin(&self, digest: Digest, size: u64) -> Result<u64, UploadError> {
        if size > self.options.bytes {
            return Err(UploadError::TooLarge { bytes: size, most: self.options.bytes });
        }
        self.expire()?;
        let all = self.all()?;
        if let Some(begun) = all.iter().find(|begun| begun.digest == digest) {
            let is_same = begun.size == size;
            return is_same
                .then_some(begun.offset)
                .ok_or(UploadError::OtherSize { size: begun.size });
        }
        let total = all.iter().fold(size, |sum, begun| sum.saturating_add(begun.size));
        if all.len() >= self.options.uploads || total > self.options.total {
            return Err(UploadError::TooMany);
        }
        let name = format!("{digest}.{size}.{}", self.clock.now().millis());
        OpenOptions::new().write(true).create_new(true).open(self.folder.join(name))?;
        Ok(0)
    }

    fn append(&self, digest: Digest, offset: u64, piece: &[u8]) -> Result<u64, UploadError> {
        let begun = self.find(digest)?.ok_or(UploadError::Unknown(digest))?;
        if begun.offset != offset {
            return Err(UploadError::NotThere { offset: begun.offset });
        }
        let end = offset.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if end > begun.size {
            return Err(UploadError::TooMuch { size: begun.size });
        }
        let mut file = OpenOptions::new().append(true).open(&begun.path)?;
        if let Err(error) = file.write_all(piece) {
            file.set_len(offset)?;
            return Err(error.into());
        }
        Ok(end)
    }

    fn finish(&self, digest: Digest) -> Result<Vec<u8>, UploadError> {
        let Begun { path, size, offset, .. } =
            self.find(digest)?.ok_or(UploadError::Unknown(digest))?;
        if offset < size {
            return Err(UploadError::Incomplete { offset, size });
        }
        let bytes = fs::read(&path)?;
        if Digest::of(&bytes) != digest {
            fs::remove_file(&path)?;
            return Err(UploadError::NotItsDigest(digest));
        }
        Ok(bytes)
    }

    fn expire(&self) -> Result<usize, UploadError> {
        let oldest = self.clock.now().plus_millis(-self.options.lifetime).millis();
        let mut expired = 0;
        for begun in self.all()?.iter().filter(|begun| begun.at < oldest) {
            fs::remove_file(&begun.path)?;
            expired += 1;
        }
        Ok(expired)
    }

    fn find(&self, digest: Digest) -> Result<Option<Begun>, UploadError> {
        Ok(self.all()?.into_iter().find(|begun| begun.digest == digest))
    }

    /// The uploads that have begun; other files aren't its own.
    fn all(&self) -> Result<Vec<Begun>, UploadError> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some((digest, size, at)) = name.to_str().and_then(parsed) else { continue };
            let offset = File::open(entry.path())?.metadata()?.len();
            all.push(Begun { path: entry.path(), digest, size, at, offset });
        }
        Ok(all)
    }
}

/// What a file's name says: its digest, its size, when it began.
fn parsed(name: &str) -> Option<(Digest, u64, i64)> {
    let mut steps = name.split('.');
    let parsed =
        (steps.next()?.parse().ok()?, steps.next()?.parse().ok()?, steps.next()?.parse().ok()?);
    steps.next().is_none().then_some(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Timestamp};

    fn uploads(options: UploadOptions) -> (tempfile::TempDir, Arc<ManualClock>, Uploads) {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000)));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let uploads = Uploads::in_folder(&dir.path().join("staging"), options, shared).unwrap();
        (dir, clock, uploads)
    }

    #[tokio::test]
    async fn an_upload_comes_in_pieces_and_goes_on_where_it_broke_off() {
        let (_dir, _, uploads) = uploads(UploadOptions::default());
        let digest = Digest::of(b"hello");
        assert_eq!(uploads.append(digest, 0, "he".into()).await, Err(UploadError::Unknown(digest)));
        assert_eq!(uploads.begin(digest, 5).await, Ok(0));
        assert_eq!(uploads.append(digest, 0, "he".into()).await, Ok(2));
        assert_eq!(
            uploads.append(digest, 0, "he".into()).await,
            Err(UploadError::NotThere { offset: 2 })
        );
        assert_eq!(uploads.begin(digest, 5).await, Ok(2));
        assert_eq!(uploads.begin(digest, 6).await, Err(UploadError::OtherSize { size: 5 }));
        assert_eq!(
            uploads.finish(digest).await,
            Err(UploadError::Incomplete { offset: 2, size: 5 })
        );
        assert_eq!(
            uploads.append(digest, 2, "llo!".into()).await,
            Err(UploadError::TooMuch { size: 5 })
        );
        assert_eq!(uploads.append(digest, 2, "llo".into()).await, Ok(5));
        assert_eq!(uploads.finish(digest).await.unwrap(), b"hello");
        assert_eq!(uploads.offset(digest).await, Ok(Some((5, 5))));
        uploads.discard(digest).await.unwrap();
        assert_eq!(uploads.offset(digest).await, Ok(None));
    }

    #[tokio::test]
    async fn bytes_of_another_digest_are_thrown_away() {
        let (_dir, _, uploads) = uploads(UploadOptions::default());
        let digest = Digest::of(b"hello");
        uploads.begin(digest, 5).await.unwrap();
        uploads.append(digest, 0, "jello".into()).await.unwrap();
        assert_eq!(uploads.finish(digest).await, Err(UploadError::NotItsDigest(digest)));
        assert_eq!(uploads.offset(digest).await, Ok(None));
    }

    #[tokio::test]
    async fn uploads_are_bounded_and_old_ones_make_room() {
        let options = UploadOptions { bytes: 10, total: 12, uploads: 2, lifetime: 100 };
        let (_dir, clock, uploads) = uploads(options);
        let [one, two, three] = [b"1", b"2", b"3"].map(|text| Digest::of(text));
        assert_eq!(
            uploads.begin(one, 11).await,
            Err(UploadError::TooLarge { bytes: 11, most: 10 })
        );
        assert_eq!(uploads.begin(one, 10).await, Ok(0));
        assert_eq!(uploads.begin(two, 10).await, Err(UploadError::TooMany));
        assert_eq!(uploads.begin(two, 1).await, Ok(0));
        assert_eq!(uploads.begin(three, 1).await, Err(UploadError::TooMany));
        clock.advance(101);
        assert_eq!(uploads.begin(three, 1).await, Ok(0));
        assert_eq!(uploads.offset(one).await, Ok(None));
        assert_eq!(uploads.expire().await, Ok(0));
    }
}
