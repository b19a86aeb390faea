//! A bare Rocket handler that returns the same bytes and header fields as another server did: what
//! Beacon's answers are measured against.
//!
//! `cargo run --release --example bare -- http://127.0.0.1:8000/v1/entries/guidance/grooming 8001`

use std::io::Cursor;

use anyhow::Context as _;
use cms_server::config::Config;
use rocket::{
    Request, Response, State, get,
    response::{self, Responder},
    routes,
    shield::Shield,
};

/// Fields that Rocket and hyper write by themselves.
const WRITTEN_ANYWAY: [&str; 3] = ["content-length", "date", "connection"];

struct Copied {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

struct Sent<'r>(&'r Copied);

impl<'r> Responder<'r, 'r> for Sent<'r> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'r> {
        let mut answer = Response::new();
        for (name, value) in &self.0.headers {
            answer.set_raw_header(&**name, &**value);
        }
        answer.set_sized_body(self.0.body.len(), Cursor::new(&*self.0.body));
        answer.set_max_chunk_size(64 << 10);
        Ok(answer)
    }
}

#[get("/")]
fn send(copied: &State<Copied>) -> Sent<'_> {
    Sent(copied.inner())
}

#[rocket::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).collect::<Vec<_>>().into_iter();
    let url = arguments.next().context("which answer? Give its URL")?;
    let port: u16 = arguments.next().context("on which port?")?.parse()?;
    let answer = reqwest::get(&url).await?.error_for_status()?;
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    let mut headers: Vec<_> = answer.headers().iter().filter_map(header).collect();
    headers.retain(|(name, _)| !WRITTEN_ANYWAY.contains(&&**name));
    let copied = Copied { headers, body: answer.bytes().await?.to_vec() };
    let config = Config { listen: ([127, 0, 0, 1], port).into(), ..Config::default() };
    let rocket = rocket::custom(config.for_rocket()).attach(Shield::new()).manage(copied);
    rocket.mount("/", routes![send]).launch().await?;
    Ok(())
}
