//! The demo content: import lines that are part of the program.

use std::io::{self, BufRead, Cursor, Read as _};

/// The files of `demo/`.
const FILES: [&str; 16] = [
    include_str!("../../../../demo/audiences.jsonl"),
    include_str!("../../../../demo/concerns.jsonl"),
    include_str!("../../../../demo/faqs.jsonl"),
    include_str!("../../../../demo/guidance.ar.jsonl"),
    include_str!("../../../../demo/guidance.en.jsonl"),
    include_str!("../../../../demo/guidance.es.jsonl"),
    include_str!("../../../../demo/guidance.fr.jsonl"),
    include_str!("../../../../demo/guidance.ja.jsonl"),
    include_str!("../../../../demo/guidance.th.jsonl"),
    include_str!("../../../../demo/notices.jsonl"),
    include_str!("../../../../demo/organisations.jsonl"),
    include_str!("../../../../demo/pages.jsonl"),
    include_str!("../../../../demo/redirects.jsonl"),
    include_str!("../../../../demo/routes.jsonl"),
    include_str!("../../../../demo/statistics.jsonl"),
    include_str!("../../../../demo/topics.jsonl"),
];

/// All lines, one file after the other.
#[derive(Debug)]
pub(super) struct Lines;

impl cms_core::commands::import::Lines for Lines {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let empty: Box<dyn BufRead + Send> = Box::new(io::empty());
        Ok(FILES.iter().fold(empty, |before, file| Box::new(before.chain(Cursor::new(*file)))))
    }
}
