//! `cms audit`: proof that the log is whole, and of what was published when.

use clap::{Args, Subcommand};
use cms_core::Cms;

use super::{Failure, Global, output, remote::Remote, store};

mod check;
mod keys;
mod list;
mod prove;
mod verify;

/// Prove what was published and when, check such proofs, and see to the keys that checkpoints are signed with.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    Verify(verify::Verify),
    /// Print how far the log has come, signed: keep it, and nobody can change what was before without your noticing.
    Checkpoint,
    Prove(prove::Prove),
    Check(check::Check),
    Keys(keys::Keys),
    List(list::List),
}

impl Audit {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        match &self.act {
            Act::Verify(verify) => verify.run(global),
            Act::Checkpoint => self.checkpoint(global),
            Act::Prove(prove) => prove.run(&self.remote, global),
            Act::Check(check) => check.run(global),
            Act::Keys(keys) => keys.run(global),
            Act::List(list) => list.run(&self.remote, global),
        }
    }

    fn checkpoint(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        let text = store::runtime(2)?.block_on(async {
            if let Some(server) = server {
                return server.text("/v1/checkpoint").await;
            }
            let cms = open(global).await?;
            Ok(cms.proofs().checkpoint().await.map_err(anyhow::Error::from)?.to_string())
        })?;
        if global.json {
            output::say(serde_json::json!({ "checkpoint": text }));
        } else {
            output::say(text.trim_end());
        }
        Ok(())
    }
}

/// Opens the store of `--data`, which must be there.
async fn open(global: &Global) -> Result<Cms, Failure> {
    store::check_exists(&global.data)?;
    store::open_as_it_is(global).await
}
