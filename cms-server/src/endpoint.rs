//! The frame round every endpoint: limits before it, time while it runs, figures after it.
//!
//! Rocket has no limits on paths, no time-out and no 405; what it lacks is here, in one place.

use std::time::{Duration, Instant};

use rocket::{
    Data, Request, Route,
    http::Method,
    outcome::Outcome,
    route::{Handler, Outcome as Routed},
};

use crate::{
    config::Limits,
    delivery::Desk,
    guards::{partner, path},
    metrics::{Meter, Metrics},
    problem::{Code, Problem},
};

/// Frames these routes, with the configured time for each request.
pub fn framed(routes: Vec<Route>, limits: &Limits, metrics: &Metrics) -> Vec<Route> {
    framed_for(routes, Duration::from_secs(limits.handler_seconds), metrics)
}

/// Frames these routes with a time of their own: for those that wait for something to happen.
pub fn framed_for(routes: Vec<Route>, time: Duration, metrics: &Metrics) -> Vec<Route> {
    frame(routes, (time, None), metrics)
}

/// What a request may ask of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// How long it may take.
    pub(crate) time: Duration,
    /// Bytes in its body.
    pub(crate) body_bytes: u64,
}

/// Frames these routes with a time and a limit of their own.
pub(crate) fn framed_with(routes: Vec<Route>, limits: Frame, metrics: &Metrics) -> Vec<Route> {
    frame(routes, (limits.time, Some(limits.body_bytes)), metrics)
}

fn frame(
    routes: Vec<Route>,
    (time, body_bytes): (Duration, Option<u64>),
    metrics: &Metrics,
) -> Vec<Route> {
    let frame = |mut route: Route| {
        let meter = metrics.meter(route.name.as_deref().unwrap_or("unnamed"));
        route.handler = Box::new(Framed { inner: route.handler, time, body_bytes, meter });
        route
    };
    routes.into_iter().map(frame).collect()
}

/// A handler in its frame.
#[derive(Clone)]
struct Framed {
    inner: Box<dyn Handler>,
    time: Duration,
    /// Bytes in the body; as configured without.
    body_bytes: Option<u64>,
    meter: Meter,
}

#[rocket::async_trait]
impl Handler for Framed {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Routed<'r> {
        if let Some(problem) = refusal(request, self.body_bytes) {
            return Outcome::Error(problem.deposit(request));
        }
        if let Err(problem) = partner::count(request).await {
            return Outcome::Error(problem.deposit(request));
        }
        let started = Instant::now();
        apply_due(request).await;
        let outcome = match tokio::time::timeout(self.time, self.inner.handle(request, data)).await
        {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Error(Problem::new(Code::TimedOut).deposit(request)),
        };
        let status = match &outcome {
            Outcome::Success(response) => response.status(),
            Outcome::Error(status) | Outcome::Forward((_, status)) => *status,
        };
        self.meter.record(status.code, started.elapsed());
        outcome
    }
}

/// Lets happen what was scheduled and whose time has come, before the request is answered: so a timer that
/// stands still stalls nothing.
async fn apply_due(request: &Request<'_>) {
    let Some(desk) = request.rocket().state::<Desk>().filter(|desk| desk.cms.is_due()) else {
        return;
    };
    if let Err(error) = desk.cms.apply_due().await {
        tracing::error!(%error, "what is due has not happened");
    }
}

/// Why a request is refused whatever it asks for.
pub(crate) fn refusal(request: &Request<'_>, body_bytes: Option<u64>) -> Option<Problem> {
    let limits = request.rocket().state::<Limits>()?;
    let uri = request.uri();
    let length =
        uri.path().as_str().len() + uri.query().map_or(0, |query| query.as_str().len() + 1);
    if length > limits.uri_bytes {
        return Some(Problem::new(Code::UriTooLong).with("max", limits.uri_bytes));
    }
    if let Some(problem) = path::check(uri.path().as_str()) {
        return Some(problem);
    }
    let declared =
        request.headers().get_one("Content-Length").and_then(|length| length.parse::<u64>().ok());
    let max = body_bytes.unwrap_or(limits.body_bytes);
    declared.filter(|length| *length > max).map(|_| body_too_large(max))
}

/// The body is longer than is taken here, as its header said or as reading it showed.
pub(crate) fn body_too_large(max: u64) -> Problem {
    // What is left of the body is not worth reading to keep the connection.
    Problem::new(Code::BodyTooLarge).with("max", max).header("Connection", "close")
}

/// The methods that the request's path can be asked with: none when there is no such path.
pub(crate) fn allowed(request: &Request<'_>) -> Vec<&'static str> {
    let path = request.uri().path().as_str();
    let everywhere = path == "*";
    let mut methods: Vec<&'static str> = request
        .rocket()
        .routes()
        .filter(|route| everywhere || matches(route.uri.path(), path))
        .map(|route| route.method.as_str())
        .collect();
    if methods.is_empty() {
        return methods;
    }
    if methods.contains(&Method::Get.as_str()) {
        methods.push(Method::Head.as_str());
    }
    methods.push(Method::Options.as_str());
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// Whether a path fits an endpoint's pattern, such as `/v1/types/<name>` or `/docs/<file..>`.
fn matches(pattern: &str, path: &str) -> bool {
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    for expected in pattern.split('/').filter(|step| !step.is_empty()) {
        if expected.starts_with('<') && expected.ends_with("..>") {
            return true;
        }
        let fits = |step: &str| expected.starts_with('<') || step == expected;
        if !steps.next().is_some_and(fits) {
            return false;
        }
    }
    steps.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_its_pattern_step_by_step() {
        for (pattern, path, fits) in [
            ("/", "/", true),
            ("/v1", "/v1", true),
            ("/v1", "/v1/types", false),
            ("/v1/types/<name>", "/v1/types/page", true),
            ("/v1/types/<name>", "/v1/types", false),
            ("/docs/<file..>", "/docs/a/b", true),
            ("/docs/<file..>", "/docs", true),
        ] {
            assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
        }
    }
}
