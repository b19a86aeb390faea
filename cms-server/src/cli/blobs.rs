//! The files of assets on their way into a folder and out of it: `media/DIGEST`, beside lines or a backup.

use std::{
    collections::BTreeSet,
    fs, io,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use cms_core::{Cms, access::Actor, commands::CommandError, media::Digest};
use reqwest::Method;
use serde_json::Value;

use super::{
    Failure, output,
    remote::{Server, body_of},
};

/// The folder of files in a folder.
const FOLDER: &str = "media";
/// How many digests are listed together.
const STEP: usize = 1_000;

/// Where files come from and go to.
#[derive(Clone, Copy)]
pub(crate) enum Side<'a> {
    /// A store that this process has.
    Store(&'a Cms, &'a Actor),
    /// A running server.
    Server(&'a Server),
}

impl Side<'_> {
    /// The digests of all files that some revision names.
    pub(crate) async fn digests(self) -> Result<BTreeSet<Digest>, Failure> {
        let mut all = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let page = match self {
                Self::Store(cms, _) => {
                    let page = cms.editing().blobs(after.as_deref(), STEP);
                    page.context("the store can't be read")?
                }
                Self::Server(server) => {
                    let after = after.as_ref().map(|after| format!("?after={after}"));
                    let path = format!("/manage/v1/media{}", after.unwrap_or_default());
                    let answer = server.json(Method::GET, &path, None).await?;
                    let page = answer.get("data").cloned().unwrap_or_default();
                    serde_json::from_value::<Vec<String>>(page).context("the answer is no list")?
                }
            };
            for text in &page {
                all.insert(text.parse().context("a digest is none")?);
            }
            match page.last() {
                Some(last) if page.len() == STEP => after = Some(last.clone()),
                Some(_) | None => return Ok(all),
            }
        }
    }

    async fn read(self, digest: Digest) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Store(cms, _) => {
                let bytes = cms.vault().blobs.get(digest).await.context("a file can't be read")?;
                Ok(bytes.ok_or_else(|| anyhow!("the file {digest} is missing"))?.to_vec())
            }
            Self::Server(server) => {
                let path = format!("/manage/v1/media/{digest}");
                let answer = server.ask(Method::GET, &path, |request| request).await?;
                Ok(answer.bytes().await.context("a file was cut short")?.to_vec())
            }
        }
    }

    async fn keep(self, digest: Digest, bytes: Vec<u8>) -> Result<(), Failure> {
        match self {
            Self::Store(cms, actor) => match cms.keep_bytes(actor, digest, bytes).await {
                Ok(_) => Ok(()),
                Err(CommandError::Invalid(wrong)) => {
                    let wrong: Vec<_> = wrong.iter().map(output::said).collect();
                    Err(Failure::No(format!("{digest}: {}", wrong.join("; "))))
                }
                Err(other) => Err(anyhow::Error::new(other).context("a file was not kept").into()),
            },
            Self::Server(server) => {
                let open = move || Ok(Box::new(io::Cursor::new(bytes)) as Box<_>);
                let path = format!("/manage/v1/media/{digest}");
                server.ask(Method::PUT, &path, |request| request.body(body_of(open))).await?;
                Ok(())
            }
        }
    }
}

/// Copies files that a folder lacks into it; answers how many. One that is there is not looked at again.
pub(crate) async fn copy_out(
    from: Side<'_>,
    digests: &BTreeSet<Digest>,
    folder: &Path,
    as_json: bool,
) -> Result<u64, Failure> {
    if digests.is_empty() {
        return Ok(0);
    }
    let files = folder.join(FOLDER);
    fs::create_dir_all(&files).with_context(|| format!("{} can't be made", files.display()))?;
    let bar = output::bar("files", as_json);
    bar.set_length(u64::try_from(digests.len()).unwrap_or(u64::MAX));
    let mut copied = 0;
    for digest in digests {
        bar.inc(1);
        let path = files.join(digest.to_string());
        if path.exists() {
            continue;
        }
        let bytes = from.read(*digest).await?;
        if Digest::of(&bytes) != *digest {
            return Err(anyhow!("the file {digest} is another than its digest says").into());
        }
        write(&path, &bytes).with_context(|| format!("{} can't be written", path.display()))?;
        copied += 1;
    }
    bar.finish_and_clear();
    fs::File::open(&files).and_then(|files| files.sync_all()).context("not synced")?;
    Ok(copied)
}

/// Writes a file whole, or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = fs::File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

/// Removes the files of a folder that aren't among these; answers how many.
pub(crate) fn sweep(folder: &Path, digests: &BTreeSet<Digest>) -> Result<u64, Failure> {
    let mut removed = 0;
    for (digest, path) in there(folder)? {
        if !digests.contains(&digest) {
            fs::remove_file(&path).with_context(|| format!("{} stays", path.display()))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The files in a folder, by their digests.
pub(crate) fn there(folder: &Path) -> Result<Vec<(Digest, PathBuf)>, Failure> {
    let files = folder.join(FOLDER);
    let listed = match fs::read_dir(&files) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(anyhow::Error::new(error).context("files can't be listed").into());
        }
    };
    let mut found = Vec::new();
    for item in listed {
        let item = item.context("files can't be listed")?;
        let name = item.file_name();
        found.extend(name.to_str().and_then(|name| name.parse().ok()).map(|it| (it, item.path())));
    }
    found.sort();
    Ok(found)
}

/// The digests that the lines of files name; those of assets do.
pub(crate) fn named(files: &[PathBuf]) -> BTreeSet<Digest> {
    let mut all = BTreeSet::new();
    for path in files {
        // What can't be read is told when the lines are taken in.
        let Ok(file) = fs::File::open(path) else { continue };
        if !file.metadata().is_ok_and(|about| about.is_file()) {
            continue;
        }
        let lines = BufReader::new(file).lines().map_while(Result::ok);
        all.extend(lines.filter_map(|line| named_by(&line)));
    }
    all
}

/// The digest that a line names, if it is an asset's.
pub(crate) fn named_by(line: &str) -> Option<Digest> {
    if !line.contains("\"digest\"") {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    line.pointer("/shared/digest")?.as_str()?.parse().ok()
}

/// Brings the files that lines name and that lie beside them; answers how many there were.
pub(crate) async fn copy_in(
    to: Side<'_>,
    files: &[PathBuf],
    as_json: bool,
) -> Result<u64, Failure> {
    let wanted = named(files);
    if wanted.is_empty() {
        return Ok(0);
    }
    let folders: BTreeSet<&Path> = files.iter().filter_map(|path| path.parent()).collect();
    let bar = output::bar("files", as_json);
    let mut brought = 0;
    for folder in folders {
        let there = there(folder)?;
        bar.set_length(u64::try_from(there.len()).unwrap_or(u64::MAX));
        for (digest, path) in there.into_iter().filter(|(digest, _)| wanted.contains(digest)) {
            let bytes = fs::read(&path);
            let bytes = bytes.with_context(|| format!("{} can't be read", path.display()))?;
            to.keep(digest, bytes).await?;
            brought += 1;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(brought)
}
