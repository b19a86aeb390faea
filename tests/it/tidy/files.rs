//! The repository's text files: those that git tracks, and new ones that it does not ignore.

use std::{collections::BTreeSet, fs, path::Path, process::Command, sync::OnceLock};

/// One file of text.
#[derive(Debug)]
pub struct File {
    /// Its path from the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl File {
    /// A file that is not on disk, for trying a rule.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the name ends so.
    pub fn has_ending(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == ending)
    }
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// All files that are text; what is not UTF-8 is none.
pub fn all() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let read = |path: String| {
            let text = String::from_utf8(fs::read(root().join(&path)).ok()?).ok()?;
            Some(File { path, text })
        };
        list(&["--cached", "--others", "--exclude-standard"]).into_iter().filter_map(read).collect()
    })
}

/// One file, which must be there.
pub fn named(path: &str) -> &'static File {
    all().iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is missing"))
}

/// The paths that git tracks.
pub fn tracked() -> BTreeSet<String> {
    list(&["--cached"])
}

fn list(options: &[&str]) -> BTreeSet<String> {
    let listing = Command::new("git")
        .args(["ls-files", "-z"])
        .args(options)
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("git lists the files that the rules are about: {error}"));
    assert!(listing.status.success(), "git: {}", String::from_utf8_lossy(&listing.stderr));
    let names = String::from_utf8(listing.stdout).unwrap();
    names.split_terminator('\0').map(str::to_owned).collect()
}
