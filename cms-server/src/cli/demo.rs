//! `cms demo`: a server to try, with demo content, without any set-up.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use clap::Args;
use cms_core::{Cms, commands::import::ImportOptions};
use cms_server::config::S3;

use super::{Failure, Global, output, serve, store};

mod content;

/// Start a server with demo content, and say where to look. Its store is thrown away at the end.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

/// What to try first.
const TRY: [&str; 10] = [
    "v1/entries/guidance?locale=fr",
    "v1/entries/guidance/sextortion-what-to-do-now?locale=en",
    "v1/entries/guidance/key:sextortion-what-to-do-now?locale=th",
    "v1/entries/route?locale=ja&filter[urgency]=emergency",
    "v1/search?locale=en&q=sextorsion%20blakmail",
    "v1/suggest?locale=fr&q=groom",
    "v1/assets/key:picture-path?locale=ja",
    "v1/locales",
    "v1/changes",
    "docs/",
];

impl Demo {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let mut config = serve::configure(global, Some(self.listen))?;
        // Its pictures go with its folder: a site's bucket is no place for them.
        config.media.s3 = S3::default();
        let folder = tempfile::tempdir().context("no folder for the demo's store")?;
        let runtime = store::runtime(config.workers())?;
        let outcome = runtime.block_on(async {
            let cms = store::open_for(folder.path(), global, &config).await?;
            fill(&cms).await?;
            let first = serve::first_token(&cms).await?;
            serve::serve(&config, cms, move |address| {
                for path in TRY {
                    output::say(format_args!("http://{address}/{path}"));
                }
                if let Some(issued) = &first {
                    serve::introduce(address, issued);
                }
            })
            .await
        });
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    }
}

/// Imports the demo content.
async fn fill(cms: &Cms) -> Result<(), Failure> {
    let administrator = store::administrator(cms)?;
    for (digest, bytes) in content::PICTURES {
        let digest = digest.parse().context("a picture of the demo has no digest")?;
        let kept = cms.keep_bytes(&administrator, digest, bytes.to_vec()).await;
        kept.context("the demo's pictures can't be kept")?;
    }
    let options = ImportOptions { atomic: true, ..ImportOptions::default() };
    let report = cms.import(&administrator, &mut content::Lines, &options, &|_, _| ()).await;
    let report = report.context("the demo content can't be imported")?;
    if let Some(refused) = report.refused.first() {
        return Err(Failure::No(format!("the demo content is refused: {refused:?}")));
    }
    if !cms.settled().await {
        return Err(Failure::No("the demo content was not made ready".to_owned()));
    }
    Ok(())
}
