//! `cms rebuild`: makes views and index again from the log.

use clap::Args;
use reqwest::Method;
use serde_json::json;

use super::{Failure, Global, output, remote::Remote, store};

/// Make all that is derived from the log again: views and search index. With `--url` the old ones serve
/// until the new ones are ready.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    remote: Remote,
}

impl Rebuild {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        let events = store::runtime(2)?.block_on(async {
            if let Some(server) = server {
                let done = server.json(Method::POST, "/manage/v1/rebuilds", None).await?;
                return Ok(done.get("events").and_then(serde_json::Value::as_u64).unwrap_or(0));
            }
            store::check_exists(&global.data)?;
            let cms = store::open_as_it_is(global).await?;
            let bar = output::bar("events", global.json);
            bar.set_length(cms.log().last());
            let heard = bar.clone();
            let done = cms.rebuild(move |event| heard.set_position(event)).await;
            bar.finish_and_clear();
            done.map_err(store::explain)?;
            Ok::<_, Failure>(cms.log().last())
        })?;
        if global.json {
            output::say(json!({ "events": events }));
        } else {
            output::say(format_args!("views and index were made again from {events} events"));
        }
        Ok(())
    }
}
