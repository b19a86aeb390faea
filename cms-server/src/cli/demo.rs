//! `cms demo`: a server to try, without any set-up.

use std::net::SocketAddr;

use clap::Args;

use super::{Failure, Global, output, serve};

/// Where to look first.
const PATHS: [&str; 4] = ["docs/", "openapi.json", "problems?locale=fr", "readyz"];

/// Start a server to try, and say where to look.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

impl Demo {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let config = serve::configure(global, Some(self.listen))?;
        serve::serve(&config, |address| {
            for path in PATHS {
                output::say(format_args!("http://{address}/{path}"));
            }
        })
    }
}
