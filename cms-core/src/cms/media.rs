//! The façade's assets: files taken in, replaced, made smaller, and let go of.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{ATTEMPTS, Cms, OpenError, acts::decided};
use crate::{
    access::Actor,
    asset::Facts,
    clock::Clock,
    commands::{
        Accepted, CommandError, Means,
        replace_asset::ReplaceAsset,
        upload_asset::{UploadAsset, Uploaded},
        vault::{Rendered, Vault, unavailable},
    },
    id::EntryId,
    media::{
        BlobError, Blobs, Digest, Limits, Pool, PoolOptions, Rendition, UploadOptions, Uploads,
    },
    queries::picture::Offer,
    violation::Violation,
};

/// How many digests are listed together.
const STEP: usize = 1_000;

/// How assets are kept and offered.
#[derive(Debug, Clone, Default)]
pub struct MediaOptions {
    /// Where their bytes lie; in the store's own folder without.
    pub blobs: Option<Blobs>,
    /// How they are offered to readers.
    pub offer: Offer,
    /// How much one file may ask for.
    pub limits: Limits,
    /// How much of this machine looking at files may take.
    pub pool: PoolOptions,
    /// How files that come piece by piece are received.
    pub uploads: UploadOptions,
}

/// Which bytes to let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectBytes {
    /// Whether only to say which they are.
    pub dry_run: bool,
    /// How long they stay in any case, in milliseconds: whoever brings bytes for an import names them a while later.
    pub stay: i64,
}

/// What was let go of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many bytes' digests some revision names.
    pub named: u64,
    /// How many no revision names, and are too young.
    pub young: u64,
    /// What was let go of, or would be: each digest with its bytes.
    pub removed: Vec<(Digest, u64)>,
    /// Uploads that never came to an end.
    pub uploads: usize,
}

/// What a look at all files of assets found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BytesSoundness {
    /// How many some revision names.
    pub files: u64,
    /// The digests of those that aren't there.
    pub missing: Vec<String>,
    /// The digests of those that are others than they were.
    pub damaged: Vec<String>,
}

/// Opens the bytes of the assets of a folder.
pub(super) fn open(
    dir: &Path,
    options: &MediaOptions,
    clock: &Arc<dyn Clock>,
) -> Result<Vault, OpenError> {
    let folder = media_folder(dir);
    let unusable = |reason: String| OpenError::Folder {
        path: folder.clone(),
        reason: io::Error::other(reason),
    };
    let blobs = match &options.blobs {
        Some(blobs) => blobs.clone(),
        None => Blobs::in_folder(&folder).map_err(|error| unusable(error.to_string()))?,
    };
    let uploads = Uploads::in_folder(&folder.join("uploads"), options.uploads, Arc::clone(clock));
    let uploads = uploads.map_err(|error| unusable(error.to_string()))?;
    let pool = Pool::start(options.pool).map_err(|error| unusable(error.to_string()))?;
    Ok(Vault::new(blobs, uploads, pool, options.limits.clone()))
}

/// Where the bytes of a store's assets lie.
pub fn media_folder(dir: &Path) -> PathBuf {
    dir.join("media")
}

impl Cms {
    /// The bytes of assets.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.0.vault
    }

    /// Makes an asset of a file, or finds the one that has the same bytes.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with why the file is refused.
    pub async fn upload_asset(
        &self,
        actor: &Actor,
        act: UploadAsset,
        bytes: Vec<u8>,
    ) -> Result<Uploaded, CommandError> {
        self.means().may_upload(actor, &act)?;
        let vault = self.vault();
        let taken = vault.take_in(bytes).await?;
        let _kept = vault.gate.read().await;
        vault.keep(&taken).await?;
        let _turn = vault.turn.lock().await;
        self.caught_up_with_log().await;
        let done = decided!(self, means => means.upload_asset(actor, act.clone(), &taken))?;
        if let Some(accepted) = done.accepted {
            self.seen(accepted).await;
        }
        Ok(done)
    }

    /// Gives an asset another file. The same file again changes nothing.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with why the file is refused.
    pub async fn replace_asset(
        &self,
        actor: &Actor,
        act: ReplaceAsset,
        bytes: Vec<u8>,
    ) -> Result<(Facts, Option<Accepted>), CommandError> {
        self.means().may_replace(actor, &act)?;
        let vault = self.vault();
        let taken = vault.take_in(bytes).await?;
        let _kept = vault.gate.read().await;
        vault.keep(&taken).await?;
        let done = decided!(self, means => means.replace_asset(actor, act.clone(), &taken))?;
        if let Some(accepted) = done.1 {
            self.seen(accepted).await;
        }
        Ok(done)
    }

    /// Keeps the bytes of an asset that is to be imported: those that a file is made into here, and no others. An
    /// administrator's act. Answers whether they weren't here yet.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with why the file is refused.
    pub async fn keep_bytes(
        &self,
        actor: &Actor,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<bool, CommandError> {
        Means::check_administrator(actor)?;
        let vault = self.vault();
        if vault.blobs.size(digest).await.map_err(unavailable)?.is_some() {
            return Ok(false);
        }
        let taken = vault.take_in(bytes).await?;
        if taken.digest != digest {
            let wrong = Violation::new("", "file_digest_differs").with("digest", digest);
            return Err(CommandError::Invalid(vec![wrong]));
        }
        vault.keep(&taken).await?;
        Ok(true)
    }

    /// A rendition of a picture, made if it isn't there; `None` when the picture isn't there. Whoever may see it is
    /// the caller's business.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] when it can't be made now.
    pub async fn rendition(
        &self,
        digest: Digest,
        rendition: Rendition,
    ) -> Result<Option<Rendered>, CommandError> {
        if let Some(rendered) = self.vault().at_hand(&(digest, rendition)) {
            return Ok(Some(rendered));
        }
        let vault = Arc::clone(self.vault());
        // Whoever asked may leave: what was begun is of use to the next.
        let making = tokio::spawn(async move { vault.rendition((digest, rendition)).await });
        making.await.map_err(|error| CommandError::Unavailable(error.to_string()))?
    }

    /// Reads all bytes that revisions name, and holds them against their digests.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] when they can't be read at all.
    pub async fn look_at_bytes(
        &self,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<BytesSoundness, CommandError> {
        let mut found = BytesSoundness::default();
        let mut after: Option<String> = None;
        loop {
            let page = self.editing().blobs(after.as_deref(), STEP)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            for text in page {
                found.files += 1;
                let Ok(digest) = text.parse::<Digest>() else {
                    found.missing.push(text);
                    continue;
                };
                match self.vault().blobs.get(digest).await {
                    Ok(Some(_)) => {}
                    Ok(None) => found.missing.push(text),
                    Err(BlobError::Damaged(_)) => found.damaged.push(text),
                    Err(other) => return Err(unavailable(other)),
                }
            }
            progress(found.files);
        }
    }

    /// Lets go of the bytes that no revision in history names. Uploads may go on meanwhile. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]; what was let go of until then is gone.
    pub async fn collect_bytes(
        &self,
        actor: &Actor,
        act: CollectBytes,
    ) -> Result<Collected, CommandError> {
        Means::check_administrator(actor)?;
        let vault = self.vault();
        let mut collected = Collected::default();
        if !act.dry_run {
            let expired = vault.uploads.expire().await;
            collected.uploads =
                expired.map_err(|error| CommandError::Unavailable(error.to_string()))?;
        }
        let oldest = self.clock().now().plus_millis(-act.stay).millis();
        for stored in vault.blobs.list().await.map_err(unavailable)? {
            // Held one by one: nobody who uploads waits long.
            let _alone = vault.gate.write().await;
            self.caught_up_with_log().await;
            if !self.editing().assets_with(&stored.digest.to_string())?.is_empty() {
                collected.named += 1;
            } else if stored.written > oldest {
                collected.young += 1;
            } else {
                if !act.dry_run {
                    vault.let_go(&stored.digest).await?;
                }
                collected.removed.push((stored.digest, stored.size));
            }
        }
        Ok(collected)
    }

    /// Lets go of the bytes that no revision names any more.
    pub(super) async fn let_go(&self, digests: Vec<String>) -> Result<(), CommandError> {
        if digests.is_empty() {
            return Ok(());
        }
        let _alone = self.vault().gate.write().await;
        self.caught_up_with_log().await;
        for digest in digests {
            let is_named = !self.editing().assets_with(&digest)?.is_empty();
            if let (false, Ok(digest)) = (is_named, digest.parse::<Digest>()) {
                self.vault().let_go(&digest).await?;
            }
        }
        Ok(())
    }

    /// The digests of the bytes that an entry's revisions name.
    pub(super) fn bytes_of(&self, entry: EntryId) -> Result<Vec<String>, CommandError> {
        Ok(self.editing().blobs_of(entry)?)
    }
}
