//! `cms health`: asks a running server whether it is ready; for containers and service managers.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::{Failure, Global, output};

/// Ask a running server whether it is ready. Ends with 3 when it isn't.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Where the server is.
    #[arg(long, env = "CMS_URL", default_value = "http://127.0.0.1:8000", value_name = "URL")]
    url: String,
    /// Seconds to wait for an answer.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    timeout: u64,
}

impl Health {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("no runtime")?;
        let (is_ready, body) = runtime.block_on(self.ask())?;
        if !is_ready {
            return Err(Failure::No(format!("{} is not ready: {body}", self.url)));
        }
        if global.json {
            output::say(body);
        } else {
            output::say(format_args!("{} is ready", self.url));
        }
        Ok(())
    }

    async fn ask(&self) -> anyhow::Result<(bool, String)> {
        let client =
            reqwest::Client::builder().timeout(Duration::from_secs(self.timeout)).build()?;
        let url = format!("{}/readyz", self.url.trim_end_matches('/'));
        let answer = client
            .get(&url)
            .send()
            .await
            .with_context(|| format!("no answer from {}", self.url))?;
        Ok((answer.status().is_success(), answer.text().await?))
    }
}
