//! Whether this server lives, whether it is ready, and its figures.

use std::{fmt, sync::Arc};

use rocket::{Route, State, get, http::ContentType, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    config::Limits,
    guards::query::{Nothing, Query},
    metrics::Metrics,
    problem::{Code, Problem},
};

/// What the server asks of the core to say whether it is ready.
pub trait Followers: Send + Sync + fmt::Debug {
    /// How far each follower has come.
    fn progress(&self) -> Vec<Progress>;
}

impl Followers for cms_core::Cms {
    fn progress(&self) -> Vec<Progress> {
        let last = self.log().last();
        let (view, search) = Self::progress(self);
        let named =
            |follower: &str, applied| Progress { follower: follower.to_owned(), applied, last };
        vec![named("view", view.applied), named("search", search.applied)]
    }
}

/// How far a follower has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// Its name.
    pub follower: String,
    /// The last event that it has applied.
    pub applied: u64,
    /// The last event of the log.
    pub last: u64,
}

impl Progress {
    /// Events that it hasn't applied yet.
    pub const fn lag(&self) -> u64 {
        self.last.saturating_sub(self.applied)
    }
}

/// This server answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alive {
    /// Always `true`: a server that doesn't live doesn't answer.
    alive: bool,
}

/// This server has caught up with the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Always `true`: otherwise the answer is a problem, `not-ready`.
    ready: bool,
    /// How far each follower has come.
    followers: Vec<Progress>,
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![check_health, check_readiness, read_metrics]
}

/// Whether this server lives.
#[utoipa::path(tag = "operations", params(Nothing), responses((status = 200, body = Alive)))]
#[get("/healthz")]
pub(crate) fn check_health(_query: Query<'_, Nothing>) -> Json<Alive> {
    Json(Alive { alive: true })
}

/// Whether this server has caught up with the log, so that readers may be sent to it.
#[utoipa::path(tag = "operations", params(Nothing), responses((status = 200, body = Readiness)))]
#[get("/readyz")]
pub(crate) fn check_readiness(
    _query: Query<'_, Nothing>,
    followers: &State<Arc<dyn Followers>>,
    limits: &State<Limits>,
) -> Result<Json<Readiness>, Problem> {
    let followers = followers.progress();
    let late: Vec<&str> = followers
        .iter()
        .filter(|progress| progress.lag() > limits.follower_lag)
        .map(|progress| &*progress.follower)
        .collect();
    if late.is_empty() {
        return Ok(Json(Readiness { ready: true, followers }));
    }
    Err(Problem::new(Code::NotReady).with("followers", late.join(", ")).header("Retry-After", "1"))
}

/// Figures for Prometheus.
#[utoipa::path(tag = "operations", params(Nothing), responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub(crate) fn read_metrics(
    _query: Query<'_, Nothing>,
    followers: &State<Arc<dyn Followers>>,
    metrics: &State<Metrics>,
) -> (ContentType, String) {
    for progress in followers.progress() {
        #[expect(clippy::cast_precision_loss, reason = "a lag of 2^53 events is lag enough")]
        metrics.set_gauge(
            "cms_follower_lag_events",
            ("follower", &progress.follower),
            progress.lag() as f64,
        );
    }
    (ContentType::Plain, metrics.render())
}
