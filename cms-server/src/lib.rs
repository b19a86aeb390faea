//! The server of Beacon: the Rocket application, and what the `cms` command needs to start it.
//!
//! There are no rules here: the core decides, this crate reads requests and writes answers. [`rocket()`]
//! is the one place where all is joined. Which file do I want?
//!
//! - What a request may be: [`endpoint`] (limits, time, 405), [`guards`] (query, negotiation).
//! - What may be done with a token: [`management`], [`guards::bearer`].
//! - Who vouches for people: [`sign_in`]. Where links lead: [`links`].
//! - What an answer is: [`delivery::ready`], [`problem`], [`fairings`].
//! - What an operator sees: [`config`], [`launch`], [`health`], [`metrics`], [`telemetry`].

use std::{sync::Arc, time::Duration};

use ::rocket::{Build, Rocket, fairing::AdHoc, shield::Shield};

pub mod config;
pub mod delivery;
pub mod endpoint;
pub mod fairings;
pub mod guards;
pub mod health;
pub mod launch;
pub mod libre;
pub mod links;
pub mod management;
pub mod message;
pub mod metrics;
pub mod openapi;
pub mod problem;
pub mod sign_in;
pub mod telemetry;

use cms_core::Cms;

use crate::{
    config::Config,
    delivery::Desk,
    fairings::headers::Headers,
    guards::partner::Shares,
    health::Followers,
    links::{Checker, look_until_shutdown},
    management::{leases::Leases, sign_in::Lobby},
    metrics::Metrics,
    openapi::Description,
};

/// How often measured times are sorted into their buckets.
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// How often a timer looks whether something that was scheduled is due; every request looks, too.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The application: every endpoint in its frame, the state, the fairings and the catcher.
///
/// # Errors
/// When the OpenAPI document can't be made; none is known.
pub fn rocket(config: &Config, cms: &Cms) -> std::io::Result<Rocket<Build>> {
    rocket_watching(config, cms, Arc::new(cms.clone()))
}

/// The application, with somebody else to say how far the followers have come.
///
/// # Errors
/// As [`rocket()`].
pub fn rocket_watching(
    config: &Config,
    cms: &Cms,
    followers: Arc<dyn Followers>,
) -> std::io::Result<Rocket<Build>> {
    let metrics = Metrics::default();
    let desk = Desk::new(cms);
    let checker = Checker::new(cms, &config.links, &config.public_url);
    let endpoints = [
        delivery::endpoints(),
        health::endpoints(),
        problem::catalogue::endpoints(),
        openapi::endpoints(),
    ]
    .concat();
    // Who asks to wait for changes gets that time besides.
    let waiting =
        Duration::from_secs(config.limits.handler_seconds + delivery::changes::LONGEST_WAIT);
    let tidy = {
        let metrics = metrics.clone();
        AdHoc::on_liftoff("Metrics", move |rocket| {
            Box::pin(
                async move { drop(tokio::spawn(tidy_until_shutdown(metrics, rocket.shutdown()))) },
            )
        })
    };
    let due = {
        let cms = cms.clone();
        AdHoc::on_liftoff("Schedules", move |rocket| {
            Box::pin(
                async move { drop(tokio::spawn(apply_due_until_shutdown(cms, rocket.shutdown()))) },
            )
        })
    };
    Ok(::rocket::custom(config.for_rocket())
        .manage(config.limits.clone())
        .manage(config.cors_origins.clone())
        .manage(Description::make()?)
        .manage(followers)
        .manage(Lobby::of(&desk, config))
        .manage(desk)
        .manage(Leases::default())
        .manage(Shares::default())
        .manage(config.clone())
        .manage(checker.clone())
        .mount("/", endpoint::framed(endpoints, &config.limits, &metrics))
        .mount("/", endpoint::framed_for(delivery::changes::endpoints(), waiting, &metrics))
        .mount("/", endpoint::framed_for(delivery::stream::endpoints(), Duration::MAX, &metrics))
        .mount("/", management::framed(&config.limits, &metrics))
        .manage(metrics)
        .register("/", problem::catchers::catchers())
        // Rocket's own policies are replaced by `Headers`: they would cost a search each.
        .attach(Shield::new())
        .attach(Headers)
        .attach(tidy)
        .attach(due)
        .attach(links_fairing(checker)))
}

/// What looks at links by itself, where the configuration says so.
fn links_fairing(checker: Checker) -> AdHoc {
    AdHoc::on_liftoff("Links", move |rocket| {
        Box::pin(async move {
            if checker.is_wanted() {
                drop(tokio::spawn(look_until_shutdown(checker, rocket.shutdown())));
            }
        })
    })
}

async fn apply_due_until_shutdown(cms: Cms, shutdown: ::rocket::Shutdown) {
    tokio::pin!(shutdown);
    while tokio::time::timeout(LOOK_EVERY, &mut shutdown).await.is_err() {
        if cms.is_due()
            && let Err(error) = cms.apply_due().await
        {
            tracing::error!(%error, "what is due has not happened");
        }
    }
}

async fn tidy_until_shutdown(metrics: Metrics, shutdown: ::rocket::Shutdown) {
    tokio::pin!(shutdown);
    while tokio::time::timeout(TIDY_EVERY, &mut shutdown).await.is_err() {
        metrics.tidy();
    }
}
