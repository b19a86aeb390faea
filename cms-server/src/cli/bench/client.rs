//! A client that asks as fast as it is answered: one thread, some connections that stay open.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::LocalSet,
};

/// What came of asking for a while.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    pub(super) answers: u64,
    pub(super) bytes: u64,
    pub(super) lasted: Duration,
}

/// Asks until the time is over, or until there have been so many answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    pub(super) time: Duration,
    pub(super) answers: u64,
}

/// Whom to ask, and how.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) server: SocketAddr,
    /// Connections that it keeps open.
    pub(super) connections: usize,
    /// Its `Accept-Encoding`; none, so that answers come as they are, where it is empty.
    pub(super) codings: String,
}

/// Asks these questions of a server.
///
/// # Errors
/// When a connection breaks or an answer is not 200.
pub(super) fn ask(
    client: &Client,
    until: Until,
    next: impl FnMut() -> String + 'static,
) -> anyhow::Result<Asked> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let next: Rc<RefCell<dyn FnMut() -> String>> = Rc::new(RefCell::new(next));
    let total = Rc::new(Cell::new(Asked::default()));
    let begun = Instant::now();
    LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = (0..client.connections)
            .map(|_| {
                let (next, total) = (Rc::clone(&next), Rc::clone(&total));
                tokio::task::spawn_local(connection(client.clone(), until, begun, next, total))
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        anyhow::Ok(())
    })?;
    Ok(Asked { lasted: begun.elapsed(), ..total.get() })
}

async fn connection(
    client: Client,
    until: Until,
    begun: Instant,
    next: Rc<RefCell<dyn FnMut() -> String>>,
    total: Rc<Cell<Asked>>,
) -> anyhow::Result<()> {
    let address = client.server;
    let mut stream =
        TcpStream::connect(address).await.with_context(|| format!("nobody at {address}"))?;
    let codings = match client.codings.as_str() {
        "" => String::new(),
        codings => format!("Accept-Encoding: {codings}\r\n"),
    };
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 256 << 10];
    while begun.elapsed() < until.time && total.get().answers < until.answers {
        let path = next.borrow_mut()();
        let question = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{codings}\r\n");
        stream.write_all(question.as_bytes()).await?;
        let bytes = answer(&mut stream, &mut buffer).await.with_context(|| path.clone())?;
        let mut sum = total.get();
        (sum.answers, sum.bytes) = (sum.answers + 1, sum.bytes + bytes as u64);
        total.set(sum);
    }
    Ok(())
}

/// Reads one answer; gives the bytes of its body.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<usize> {
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        ensure!(!room.is_empty(), "the answer is longer than expected");
        let read = stream.read(room).await?;
        ensure!(read > 0, "the connection was closed");
        filled += read;
        let head_and_body = buffer.get(..filled).unwrap_or_default();
        let Some(end) = head_and_body.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head =
            String::from_utf8_lossy(head_and_body.get(..end).unwrap_or_default()).into_owned();
        if !head.starts_with("HTTP/1.1 200") {
            bail!("{}", head.lines().next().unwrap_or_default());
        }
        let mut length = head.lines().filter_map(|line| line.split_once(':'));
        let length = length.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.context("no length")?.1.trim().parse()?;
        while filled < end + 4 + length {
            let room = buffer.get_mut(filled..).unwrap_or_default();
            ensure!(!room.is_empty(), "the answer is longer than expected");
            let read = stream.read(room).await?;
            ensure!(read > 0, "the connection was closed");
            filled += read;
        }
        return Ok(length);
    }
}
