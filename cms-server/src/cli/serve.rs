//! `cms serve`: the server, until a signal ends it.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use cms_server::{
    config::Config,
    health::{Followers, Progress},
    telemetry,
};
use rocket::figment::value::Dict;

use super::{Failure, Global};

/// Start the server.
///
/// SIGTERM and SIGINT end it: requests in flight have a few seconds to finish, then the store is closed.
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
        let mut flags = Dict::new();
        if let Some(listen) = self.listen {
            flags.insert("listen".to_owned(), listen.to_string().into());
        }
        let config = Config::load(global.config.as_deref(), flags)?;
        telemetry::start(&config.log)?;
        serve(&config)
    }
}

/// Serves until a signal, on threads of its own.
pub(crate) fn serve(config: &Config) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.workers())
        .thread_name("cms-worker")
        .enable_all()
        .build()
        .context("no threads to serve with")?;
    runtime.block_on(async {
        let rocket = cms_server::rocket(config, Arc::new(NoFollowers))
            .context("the application can't be built")?;
        let rocket = rocket.ignite().await.map_err(explain)?;
        tracing::info!(listen = %config.listen, workers = config.workers(), "ready to serve");
        rocket.launch().await.map_err(explain)?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// Rocket's error panics when it is dropped unseen, and says more in its kind.
fn explain(error: rocket::Error) -> Failure {
    Failure::Failed(anyhow::anyhow!("the server stopped: {}", error.kind()))
}
