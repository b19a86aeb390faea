//! The files of a folder and of those in it, in the order of their paths.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cms_core::id::ExternalKey;

/// A file to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What it is called within the folder.
    pub(super) name: String,
    /// Where what is said of it is, if anything is: `FILE.json` beside `FILE`.
    pub(super) sidecar: Option<PathBuf>,
}

impl Found {
    /// The key that its asset goes by without another: its place in the folder, so that the next import finds it.
    pub(super) fn key(&self) -> Option<ExternalKey> {
        let text: String =
            self.name.chars().map(|c| if c.is_whitespace() { '-' } else { c }).collect();
        ExternalKey::parse(&text).ok()
    }
}

/// All files, hidden ones and links apart.
pub(super) fn files(folder: &Path) -> io::Result<Vec<Found>> {
    let mut paths = Vec::new();
    gather(folder, &mut paths)?;
    paths.sort();
    let sidecar = |path: &PathBuf| {
        let mut name = path.as_os_str().to_owned();
        name.push(".json");
        Some(PathBuf::from(name)).filter(|sidecar| paths.binary_search(sidecar).is_ok())
    };
    let is_sidecar = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "json")
            && paths.binary_search(&path.with_extension("")).is_ok()
    };
    let files = paths.iter().filter(|path| !is_sidecar(path));
    Ok(files
        .map(|path| {
            let inside = path.strip_prefix(folder).unwrap_or(path);
            let steps: Vec<_> = inside.iter().map(|step| step.to_string_lossy()).collect();
            Found { path: path.clone(), name: steps.join("/"), sidecar: sidecar(path) }
        })
        .collect())
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let item = item?;
        let kind = item.file_type()?;
        if item.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            gather(&item.path(), found)?;
        } else if kind.is_file() {
            found.push(item.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_with_what_stands_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("sub dir")).unwrap();
        for name in ["b.png", "b.png.json", "a.json", ".hidden", "sub dir/c.jpg"] {
            fs::write(folder.path().join(name), b"x").unwrap();
        }
        let found = files(folder.path()).unwrap();
        let seen: Vec<_> =
            found.iter().map(|file| (file.name.as_str(), file.sidecar.is_some())).collect();
        assert_eq!(seen, [("a.json", false), ("b.png", true), ("sub dir/c.jpg", false)]);
        assert_eq!(found[2].key().unwrap().as_str(), "sub-dir/c.jpg");
    }
}
