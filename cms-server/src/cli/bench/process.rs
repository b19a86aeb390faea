//! What a process has used, as the system says, and processes that end with their handle.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;

/// The system counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Processor time that a process and the processes it started have used so far.
pub(super) fn cpu(pid: u32) -> Duration {
    let own = stat(pid).map_or(Duration::ZERO, |(_, used)| used);
    own + children(pid).map(cpu).sum::<Duration>()
}

/// Memory of a process and those it started.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory {
    /// MiB that are nobody else's.
    pub(super) own: f64,
    /// MiB of files that it has mapped, which the system takes back when it needs them.
    pub(super) files: f64,
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} MiB ({:.0} own)", self.own + self.files, self.own)
    }
}

/// What of a process is in memory now.
pub(super) fn memory(pid: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    };
    Memory { own: mib("RssAnon:"), files: mib("RssFile:") + mib("RssShmem:") }
}

/// The parent and the processor time of a process.
fn stat(pid: u32) -> Option<(u32, Duration)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold spaces; after it come state, parent, and so on.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some((number(1)?, TICK * (number(11)? + number(12)?)))
}

fn children(pid: u32) -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = all.filter_map(|item| item.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(move |child| stat(*child).is_some_and(|(parent, _)| parent == pid))
}

/// Bytes that a folder takes on disk.
pub(super) fn on_disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let items = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = items.map(|item| match item.metadata() {
        Ok(found) if found.is_dir() => on_disk(&item.path()),
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    });
    sizes.sum()
}

/// A process that is killed when it is no longer needed.
#[derive(Debug)]
pub(super) struct Running(Child);

impl Running {
    /// Starts a program that says nothing.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        let started = quiet.spawn();
        let name = command.get_program().display().to_string();
        Ok(Self(started.with_context(|| format!("{name} does not start"))?))
    }

    /// Its number.
    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it runs still.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that is gone already needs no end.
        let _killed = self.0.kill();
        let _waited = self.0.wait();
    }
}
