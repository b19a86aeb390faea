//! moto, a server that speaks S3, and somebody between it and us who makes trouble.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use crate::needs;

/// Serves on a port of its own until nobody holds its input any more.
const SERVE: &str = "
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
";

/// A running server with an empty bucket `assets`.
pub struct Moto {
    process: Child,
    pub address: SocketAddr,
}

impl Moto {
    /// None where moto is missing and this is not CI.
    pub fn start() -> Option<Self> {
        let folder = needs::told("MOTO", "moto")?;
        let mut command = Command::new(needs::program("python3")?);
        command.env("PYTHONPATH", folder).args(["-c", SERVE]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = piped.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], line.trim().parse().unwrap()));
        let made = exchange(address, "PUT /assets HTTP/1.1");
        assert!(made.starts_with("HTTP/1.1 200"), "{made}");
        Some(Self { process, address })
    }

    /// The names in the bucket, as the server lists them.
    pub fn names(&self) -> Vec<String> {
        let listed = exchange(self.address, "GET /assets?list-type=2 HTTP/1.1");
        let names = listed.split("<Key>").skip(1).filter_map(|rest| rest.split('<').next());
        names.map(str::to_owned).collect()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn exchange(address: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        format!("{line}\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// None.
    No,
    /// It ends after so many bytes of the question.
    CutQuestion(u64),
    /// It ends after so many bytes of the answer.
    CutAnswer(u64),
    /// The answer is an error of the server's.
    Error,
    /// There is no answer.
    Silence,
}

/// Somebody between us and the server.
pub struct Between {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    trouble: Trouble,
    open: Vec<TcpStream>,
}

impl Between {
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { trouble: Trouble::No, open: Vec::new() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let trouble = {
                    let mut state = shared.lock().unwrap();
                    state.open.extend(stream.try_clone());
                    state.trouble
                };
                thread::spawn(move || carry(&stream, server, trouble));
            }
        });
        Self { address, state }
    }

    /// Makes this trouble from now on; connections that are open end.
    pub fn make(&self, trouble: Trouble) {
        let mut state = self.state.lock().unwrap();
        state.trouble = trouble;
        for stream in state.open.drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

fn carry(client: &TcpStream, server: SocketAddr, trouble: Trouble) {
    let (question, answer) = match trouble {
        Trouble::No => (u64::MAX, u64::MAX),
        Trouble::CutQuestion(bytes) => (bytes, u64::MAX),
        Trouble::CutAnswer(bytes) => (u64::MAX, bytes),
        Trouble::Error => {
            let mut some = [0; 1_024];
            let mut stream = client;
            let Ok(1..) = stream.read(&mut some) else { return };
            let told = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(told).ok();
            client.shutdown(Shutdown::Write).ok();
            thread::sleep(Duration::from_millis(20));
            client.shutdown(Shutdown::Both).ok();
            return;
        }
        Trouble::Silence => {
            io::copy(&mut { client }, &mut io::sink()).ok();
            return;
        }
    };
    let Ok(upstream) = TcpStream::connect(server) else { return };
    thread::scope(|scope| {
        scope.spawn(|| {
            io::copy(&mut { client }.take(question), &mut { &upstream }).ok();
            if question == u64::MAX {
                upstream.shutdown(Shutdown::Write).ok();
            } else {
                upstream.shutdown(Shutdown::Both).ok();
                client.shutdown(Shutdown::Both).ok();
            }
        });
        io::copy(&mut { &upstream }.take(answer), &mut { client }).ok();
        client.shutdown(Shutdown::Both).ok();
        upstream.shutdown(Shutdown::Both).ok();
    });
}
