//! `cms backup`: a consistent copy of the log in a folder, and what is new since, again and again.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    cms::log_folder,
    store::sled::{BackedUp, BackupError, Held, Options, Progress, SledLog, receive},
};
use reqwest::Method;
use serde_json::json;

use super::{
    Failure, Global,
    blobs::{self, Side},
    output,
    remote::{AnswerBody, Remote, Server},
    store,
};

/// Copy the log into a folder, consistent at one event; into the folder of an earlier backup, only what is
/// new. What was erased since is removed from the folder, too.
///
/// Content, rights, history and the files of assets are in it; tokens are not: a copy that is restored elsewhere lets nobody in.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder: empty, missing, or of an earlier backup of this store.
    folder: PathBuf,
    #[command(flatten)]
    remote: Remote,
}

impl Backup {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let bar = output::bar("events", global.json);
        let mut hear = |progress: Progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
        };
        let server = self.remote.server()?;
        let done = if let Some(server) = &server {
            store::runtime(2)?.block_on(self.fetch(server))
        } else {
            store::check_exists(&global.data)?;
            let log = SledLog::open(&log_folder(&global.data), Options::default());
            let log = log.map_err(store::explain_log)?;
            log.backup(&self.folder, &mut hear).map_err(refused)
        };
        bar.finish_and_clear();
        let done = done?;
        let files = store::runtime(2)?.block_on(self.copy_files(server.as_ref(), global))?;
        tell(&done, files, &self.folder, global.json);
        Ok(())
    }

    /// Copies the files of assets that the folder lacks, and removes those that nothing names any more: erased ones.
    /// After the log, so that all that it names is there.
    async fn copy_files(
        &self,
        server: Option<&Server>,
        global: &Global,
    ) -> Result<(u64, u64), Failure> {
        let (cms, actor);
        let side = if let Some(server) = server {
            Side::Server(server)
        } else {
            cms = store::open_as_it_is(global).await?;
            actor = store::administrator(&cms)?;
            Side::Store(&cms, &actor)
        };
        let digests = side.digests().await?;
        let copied = blobs::copy_out(side, &digests, &self.folder, global.json).await?;
        Ok((copied, blobs::sweep(&self.folder, &digests)?))
    }

    /// Fetches from a running server what the folder lacks.
    async fn fetch(&self, server: &Server) -> Result<BackedUp, Failure> {
        let held = Held::by(&self.folder).map_err(refused)?;
        let query = held.map(|held| {
            let root = hex::encode(held.root);
            format!("?after={}&epoch={}&root={root}", held.last, held.epoch)
        });
        let path = format!("/manage/v1/backup{}", query.unwrap_or_default());
        let answer = server.ask(Method::GET, &path, |request| request).await?;
        let (folder, mut body) = (self.folder.clone(), AnswerBody::of(answer));
        let received =
            tokio::task::spawn_blocking(move || receive(&mut body, &folder, &mut |_| ())).await;
        received.context("the backup was not kept")?.map_err(refused)
    }
}

fn refused(error: BackupError) -> Failure {
    match error {
        BackupError::NotABackup(_) | BackupError::OtherHistory(_) => Failure::No(error.to_string()),
        BackupError::Log(_) | BackupError::Volume(_) | BackupError::Transfer(_) => {
            anyhow::Error::new(error)
                .context("the backup stopped; the folder holds what it held")
                .into()
        }
    }
}

fn tell(done: &BackedUp, files: (u64, u64), folder: &std::path::Path, as_json: bool) {
    if as_json {
        output::say(json!({
            "first": done.first, "last": done.last, "bytes": done.bytes, "erased": done.erased,
            "files": files.0, "files_removed": files.1,
        }));
        return;
    }
    if files != (0, 0) {
        let (copied, removed) = files;
        output::say(format_args!("{copied} files of assets copied, {removed} erased ones removed"));
    }
    if done.first > done.last {
        output::say(format_args!(
            "nothing is new since event {}: {} is up to date",
            done.last,
            folder.display()
        ));
    } else {
        output::say(format_args!(
            "events {} to {} are in {} now: {} bytes written",
            done.first,
            done.last,
            folder.display(),
            done.bytes
        ));
        if done.erased > 0 {
            output::say(format_args!("{} erased bodies were removed from it", done.erased));
        }
    }
}
