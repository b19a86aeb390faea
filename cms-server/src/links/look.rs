//! One look at a link, as gently as it goes: the head of the answer, and where a site has no heads, its first byte.

use std::{error::Error, sync::Arc, time::Duration};

use cms_core::link::{Failure, Look};
use reqwest::{Client, Method, Response, StatusCode, Url, header, redirect::Policy};

use super::address::{Forbidden, Guard};
use crate::config::Links;

/// How often a link may lead on.
const HOPS: usize = 5;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest address that is followed, in bytes.
const LONGEST: usize = 4_000;

/// Who looks.
#[derive(Debug, Clone)]
pub(super) struct Eyes {
    client: Client,
    guard: Guard,
}

/// What a look found, and how long the site asks to be left alone, in milliseconds.
pub(super) type Seen = (Look, Option<i64>);

impl Eyes {
    /// Eyes with these settings; `home` is this server's own address, so that whoever is looked at knows whom to ask.
    ///
    /// # Errors
    /// When the system's certificates can't be read.
    pub(super) fn open(settings: &Links, home: &str) -> reqwest::Result<Self> {
        let guard = Guard { allowed: Arc::new(settings.networks()) };
        let agent = format!("beacon-links/{} (+{home})", env!("CARGO_PKG_VERSION"));
        let client = Client::builder()
            // Each hop is judged here, and a proxy would judge none.
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(guard.clone()))
            .connect_timeout(CONNECT)
            .timeout(Duration::from_secs(settings.timeout_seconds))
            .pool_max_idle_per_host(1)
            .user_agent(agent)
            .build()?;
        Ok(Self { client, guard })
    }

    /// Looks at an address.
    pub(super) async fn look(&self, url: &str) -> Seen {
        let Ok(mut at) = Url::parse(url) else { return (Look::Failed(Failure::Unreadable), None) };
        // What follows the number sign is the page's own business.
        at.set_fragment(None);
        let mut for_good = true;
        for hop in 0..=HOPS {
            if !matches!(at.scheme(), "http" | "https") || at.as_str().len() > LONGEST {
                return (Look::Failed(Failure::Redirects), None);
            }
            if !self.guard.allows_host(&at) {
                return (Look::Forbidden, None);
            }
            let answer = match self.ask(&at).await {
                Ok(answer) => answer,
                Err(error) => return (of_error(&error), None),
            };
            let status = answer.status();
            let Some(next) = onward(&at, &answer) else {
                let moved_to = (hop > 0 && for_good).then(|| at.to_string());
                return (of_status(status, moved_to), wait(&answer));
            };
            for_good &=
                matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
            at = next;
        }
        (Look::Failed(Failure::Redirects), None)
    }

    /// The head of an answer, or, where that is refused, the beginning of one. No body is read.
    async fn ask(&self, url: &Url) -> reqwest::Result<Response> {
        let head = self.client.request(Method::HEAD, url.clone()).send().await?;
        let status = head.status();
        if status.is_success() || status.is_redirection() || status == StatusCode::TOO_MANY_REQUESTS
        {
            return Ok(head);
        }
        let get = self.client.get(url.clone()).header(header::RANGE, "bytes=0-0");
        get.send().await
    }
}

/// Where an answer leads on.
fn onward(at: &Url, answer: &Response) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut next = at.join(answer.headers().get(header::LOCATION)?.to_str().ok()?).ok()?;
    next.set_fragment(None);
    Some(next)
}

/// How long a site asks to be left alone, in milliseconds, where it says so in seconds.
fn wait(answer: &Response) -> Option<i64> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse::<u32>().ok().map(|seconds| i64::from(seconds) * 1_000)
}

fn of_status(status: StatusCode, moved_to: Option<String>) -> Look {
    match status.as_u16() {
        // A range that can't be had is of something that is there.
        200..300 | 416 => Look::Found { moved_to },
        // Programs are kept out, here, from there or so fast; people may not be.
        status @ (401 | 403 | 405 | 406 | 407 | 429 | 451 | 999) => Look::Guarded(status),
        status => Look::Failed(Failure::Status(status)),
    }
}

/// What led to an error, from the outside in.
fn causes(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let (mut found, mut next) = (Vec::new(), error.source());
    while let Some(cause) = next {
        found.push(cause);
        next = cause.source();
    }
    found
}

fn of_error(error: &reqwest::Error) -> Look {
    let causes = causes(error);
    if causes.iter().any(|cause| cause.is::<Forbidden>()) {
        return Look::Forbidden;
    }
    if error.is_timeout() {
        return Look::Failed(Failure::TimedOut);
    }
    let told = causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let failure = if told.contains("dns error") {
        Failure::NoHost
    } else if told.contains("certificate") || told.contains("handshake") || told.contains("tls") {
        Failure::Insecure
    } else if error.is_connect() {
        Failure::NoConnection
    } else {
        Failure::Unreadable
    };
    Look::Failed(failure)
}
