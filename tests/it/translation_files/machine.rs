//! A machine that speaks `LibreTranslate`'s API, on this machine: what it is asked, and what is made of its answers.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
};

use cms_core::translation::{
    machine::{Provider as _, ProviderError},
    memory::Direction,
};
use cms_server::{config::Machine, libre::LibreTranslate};
use serde_json::{Value, json};

use crate::site::locale;

/// What a server answers to a body: a status and a body; nothing closes the connection.
type Answer = fn(&Value) -> Option<(u16, String)>;

/// A server; what it is asked comes through the channel.
fn serve(answer: Answer) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (send, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (line, body) = read(&mut stream.as_ref().unwrap());
            assert_eq!(line, "POST /translate HTTP/1.1");
            let mut stream = stream.unwrap();
            if let Some((status, text)) = answer(&body) {
                write!(stream, "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len()).unwrap();
            }
            if send.send(body).is_err() {
                return;
            }
        }
    });
    (url, asked)
}

fn read(stream: &mut &TcpStream) -> (String, Value) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.trim().to_owned(), serde_json::from_slice(&body).unwrap())
}

fn translated(answer: Answer, target: &str) -> (Result<Vec<String>, ProviderError>, Option<Value>) {
    let (url, asked) = serve(answer);
    let config = Machine { url, key: "secret".to_owned(), seconds: 60 };
    let machine = LibreTranslate::new(&config).unwrap();
    let direction = Direction { source: locale("en"), target: locale(target) };
    let texts = ["Stop".to_owned(), "Call ⟦1⟧".to_owned()];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(machine.translate(&direction, &texts));
    (outcome, asked.recv().ok())
}

#[test]
fn a_machine_is_asked_as_its_api_says() {
    let answer: Answer = |body| {
        let texts =
            body["q"].as_array()?.iter().map(|text| format!("<{}>", text.as_str().unwrap()));
        Some((200, json!({ "translatedText": texts.collect::<Vec<_>>() }).to_string()))
    };
    let (outcome, asked) = translated(answer, "pt-BR");
    assert_eq!(outcome, Ok(vec!["<Stop>".to_owned(), "<Call ⟦1⟧>".to_owned()]));
    let expected = json!({
        "q": ["Stop", "Call ⟦1⟧"], "source": "en", "target": "pt-BR", "format": "text", "api_key": "secret",
    });
    assert_eq!(asked, Some(expected));
    for (tag, name) in [("zh-TW", "zh-Hant"), ("zh-CN", "zh-Hans"), ("fr-CA", "fr")] {
        let (_, asked) = translated(answer, tag);
        assert_eq!(asked.unwrap()["target"], name);
    }
}

#[test]
fn what_a_machine_says_otherwise_is_no_translation() {
    let unavailable = |answer: Answer| {
        matches!(translated(answer, "zh-TW").0, Err(ProviderError::Unavailable(_)))
    };
    assert!(unavailable(|_| None));
    assert!(unavailable(|_| Some((503, "busy".to_owned()))));
    assert!(unavailable(|_| Some((302, String::new()))));
    let wrong: Answer = |_| Some((200, "{\"translatedText\": \"one\"}".to_owned()));
    assert!(matches!(translated(wrong, "zh-TW").0, Err(ProviderError::Answer(_))));
    let long: Answer = |_| Some((200, "a".repeat(9 << 20)));
    assert!(matches!(translated(long, "fr").0, Err(ProviderError::Answer(_))));
    let nowhere = Machine { url: "ftp://a".to_owned(), key: String::new(), seconds: 1 };
    assert!(LibreTranslate::new(&nowhere).is_err());
}
