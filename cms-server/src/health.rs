//! Whether this server lives, whether it is ready, and its figures.

use std::{fmt, sync::Arc};

use cms_core::queries::Overdue;
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

    /// What was scheduled and has not happened though its time has come.
    fn overdue(&self) -> Overdue;
}

impl Followers for cms_core::Cms {
    fn progress(&self) -> Vec<Progress> {
        let last = self.log().last();
        let (view, search) = Self::progress(self);
        let named =
            |follower: &str, applied| Progress { follower: follower.to_owned(), applied, last };
        vec![named("view", view.applied), named("search", search.applied)]
    }

    fn overdue(&self) -> Overdue {
        Self::overdue(self).unwrap_or_else(|error| {
            tracing::error!(%error, "what is overdue can't be read");
            Overdue::default()
        })
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
    /// What somebody should look at, though readers are answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// Something that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Warning {
    /// `overdue-schedules`: the time of something that was scheduled has come, and it has not happened.
    code: &'static str,
    /// How much of it there is.
    count: usize,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

impl Warning {
    fn of(overdue: Overdue) -> Option<Self> {
        let Overdue { count, since } = overdue;
        let since = since.map(|at| at.to_string());
        (count > 0).then_some(Self { code: "overdue-schedules", count, since })
    }
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
    watched: &State<Arc<dyn Followers>>,
    limits: &State<Limits>,
) -> Result<Json<Readiness>, Problem> {
    let followers = watched.progress();
    let late: Vec<&str> = followers
        .iter()
        .filter(|progress| progress.lag() > limits.follower_lag)
        .map(|progress| &*progress.follower)
        .collect();
    if late.is_empty() {
        let warnings = Warning::of(watched.overdue()).into_iter().collect();
        return Ok(Json(Readiness { ready: true, followers, warnings }));
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
            Some(("follower", &progress.follower)),
            progress.lag() as f64,
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "no more than a thousand are counted")]
    metrics.set_gauge("cms_overdue_schedules", None, followers.overdue().count as f64);
    (ContentType::Plain, metrics.render())
}
