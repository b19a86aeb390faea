//! What a test needs and a machine may lack: then the test is skipped, loudly, and in CI it fails.

use std::{env, ffi::OsString, io::Write as _, path::PathBuf};

/// A program that `cargo xtask test` installs; none where it is missing and this is not CI.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where only root looks.
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        skip(name);
    }
    found
}

/// What `cargo xtask test` says in a variable of the environment; none where it says nothing and this is not CI.
pub(crate) fn told(variable: &str, what: &str) -> Option<OsString> {
    let told = env::var_os(variable);
    if told.is_none() {
        skip(what);
    }
    told
}

/// A folder that `cargo xtask test` fills and tells by this variable; none where it is missing and this is not CI.
pub(crate) fn folder(variable: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_dir());
    if found.is_none() {
        skip(variable);
    }
    found
}

/// Says that the test at hand is skipped for want of something, past the harness that keeps what
/// passing tests print.
fn skip(name: &str) {
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(!in_ci, "{name} is missing: `cargo xtask test` installs it");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let line = format!("SKIPPED {test}: {name} is missing: `cargo xtask test` installs it\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
