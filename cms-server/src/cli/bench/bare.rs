//! `cms bench bare`: a bare Rocket handler that returns the same bytes and header fields as another server
//! did: what Beacon's answers are measured against.

use std::{io::Cursor, net::SocketAddr};

use anyhow::Context as _;
use clap::Args;
use cms_server::config::Config;
use rocket::{
    Request, Response, State, get,
    response::{self, Responder},
    routes,
    shield::Shield,
};

use super::super::{Failure, store};

/// Serve what another server answered, again and again, from a bare Rocket handler.
#[derive(Debug, Args)]
pub(crate) struct Bare {
    /// The answer to copy.
    #[arg(value_name = "URL")]
    url: String,
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8001", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

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

impl Bare {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let config = Config { listen: self.listen, ..Config::default() };
        store::runtime(config.workers())?.block_on(async {
            let copied = self.copy().await.context("there is no answer to copy")?;
            let rocket = rocket::custom(config.for_rocket()).attach(Shield::new()).manage(copied);
            let ended = rocket.mount("/", routes![send]).launch().await;
            ended.map_err(anyhow::Error::from)?;
            Ok(())
        })
    }

    async fn copy(&self) -> anyhow::Result<Copied> {
        let answer = reqwest::get(&self.url).await?.error_for_status()?;
        let header =
            |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                Some((name.to_string(), value.to_str().ok()?.to_owned()))
            };
        let mut headers: Vec<_> = answer.headers().iter().filter_map(header).collect();
        headers.retain(|(name, _)| !WRITTEN_ANYWAY.contains(&&**name));
        Ok(Copied { headers, body: answer.bytes().await?.to_vec() })
    }
}
