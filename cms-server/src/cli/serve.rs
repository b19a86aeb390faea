//! `cms serve`: the server, until a signal ends it.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use clap::Args;
use cms_core::{Cms, commands::issue_token::Issued};
use cms_server::{config::Config, launch, telemetry};
use rocket::{fairing::AdHoc, figment::value::Dict};

use super::{Failure, Global, output, store};

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

impl Serve {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let config = configure(global, self.listen)?;
        let runtime = store::runtime(config.workers())?;
        let outcome = runtime.block_on(async {
            let cms = store::open_for(&global.data, global, &config).await?;
            let first = first_token(&cms).await?;
            let announce = move |address| {
                output::say(format_args!("Beacon listens on http://{address}"));
                if let Some(issued) = &first {
                    introduce(address, issued);
                }
            };
            serve(&config, cms, announce).await
        });
        // What still runs on other threads has had its time.
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    }
}

/// The token that the administrator has still to exchange, on the first start.
pub(super) async fn first_token(cms: &Cms) -> Result<Option<Issued>, Failure> {
    Ok(cms.offer_first_token().await.context("no token for the administrator")?)
}

/// Says how the administrator comes by a token.
pub(super) fn introduce(address: SocketAddr, first: &Issued) {
    output::say(format_args!(
        "\nNobody administers this site over HTTP yet. This token is good once, until {}:\n\n  {}\n\n\
         Exchange it for a token of your own, which is shown once:\n\n  \
         CMS_TOKEN={} cms token create NAME --url http://{address}\n",
        first.token.expires,
        first.secret.reveal(),
        first.secret.reveal()
    ));
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

/// Serves until a signal, then closes the store; `announce` is told the address once it listens there.
pub(super) async fn serve(
    config: &Config,
    cms: Cms,
    announce: impl FnOnce(SocketAddr) + Send + Sync + 'static,
) -> Result<(), Failure> {
    let announce = AdHoc::on_liftoff("Announcement", move |rocket| {
        let address = SocketAddr::new(rocket.config().address, rocket.config().port);
        Box::pin(async move {
            tracing::info!(%address, "listening");
            announce(address);
        })
    });
    let rocket = cms_server::rocket(config, &cms).context("no application")?;
    launch::launch(rocket.attach(announce)).await.map_err(anyhow::Error::from)?;
    // The application and its handles to the store are gone: with the last one it is flushed and closed.
    drop(cms);
    tracing::info!("stopped");
    Ok(())
}
