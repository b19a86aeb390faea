//! The same index in a second folder, without another byte on disk: files of segments never change once they are
//! written, so both folders name the same ones.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::Path,
};

use super::{Index, IndexError, memory::Memory};

/// Names the segments that there are.
const META: &str = "meta.json";
/// Names the files that a writer may remove once no segment needs them.
const MANAGED: &str = ".managed.json";
/// How often it is tried anew where segments were merged meanwhile.
const TRIES: u32 = 50;

impl Index {
    /// Makes the index that lies in `from`, as of a commit that is no older than the call, in the folder `to` as well.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when a folder cannot be read or written, or segments are merged all the time.
    pub fn link(&self, from: &Path, to: &Path) -> Result<(), IndexError> {
        link(self.inner(), from, to)
    }
}

impl Memory {
    /// Makes the memory that lies in `from` in the folder `to` as well, as [`Index::link`] does.
    ///
    /// # Errors
    /// As there.
    pub fn link(&self, from: &Path, to: &Path) -> Result<(), IndexError> {
        link(self.inner(), from, to)
    }
}

fn link(index: &tantivy::Index, from: &Path, to: &Path) -> Result<(), IndexError> {
    let failed = |error: io::Error| IndexError::Failed {
        reason: format!("{} to {}: {error}", from.display(), to.display()),
    };
    for _ in 0..TRIES {
        if link_once(index, from, to).map_err(failed)? {
            return Ok(());
        }
    }
    Err(failed(io::Error::other("its segments are merged all the time")))
}

/// Whether nothing changed meanwhile: otherwise what is there is of two states.
fn link_once(index: &tantivy::Index, from: &Path, to: &Path) -> io::Result<bool> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(to)?;
    let meta = fs::read(from.join(META))?;
    let segments = index.load_metas().map_err(io::Error::other)?.segments;
    let names: BTreeSet<_> = segments.iter().map(|segment| segment.id().uuid_string()).collect();
    for file in fs::read_dir(from)? {
        let file = file?.file_name();
        let name = file.to_string_lossy();
        if !names.contains(name.split('.').next().unwrap_or_default()) {
            continue;
        }
        match fs::hard_link(from.join(&file), to.join(&file)) {
            Ok(()) => {}
            // It was merged into another, as will be told below.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => drop(fs::copy(from.join(&file), to.join(&file))?),
        }
    }
    let managed = fs::read(from.join(MANAGED))?;
    if fs::read(from.join(META))? != meta {
        return Ok(false);
    }
    for (name, bytes) in [(MANAGED, managed), (META, meta)] {
        fs::write(to.join(name), bytes)?;
        File::open(to.join(name))?.sync_all()?;
    }
    File::open(to)?.sync_all()?;
    Ok(true)
}
