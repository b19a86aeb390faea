//! The demo content: import lines and pictures that are part of the program.

use std::io::{self, BufRead, Cursor, Read as _};

macro_rules! picture {
    ($digest:literal) => {
        ($digest, include_bytes!(concat!("../../../../demo/media/", $digest)))
    };
}

/// The pictures of `demo/media/`, by their digests.
pub(super) const PICTURES: [(&str, &[u8]); 3] = [
    picture!("44b4fb82b3fab88a0c7cc158afaab0ec0a46352e33cc3f4cf788c4739a1aa987"),
    picture!("7e15d7785a336b3d726a586c4efaad08d59a16fa7bacbb4da447b139e5992409"),
    picture!("810f263a80c63e607e5c7b2b4e2bd7c3fa5965c3615c207ec0f5717894b701d7"),
];

/// The files of `demo/`.
const FILES: [&str; 17] = [
    include_str!("../../../../demo/assets.jsonl"),
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
