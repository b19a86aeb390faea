//! `cms demo`: a server to try, without any set-up.

use std::net::SocketAddr;

use clap::Args;
use cms_server::{config::Config, telemetry};
use rocket::figment::value::Dict;

use super::{Failure, Global, output, serve};

/// Start a server to try, and say where to look.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

impl Demo {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let flags = Dict::from([("listen".to_owned(), self.listen.to_string().into())]);
        let config = Config::load(global.config.as_deref(), flags)?;
        telemetry::start(&config.log)?;
        for path in ["docs/", "openapi.json", "problems?locale=fr", "readyz"] {
            output::say(format_args!("http://{}/{path}", self.listen));
        }
        serve::serve(&config)
    }
}
