//! What needs a socket or the log: the end of the server, requests that no client library sends, and
//! what is written about a failure.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use cms_server::{config::Config, launch::launch};
use rocket::{Shutdown, fairing::AdHoc, tokio::runtime::Runtime};

use crate::app::{self, App, Gate, with_samples};

/// The application on a socket.
struct Listening {
    address: SocketAddr,
    shutdown: Shutdown,
    gate: Arc<Gate>,
    server: thread::JoinHandle<bool>,
}

impl Listening {
    fn start() -> Self {
        let (tell, told) = mpsc::channel();
        let gate = Arc::new(Gate::default());
        let shared = Arc::clone(&gate);
        let server = thread::spawn(move || {
            let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
            let liftoff = AdHoc::on_liftoff("Tell", move |rocket| {
                let address = (rocket.config().address, rocket.config().port).into();
                tell.send((address, rocket.shutdown())).unwrap();
                Box::pin(async {})
            });
            let folder = tempfile::tempdir().unwrap();
            let cms = app::open(folder.path());
            let rocket = cms_server::rocket(&config, &cms).unwrap();
            let rocket = with_samples(rocket, shared).attach(liftoff);
            Runtime::new().unwrap().block_on(launch(rocket)).is_ok()
        });
        let (address, shutdown) = told.recv().unwrap();
        Self { address, shutdown, gate, server }
    }

    /// Sends a request line as it stands.
    fn send(&self, line: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let end = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(&[line, end].concat()).unwrap();
        stream
    }

    /// Sends a request line and reads all that comes back.
    fn ask(&self, line: &[u8]) -> String {
        read(self.send(line))
    }

    fn stop(self) {
        self.shutdown.notify();
        assert!(self.server.join().unwrap(), "the server should end without an error");
    }
}

fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_request_in_flight_is_answered_before_the_server_ends() {
    // Several times: what Rocket does depends on the instant that the signal comes at.
    for _ in 0..8 {
        let server = Listening::start();
        let stream = server.send(b"GET /sample/pause");
        server.gate.wait_until_entered();
        server.shutdown.clone().notify();
        server.gate.open();
        let answer = read(stream);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        server.stop();
    }
}

#[test]
fn requests_that_rocket_cannot_read_are_problems_with_all_header_fields() {
    let server = Listening::start();
    for line in [&b"BREW /healthz"[..], b"CONNECT localhost:1"] {
        let answer = server.ask(line).to_lowercase();
        assert!(answer.starts_with("http/1.1 400"), "{answer}");
        for expected in [
            "content-type: application/problem+json",
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'",
            "\"code\":\"malformed-request\"",
        ] {
            assert!(answer.contains(expected), "{expected}\n{answer}");
        }
    }
    server.stop();
}

#[test]
fn options_of_everything_names_all_methods() {
    let server = Listening::start();
    let answer = server.ask(b"OPTIONS *").to_lowercase();
    assert!(answer.starts_with("http/1.1 204"), "{answer}");
    assert!(answer.contains("allow: delete, get, head, options, patch, post, put"), "{answer}");
    server.stop();
}

/// A log that a test can read.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failure_is_one_line_with_the_request_s_id_and_nothing_of_the_reader() {
    let (lines, app) = (Lines::default(), App::start());
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let answer = tracing::subscriber::with_default(log, || {
        let headers = [
            ("User-Agent", "somebody"),
            ("X-Real-IP", "192.0.2.1"),
            ("Referer", "https://secret.example"),
        ];
        app.get_with("/sample/panic?name=private", &headers)
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(lines[0]["fields"]["id"], answer.header("x-request-id").unwrap());
    assert_eq!(lines[0]["fields"]["code"], "internal");
    assert_eq!(lines[0]["fields"]["endpoint"], "panic_on_purpose");
    for secret in ["somebody", "192.0.2.1", "secret", "private", "/sample/"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
