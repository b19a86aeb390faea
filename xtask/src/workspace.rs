//! Where the checks run: the repository's root, the target folder, and the command lines that both shape.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

/// The checkout at hand, and how strict to be with it.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, absolute.
    pub(crate) target: PathBuf,
    /// Whether the variable `CI` is set: then what is missing is a failure and the tree must be clean.
    pub(crate) in_ci: bool,
}

impl Workspace {
    /// Finds the root by this crate's own place, and the target folder as Cargo does.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the workspace")?
            .to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => std::path::absolute(folder)?,
            None => root.join("target"),
        };
        let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        Ok(Self { root, target, in_ci })
    }

    /// A command in the root, with no standard input, so that nothing can wait for an answer.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// The Cargo that runs us.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.for_cargo(self.command(&cargo()), arguments)
    }

    /// The same, with as many open files as it may have: tests hold a thousand connections, and many systems give
    /// 1,024 files to those who don't ask.
    pub(crate) fn cargo_with_many_files(&self, arguments: &[&str]) -> Command {
        let mut shell = self.command("sh");
        shell.args(["-c", r#"ulimit -S -n "$(ulimit -H -n)"; exec "$0" "$@""#, &cargo()]);
        self.for_cargo(shell, arguments)
    }

    /// Without what Cargo told us about this crate: build scripts that watch such variables would run again for
    /// each step.
    fn for_cargo(&self, mut command: Command, arguments: &[&str]) -> Command {
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(speaks_of_one_crate) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target).args(arguments);
        command
    }
}

fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn speaks_of_one_crate(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::speaks_of_one_crate;

    #[test]
    fn what_cargo_says_of_xtask_is_not_passed_on() {
        assert!(speaks_of_one_crate("CARGO_PKG_VERSION"));
        assert!(speaks_of_one_crate("CARGO_MANIFEST_DIR"));
        assert!(!speaks_of_one_crate("CARGO_TARGET_DIR"));
        assert!(!speaks_of_one_crate("CARGO_NET_RETRY"));
    }
}
