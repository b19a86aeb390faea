//! Clients that hold a connection and do nothing useful with it, in bounded number and time. Each
//! kind comes from a loopback address of its own, as if from another reader.

use std::{net::Ipv4Addr, time::Duration};

use rocket::tokio::{
    self,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::timeout,
};

/// Opens connections and sends the same beginning on each.
pub(crate) async fn hold(
    from: Ipv4Addr,
    port: u16,
    count: usize,
    beginning: &str,
) -> Vec<TcpStream> {
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        held.push(stream);
    }
    held
}

/// Sends one more byte on each connection, twice a second, until it is closed.
pub(crate) fn drip(streams: Vec<TcpStream>) -> Vec<JoinHandle<()>> {
    let drop_by_drop = |mut stream: TcpStream| async move {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    streams.into_iter().map(|stream| tokio::spawn(drop_by_drop(stream))).collect()
}

/// How many of these the other side closes in time.
pub(crate) async fn closed(streams: Vec<TcpStream>, patience: Duration) -> usize {
    let to_the_end = |mut stream: TcpStream| async move {
        let mut answer = Vec::new();
        // An error is an end too: the connection was reset.
        drop(stream.read_to_end(&mut answer).await);
    };
    ended(streams.into_iter().map(|stream| tokio::spawn(to_the_end(stream))).collect(), patience)
        .await
}

/// How many of these end in time; the others are ended here.
pub(crate) async fn ended(clients: Vec<JoinHandle<()>>, patience: Duration) -> usize {
    let deadline = tokio::time::Instant::now() + patience;
    let mut count = 0;
    for mut client in clients {
        match timeout(deadline - tokio::time::Instant::now(), &mut client).await {
            Ok(outcome) => {
                outcome.unwrap();
                count += 1;
            }
            Err(_) => client.abort(),
        }
    }
    count
}
