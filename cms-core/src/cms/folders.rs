//! The folders of derived data: `derived/1`, `derived/2`, …, and `derived/current`, which names the one
//! that serves. A rebuild fills the next one and then changes the name.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::OpenError;

/// Bumped when what followers derive changes its form: data of another version is made again.
const VERSION: u32 = 11;

/// The folder that serves; a fresh one where there is none, or where it is of another version.
pub(super) fn current(dir: &Path) -> Result<PathBuf, OpenError> {
    if let Some(folder) = serving(dir)? {
        return Ok(folder);
    }
    let fresh = next(dir)?;
    make_current(dir, &fresh)?;
    remove_others(dir);
    Ok(fresh)
}

/// The folder that serves, if there is one of this version. Changes nothing.
pub(super) fn serving(dir: &Path) -> Result<Option<PathBuf>, OpenError> {
    let derived = dir.join("derived");
    let named = match fs::read_to_string(derived.join("current")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(reason) => return Err(OpenError::Folder { path: derived.join("current"), reason }),
    };
    let mut words = named.split_whitespace();
    let (number, version) = (words.next().and_then(|word| word.parse::<u32>().ok()), words.next());
    let number = number.filter(|_| version == Some(VERSION.to_string().as_str()));
    Ok(number.map(|number| derived.join(number.to_string())))
}

/// A fresh folder.
pub(super) fn next(dir: &Path) -> Result<PathBuf, OpenError> {
    let derived = dir.join("derived");
    let failed = |reason| OpenError::Folder { path: derived.clone(), reason };
    fs::create_dir_all(&derived).map_err(failed)?;
    let last = numbers(&derived).map_err(failed)?.into_iter().max().unwrap_or(0);
    let folder = derived.join((last + 1).to_string());
    fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

/// Lets a folder serve from the next start on. Survives a loss of power, or leaves the old one serving.
pub(super) fn make_current(dir: &Path, folder: &Path) -> Result<(), OpenError> {
    let derived = dir.join("derived");
    let failed = |reason| OpenError::Folder { path: derived.join("current"), reason };
    let number = folder.file_name().unwrap_or_default().to_string_lossy();
    let fresh = derived.join("current.new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&fresh)?;
        writeln!(file, "{number} {VERSION}")?;
        file.sync_all()?;
        fs::rename(&fresh, derived.join("current"))?;
        File::open(&derived)?.sync_all()
    };
    write().map_err(failed)
}

/// Removes the folders that don't serve. What cannot be removed now is removed the next time.
pub(super) fn remove_others(dir: &Path) {
    let derived = dir.join("derived");
    let Ok(serving) = fs::read_to_string(derived.join("current")) else { return };
    let serving = serving.split_whitespace().next().and_then(|word| word.parse::<u32>().ok());
    for number in numbers(&derived).unwrap_or_default() {
        if Some(number) != serving
            && let Err(error) = fs::remove_dir_all(derived.join(number.to_string()))
        {
            tracing::warn!(%error, number, "a folder of old derived data stays for now");
        }
    }
}

fn numbers(derived: &Path) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for item in fs::read_dir(derived)? {
        found.extend(item?.file_name().to_string_lossy().parse::<u32>());
    }
    Ok(found)
}
