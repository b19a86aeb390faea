//! A running server, asked by the command line: `--url` and a token.

use std::{
    io::{self, BufRead as _, Read},
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use clap::Args;
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::{runtime::Handle, sync::mpsc};

use super::{Failure, output};

/// Where to find a running server, instead of a store in a folder.
#[derive(Debug, Clone, Args)]
pub(crate) struct Remote {
    /// Ask a running server, instead of opening the folder of `--data`.
    #[arg(long, env = "CMS_URL", global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Who asks: a token for the server.
    #[arg(long, env = "CMS_TOKEN", global = true, value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

impl Remote {
    /// The server, if one is to be asked.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let Some(url) = &self.url else { return Ok(None) };
        let base = url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") {
            return Err(Failure::No(format!(
                "{url}: only http:// is spoken here; use the address that the server listens on, or a tunnel to it"
            )));
        }
        let token = self.token.clone().ok_or_else(|| {
            Failure::No("a server is asked with a token: --token or CMS_TOKEN".to_owned())
        })?;
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("no client")?;
        Ok(Some(Server { base, token, client }))
    }
}

/// A running server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    base: String,
    token: String,
    client: reqwest::Client,
}

impl Server {
    /// Asks, and answers with what came back if it is no problem.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        make: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let answer = self.answer(method, path, make).await?;
        self.judged(answer).await
    }

    /// Asks for JSON that may not be there.
    pub(crate) async fn json_if_there(&self, path: &str) -> Result<Option<Value>, Failure> {
        let answer = self.answer(Method::GET, path, |request| request).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = self.judged(answer).await?;
        Ok(Some(answer.json().await.context("the answer is no JSON")?))
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        make: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = make(request.bearer_auth(&self.token).header("Accept-Language", "en"));
        let answer = request.send().await;
        Ok(answer.with_context(|| format!("no answer from {}", self.base))?)
    }

    async fn judged(&self, answer: Response) -> Result<Response, Failure> {
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = answer.bytes().await.unwrap_or_default();
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let told = told(&problem).unwrap_or_else(|| format!("{} answers {status}", self.base));
        if status.is_client_error() { Err(Failure::No(told)) } else { Err(anyhow!(told).into()) }
    }

    /// Asks for JSON.
    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let make = |request: RequestBuilder| match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = self.ask(method, path, make).await?;
        let body = answer.bytes().await.context("the answer was cut short")?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&body).context("the answer is no JSON")?)
    }

    /// Asks for a text.
    pub(crate) async fn text(&self, path: &str) -> Result<String, Failure> {
        let answer = self.ask(Method::GET, path, |request| request).await?;
        Ok(answer.text().await.context("the answer was cut short")?)
    }
}

/// A problem in words, with all that is wrong.
fn told(problem: &Value) -> Option<String> {
    let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
    let mut told = format!("{}: {}", text(problem, "title")?, text(problem, "detail")?);
    for fault in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let place = text(fault, "parameter").or_else(|| text(fault, "pointer")).unwrap_or_default();
        let detail = text(fault, "detail").unwrap_or_default();
        told = format!("{told}\n  {place}: {detail}");
    }
    Some(told)
}

/// Bytes after which a piece of a body is handed over.
const PIECE: usize = 256 << 10;

/// What a reader gives, as a body; it is read on a thread that may wait for the disk.
pub(crate) fn body_of(
    open: impl FnOnce() -> io::Result<Box<dyn io::BufRead + Send>> + Send + 'static,
) -> Body {
    let (send, mut pieces) = mpsc::channel::<io::Result<Vec<u8>>>(4);
    drop(tokio::task::spawn_blocking(move || {
        let read = || -> io::Result<()> {
            let mut from = open()?;
            loop {
                let bytes = from.fill_buf()?;
                let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or(bytes).to_vec();
                from.consume(piece.len());
                if piece.is_empty() || send.blocking_send(Ok(piece)).is_err() {
                    return Ok(());
                }
            }
        };
        if let Err(error) = read() {
            output::note(format_args!("{error}"));
            send.blocking_send(Err(error)).ok();
        }
    }));
    Body::wrap_stream(rocket::futures::stream::poll_fn(move |context| pieces.poll_recv(context)))
}

/// The body of an answer, to be read by a thread that may wait.
pub(crate) struct AnswerBody {
    answer: Response,
    piece: io::Cursor<Vec<u8>>,
    runtime: Handle,
}

impl AnswerBody {
    pub(crate) fn of(answer: Response) -> Self {
        Self { answer, piece: io::Cursor::default(), runtime: Handle::current() }
    }
}

impl Read for AnswerBody {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(bytes)?;
            if read > 0 || bytes.is_empty() {
                return Ok(read);
            }
            match self.runtime.block_on(self.answer.chunk()).map_err(io::Error::other)? {
                Some(piece) => self.piece = io::Cursor::new(piece.to_vec()),
                None => return Ok(0),
            }
        }
    }
}
