//! `cms serve`: the server, until a signal ends it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Args;
use cms_server::{
    config::Config,
    health::{Followers, Progress},
    telemetry,
};
use rocket::{error::ErrorKind, fairing::AdHoc, figment::value::Dict};

use super::{Failure, Global, output};

/// Start the server.
///
/// Prints the address when it listens; port 0 takes any that is free. SIGTERM and SIGINT end it:
/// requests in flight have a few seconds to finish.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// A server without a store has nothing to follow.
#[derive(Debug)]
struct NoFollowers;

impl Followers for NoFollowers {
    fn progress(&self) -> Vec<Progress> {
        Vec::new()
    }
}

impl Serve {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let config = configure(global, self.listen)?;
        serve(&config, |address| output::say(format_args!("Beacon listens on http://{address}")))
    }
}

/// Reads the configuration and starts the log.
pub(super) fn configure(global: &Global, listen: Option<SocketAddr>) -> Result<Config, Failure> {
    let mut flags = Dict::new();
    if let Some(listen) = listen {
        flags.insert("listen".to_owned(), listen.to_string().into());
    }
    let config = Config::load(global.config.as_deref(), flags)?;
    telemetry::start(&config.log)?;
    Ok(config)
}

/// Serves until a signal, on threads of its own; `announce` is told the address once it listens there.
pub(super) fn serve(config: &Config, announce: fn(SocketAddr)) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.workers())
        .thread_name("cms-worker")
        .enable_all()
        .build()
        .context("no threads to serve with")?;
    let outcome = runtime.block_on(async {
        let announce = AdHoc::on_liftoff("Announcement", move |rocket| {
            let address = SocketAddr::new(rocket.config().address, rocket.config().port);
            Box::pin(async move {
                tracing::info!(%address, "listening");
                announce(address);
            })
        });
        let rocket = cms_server::rocket(config, Arc::new(NoFollowers)).context("no application")?;
        rocket.attach(announce).launch().await.map_err(|error| explain(&error, config))?;
        tracing::info!("stopped");
        Ok(())
    });
    // What still runs on other threads has had its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// Why it ended other than by a signal. (Rocket's error panics if nobody looks at its kind.)
fn explain(error: &rocket::Error, config: &Config) -> Failure {
    let listen = config.listen;
    Failure::Failed(if let ErrorKind::Bind(cause) = error.kind() {
        anyhow::anyhow!("can't listen on {listen}: {cause}")
    } else {
        anyhow::anyhow!("the server stopped: {}", error.kind())
    })
}
