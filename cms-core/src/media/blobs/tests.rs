//! Blobs over a folder, and over a store that fails.
#![expect(
    clippy::string_slice,
    reason = "the texts of these tests are cut where their marks stand"
)]

use std::{
    fmt,
    ops::Range,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    PutMultipartOptions, PutOptions, PutResult, Result, memory::InMemory,
};

use super::*;
use crate::media::Kind;

fn in_folder() -> (tempfile::TempDir, Blobs) {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::in_folder(&dir.path().join("media")).unwrap();
    (dir, blobs)
}

fn file_of(dir: &tempfile::TempDir, digest: Digest) -> PathBuf {
    let name = digest.to_string();
    dir.path().join("media/blobs").join(&name[..2]).join(name)
}

#[tokio::test]
async fn what_is_kept_is_read_as_a_whole_and_in_parts() {
    let (_dir, blobs) = in_folder();
    let (digest, other) = (Digest::of(b"hello"), Digest::of(b"other"));
    assert_eq!(blobs.get(digest).await, Ok(None));
    assert_eq!(blobs.put(other, "hello".into()).await, Err(BlobError::NotItsDigest(other)));
    for _ in 0..2 {
        blobs.put(digest, "hello".into()).await.unwrap();
    }
    assert_eq!(blobs.get(digest).await.unwrap().unwrap(), "hello");
    assert_eq!(blobs.size(digest).await, Ok(Some(5)));
    let parts = [(0, 2, "he"), (1, 99, "ello"), (5, 9, ""), (3, 3, ""), (4, 2, "")];
    for (from, to, part) in parts {
        assert_eq!(blobs.get_range(digest, from, to).await.unwrap().unwrap(), part);
    }
    assert_eq!(blobs.get_range(other, 0, 1).await, Ok(None));
    assert_eq!(blobs.size(other).await, Ok(None));
}

#[tokio::test]
async fn blobs_are_listed_and_deleted_with_their_renditions() {
    let (_dir, blobs) = in_folder();
    let mut digests = Vec::new();
    for text in ["a", "bb", "ccc"] {
        let digest = Digest::of(text.as_bytes());
        blobs.put(digest, text.into()).await.unwrap();
        digests.push((digest, u64::try_from(text.len()).unwrap()));
    }
    digests.sort_unstable();
    let listed = blobs.list().await.unwrap();
    assert_eq!(listed.iter().map(|found| (found.digest, found.size)).collect::<Vec<_>>(), digests);
    let (digest, _) = digests[0];
    let rendition = Rendition::wide(160, Kind::Webp);
    blobs.put_rendition(digest, &rendition, b"small").await.unwrap();
    assert_eq!(blobs.rendition(digest, &rendition).await.unwrap().unwrap(), "small");
    assert_eq!(blobs.rendition(digest, &Rendition::wide(320, Kind::Webp)).await, Ok(None));
    assert_eq!(blobs.list().await.unwrap().len(), 3, "renditions are no blobs");
    for _ in 0..2 {
        blobs.delete(digest).await.unwrap();
    }
    assert_eq!(blobs.get(digest).await, Ok(None));
    assert_eq!(blobs.size(digest).await, Ok(None));
    assert_eq!(blobs.rendition(digest, &rendition).await, Ok(None));
    assert_eq!(blobs.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_damaged_blob_is_never_served_and_a_damaged_rendition_is_none() {
    let (dir, _) = in_folder();
    let open = || Blobs::in_folder(&dir.path().join("media")).unwrap();
    let digest = Digest::of(b"hello");
    let rendition = Rendition::wide(160, Kind::Webp);
    open().put(digest, "hello".into()).await.unwrap();
    open().put_rendition(digest, &rendition, b"small").await.unwrap();
    for damage in [&b"jello"[..], b"hell", b""] {
        fs::write(file_of(&dir, digest), damage).unwrap();
        let blobs = open();
        let damaged = BlobError::Damaged(digest);
        assert_eq!(blobs.get(digest).await, Err(damaged.clone()));
        assert_eq!(blobs.get_range(digest, 0, 2).await, Err(damaged.clone()));
        assert_eq!(blobs.size(digest).await, Err(damaged));
    }
    open().put(digest, "hello".into()).await.unwrap();
    assert_eq!(open().get(digest).await.unwrap().unwrap(), "hello", "kept again, it is whole");
    let folder = file_of(&dir, digest).to_string_lossy().replace("/blobs/", "/renditions/");
    let file = PathBuf::from(folder).join("160.webp");
    for damage in [&b"short"[..], &[0; 40]] {
        fs::write(&file, damage).unwrap();
        assert_eq!(open().rendition(digest, &rendition).await, Ok(None));
    }
}

/// A store that fails after so many calls.
#[derive(Debug)]
struct Failing {
    inner: InMemory,
    left: AtomicUsize,
    full: bool,
}

impl Failing {
    fn after(calls: usize, full: bool) -> Self {
        Self { inner: InMemory::new(), left: AtomicUsize::new(calls), full }
    }

    fn step(&self) -> Result<()> {
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() {
            return Ok(());
        }
        let kind =
            if self.full { io::ErrorKind::StorageFull } else { io::ErrorKind::ConnectionReset };
        Err(object_store::Error::Generic { store: "failing", source: io::Error::from(kind).into() })
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store that fails")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Failing {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.step()?;
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.step()?;
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.step()?;
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.step()?;
        self.inner.get_ranges(path, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.step() {
            Ok(()) => self.inner.delete_stream(paths),
            Err(error) => Box::pin(futures_util::stream::once(async { Err(error) })),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.step() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => Box::pin(futures_util::stream::once(async { Err(error) })),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.step()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.step()?;
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn a_store_that_fails_at_any_step_says_so_and_shows_nothing_in_part() {
    let digest = Digest::of(b"hello");
    let rendition = Rendition::wide(160, Kind::Webp);
    for calls in 0..9 {
        let blobs = Blobs::over(Arc::new(Failing::after(calls, false)));
        let acts = async {
            blobs.put(digest, "hello".into()).await?;
            assert_eq!(blobs.get(digest).await?.unwrap(), "hello");
            assert_eq!(blobs.get_range(digest, 1, 3).await?.unwrap(), "el");
            blobs.put_rendition(digest, &rendition, b"small").await?;
            assert_eq!(blobs.rendition(digest, &rendition).await?.unwrap(), "small");
            assert_eq!(blobs.list().await?.len(), 1);
            blobs.delete(digest).await
        };
        assert!(matches!(acts.await, Err(BlobError::Unavailable(_))), "{calls}");
    }
    let blobs = Blobs::over(Arc::new(Failing::after(0, true)));
    assert_eq!(blobs.put(digest, "hello".into()).await, Err(BlobError::Full));
}
