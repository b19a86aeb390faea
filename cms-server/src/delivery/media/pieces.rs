//! Bytes that are sent while they are fetched, piece by piece: a large file never lies in memory.

use std::{
    io::{self, SeekFrom},
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use cms_core::{Cms, media::Digest};
use rocket::tokio::{
    self,
    io::{AsyncRead, AsyncSeek, ReadBuf},
    task::JoinHandle,
};

use crate::problem::{Code, Problem};

/// Bytes that are fetched at once.
pub(super) const PIECE: usize = 256 << 10;

/// A piece on its way.
type Fetching = JoinHandle<io::Result<Vec<u8>>>;

/// The bytes of an asset, or a part of them.
pub(super) struct Pieces {
    cms: Cms,
    digest: Digest,
    size: u64,
    /// What is still to be fetched.
    rest: Range<u64>,
    /// What was fetched and not sent yet.
    piece: io::Cursor<Vec<u8>>,
    fetching: Option<Fetching>,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Pieces {
    /// All bytes under a digest, if they are there.
    pub(super) async fn of(cms: &Cms, digest: Digest) -> Result<Option<Self>, Problem> {
        let size = cms.vault().blobs.size(digest).await;
        let size = size.map_err(|error| Problem::new(Code::Unavailable).because(error))?;
        Ok(size.map(|size| Self {
            cms: cms.clone(),
            digest,
            size,
            rest: 0..size,
            piece: io::Cursor::default(),
            fetching: None,
        }))
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// A part of them.
    pub(super) fn part(self, rest: Range<u64>) -> Self {
        Self { rest, ..self }
    }

    fn fetch(&mut self) -> Fetching {
        let length = u64::try_from(PIECE).unwrap_or(u64::MAX);
        let end = self.rest.end.min(self.rest.start.saturating_add(length));
        let start = std::mem::replace(&mut self.rest.start, end);
        let (cms, digest) = (self.cms.clone(), self.digest);
        tokio::spawn(async move {
            let fetched = cms.vault().blobs.get_range(digest, start, end).await;
            let fetched = fetched.map_err(io::Error::other)?;
            fetched.map(|bytes| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let at = usize::try_from(self.piece.position()).unwrap_or(usize::MAX);
            let left = self.piece.get_ref().get(at..).unwrap_or_default();
            if !left.is_empty() {
                let length = left.len().min(buffer.remaining());
                buffer.put_slice(left.get(..length).unwrap_or_default());
                let next = self.piece.position() + u64::try_from(length).unwrap_or(0);
                self.piece.set_position(next);
                return Poll::Ready(Ok(()));
            }
            if self.fetching.is_none() {
                if self.rest.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                self.fetching = Some(self.fetch());
            }
            if let Some(fetching) = self.fetching.as_mut() {
                let fetched = ready!(Pin::new(fetching).poll(context));
                self.fetching = None;
                self.piece = io::Cursor::new(fetched.map_err(io::Error::other)??);
            }
        }
    }
}

/// Rocket asks for it, and never seeks: the length is said beforehand.
impl AsyncSeek for Pieces {
    fn start_seek(self: Pin<&mut Self>, _: SeekFrom) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
