//! Another site, on loopback: it answers what a test says, and remembers what it was asked.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Answers by path, each for a method.
type Answers = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// The site.
pub struct Elsewhere {
    pub port: u16,
    answers: Answers,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answers, seen) = (Answers::default(), Arc::<Mutex<Vec<String>>>::default());
        let site = Self { port, answers: Arc::clone(&answers), seen: Arc::clone(&seen) };
        // It ends with the process: whoever still asks then is nobody.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
                thread::spawn(move || serve(&stream, &answers, &seen));
            }
        });
        site
    }

    /// An address at which nobody listens.
    pub fn closed() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        format!("http://{}/closed", listener.local_addr().unwrap())
    }

    /// Says what a path answers: a method, a status or `garbage`, and where it leads on, if anywhere.
    pub fn answer(&self, path: &str, answers: &[&str]) {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        self.answers.lock().unwrap().insert(path.to_owned(), answers);
    }

    pub fn paths(&self) -> Vec<String> {
        self.answers.lock().unwrap().keys().cloned().collect()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it was asked so far: each request with its header fields, their names in small letters.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, answers: &Answers, seen: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(asked) = lines.next() else { return };
    let mut request = format!("{asked}\n");
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        request = format!("{request}{}:{value}\n", name.to_lowercase());
    }
    seen.lock().unwrap().push(request);
    let mut words = asked.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let answers = answers.lock().unwrap().get(path).cloned().unwrap_or_default();
    let found = answers.iter().find_map(|answer| answer.strip_prefix(method)?.strip_prefix(' '));
    let mut words = found.unwrap_or("404").split(' ');
    let (status, more) = (words.next().unwrap(), words.next());
    let mut stream = stream;
    let answer = match (status, more) {
        ("garbage", _) => "this is no HTTP\r\n\r\n".to_owned(),
        (status, Some("endless")) => {
            format!("HTTP/1.1 {status} X\r\nContent-Length: 1000000000000\r\n\r\nit begins")
        }
        (status, Some(location)) => {
            format!(
                "HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        (status, None) => {
            format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    };
    stream.write_all(answer.as_bytes()).ok();
}
