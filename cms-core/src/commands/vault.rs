//! Where the bytes of assets lie, and what takes them in.
//!
//! Bytes are durable before an event names them, and no revision ever names bytes that aren't there. They go when no
//! revision names them: those of erased assets at once, those of uploads that came to nothing when they are collected.

use std::{collections::HashMap, fmt, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{CommandError, Means};
use crate::{
    asset::{self, Facts},
    event::Fields,
    media::{
        BlobError, Blobs, Digest, Limits, Pool, PoolError, Refusal, Rendition, Taken, Uploads,
    },
    violation::{Violation, pointer_step},
};

/// How many files lie in memory on their way in.
const PLACES: usize = 4;
/// How much memory renditions that were asked for last may take, in bytes.
const HOT: u64 = 32 << 20;
/// How large a rendition is on average, about.
const TYPICAL: u64 = 64 << 10;

/// Which bytes a rendition is.
type Made = (Digest, Rendition);

/// A rendition's bytes, and their digest, which is made once.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// Their digest: another version of this program may make others.
    pub digest: Digest,
}

/// The bytes of assets.
pub struct Vault {
    /// The bytes, by their digest.
    pub blobs: Blobs,
    /// What arrives piece by piece.
    pub uploads: Uploads,
    pool: Pool,
    limits: Limits,
    /// Held by whoever keeps bytes until the event that names them is known here, and alone by whoever lets go of some.
    pub(crate) gate: tokio::sync::RwLock<()>,
    /// Held by the upload that is being decided, so that the same bytes make one asset.
    pub(crate) turn: tokio::sync::Mutex<()>,
    places: Arc<Semaphore>,
    /// Renditions that are being made.
    making: Mutex<HashMap<Made, Arc<tokio::sync::Mutex<()>>>>,
    hot: Cache<Made, Rendered, Weight>,
}

/// A place for a file in memory, as long as it is held.
pub type Place = Option<OwnedSemaphorePermit>;

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Made, Rendered> for Weight {
    fn weight(&self, _: &Made, rendered: &Rendered) -> u64 {
        u64::try_from(rendered.bytes.len() + 100).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// A vault over bytes that are kept somewhere.
    pub fn new(blobs: Blobs, uploads: Uploads, pool: Pool, limits: Limits) -> Self {
        let items = usize::try_from(HOT / TYPICAL).unwrap_or(500);
        Self {
            blobs,
            uploads,
            pool,
            limits,
            gate: tokio::sync::RwLock::default(),
            turn: tokio::sync::Mutex::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            making: Mutex::default(),
            hot: Cache::with_weighter(items, HOT, Weight),
        }
    }

    /// How much one file may ask for.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Waits for a place for a file.
    pub async fn place(&self) -> Place {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Looks at a file, and takes out of it what nobody else is to know.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with why the file is refused.
    pub async fn take_in(&self, bytes: Vec<u8>) -> Result<Taken, CommandError> {
        let taken = self.pool.take_in(bytes.into(), self.limits.clone()).await;
        taken.map_err(unworked)?.map_err(|refusal| refused(&refusal))
    }

    /// Keeps what was taken in. It is durable when this answers.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`]: then nothing of it is kept.
    pub async fn keep(&self, taken: &Taken) -> Result<(), CommandError> {
        let bytes = Bytes::from(taken.bytes.clone());
        self.blobs.put(taken.digest, bytes).await.map_err(unavailable)
    }

    /// A rendition that somebody asked for lately.
    pub fn at_hand(&self, made: &Made) -> Option<Rendered> {
        self.hot.get(made)
    }

    /// A rendition, made if it isn't there: once, however many ask for it at the same time. `None` when the picture
    /// isn't there.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] when it can't be made now.
    pub async fn rendition(&self, made: Made) -> Result<Option<Rendered>, CommandError> {
        let own = Arc::clone(self.making.lock().entry(made).or_default());
        let held = own.lock().await;
        let rendered = match self.at_hand(&made) {
            Some(rendered) => Ok(Some(rendered)),
            None => self.made(made).await,
        };
        drop(held);
        // Whoever waits has a hold of it; who comes now finds what was made.
        self.making.lock().remove(&made);
        rendered
    }

    async fn made(&self, (digest, rendition): Made) -> Result<Option<Rendered>, CommandError> {
        let kept = self.blobs.rendition(digest, &rendition).await.map_err(unavailable)?;
        let bytes: Arc<[u8]> = if let Some(bytes) = kept {
            (*bytes).into()
        } else {
            let picture = self.blobs.get(digest).await.map_err(unavailable)?;
            let Some(picture) = picture else { return Ok(None) };
            let rendered = self.pool.render((*picture).into(), rendition, self.limits.clone());
            let rendered = rendered.await.map_err(unworked)?;
            let rendered = rendered.map_err(|refusal| refused(&refusal))?;
            let put = self.blobs.put_rendition(digest, &rendition, &rendered).await;
            if let Err(error) = put {
                tracing::warn!(%error, %digest, "a rendition was made and not kept");
            }
            rendered.into()
        };
        let rendered = Rendered { digest: Digest::of(&bytes), bytes };
        self.hot.insert((digest, rendition), rendered.clone());
        Ok(Some(rendered))
    }

    /// Lets go of bytes and all that was made of them.
    pub(crate) async fn let_go(&self, digest: &Digest) -> Result<(), CommandError> {
        self.hot.retain(|(of, _), _| of != digest);
        self.blobs.delete(*digest).await.map_err(unavailable)
    }
}

fn unworked(error: PoolError) -> CommandError {
    CommandError::Unavailable(error.to_string())
}

/// Why a file isn't taken in.
fn refused(refusal: &Refusal) -> CommandError {
    let mut violation = Violation::new("", refusal.code());
    for (name, value) in refusal.facts() {
        violation = violation.with(name, value);
    }
    CommandError::Invalid(vec![violation])
}

/// What a file gave, under this name.
pub(crate) fn named(taken: &Taken, name: &str) -> Facts {
    let mut name = asset::file_name(name, taken.kind.extension());
    // A rendition's address is told from the file's own by its last step.
    if name.parse::<Rendition>().is_ok() {
        name.insert_str(0, "file-");
    }
    Facts {
        digest: taken.digest.to_string(),
        media_type: taken.kind.media_type().to_owned(),
        bytes: u64::try_from(taken.bytes.len()).unwrap_or(u64::MAX),
        name,
        width: taken.width,
        height: taken.height,
        frames: (taken.frames > 0).then_some(taken.frames),
        has_alpha: taken.has_alpha,
        dominant_colour: taken.dominant_colour.clone(),
        placeholder: taken.placeholder.clone(),
    }
}

pub(crate) fn unavailable(error: BlobError) -> CommandError {
    CommandError::Unavailable(error.to_string())
}

impl Means {
    /// What in an asset's shared fields isn't so: that the bytes aren't here, or are others than is said.
    pub(super) async fn check_bytes(
        &self,
        fields: &Fields,
    ) -> Result<Vec<Violation>, CommandError> {
        let Some(shared) = asset::Shared::of(fields) else { return Ok(Vec::new()) };
        let said = shared.facts;
        let missing = || Violation::new("/digest", "blob_missing").with("digest", &said.digest);
        let Ok(digest) = said.digest.parse::<Digest>() else { return Ok(vec![missing()]) };
        let Some(bytes) = self.vault.blobs.get(digest).await.map_err(unavailable)? else {
            return Ok(vec![missing()]);
        };
        let taken = self.vault.take_in(bytes.to_vec()).await?;
        let is = named(&taken, &said.name).fields();
        let said = said.fields();
        // How colours are chosen may change; what the file is doesn't.
        let names = ["bytes", "digest", "frames", "height", "media_type", "name", "width"];
        let differs = names.into_iter().filter(|name| is.get(*name) != said.get(*name));
        let told = differs.map(|name| {
            let is = is.get(name).map_or_else(|| "–".to_owned(), ToString::to_string);
            Violation::new(pointer_step(name), "blob_differs").with("is", is)
        });
        Ok(told.collect())
    }
}
