//! Bodies that are made while they are sent, by a thread that may wait for the disk.
//!
//! HTTP ends such a body well whatever happened to the thread: each format says itself where its end is.

use std::{
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use rocket::{
    Request, futures,
    http::ContentType,
    response::{self, Responder, stream::ByteStream},
};
use tokio::sync::mpsc;

/// Pieces that wait to be sent, at most.
const WAITING: usize = 8;
/// Bytes after which a piece is handed over.
const PIECE: usize = 64 << 10;

/// A body on its way.
#[derive(Debug)]
pub struct Streamed {
    kind: ContentType,
    pieces: mpsc::Receiver<Vec<u8>>,
}

impl Streamed {
    /// A body that `make` writes, on a thread of its own. What it answers with an error is logged, and the
    /// body ends where it stands.
    pub(crate) fn by<E: std::fmt::Display>(
        kind: ContentType,
        make: impl FnOnce(&mut Pieces) -> Result<(), E> + Send + 'static,
    ) -> Self {
        let (send, pieces) = mpsc::channel(WAITING);
        // It ends when it is done, or when nobody reads any more.
        drop(tokio::task::spawn_blocking(move || {
            let mut out = Pieces { send, piece: Vec::with_capacity(PIECE) };
            if let Err(error) = make(&mut out) {
                tracing::error!(%error, "an answer was cut short");
            }
        }));
        Self { kind, pieces }
    }
}

/// Where the thread writes to.
#[derive(Debug)]
pub(crate) struct Pieces {
    send: mpsc::Sender<Vec<u8>>,
    piece: Vec<u8>,
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads any more");
        self.send.blocking_send(piece).map_err(gone)
    }
}

/// Waits for a future on a thread of its own. Not the runtime's `block_on`: within that, nothing may wait
/// for room in the channel.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

impl<'r> Responder<'r, 'r> for Streamed {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let pieces = futures::stream::unfold(self.pieces, |mut pieces| async {
            pieces.recv().await.map(|piece| (piece, pieces))
        });
        let mut answer = ByteStream(pieces).respond_to(request)?;
        answer.set_header(self.kind);
        answer.set_max_chunk_size(PIECE);
        Ok(answer)
    }
}
