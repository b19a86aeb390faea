//! Room on the disk that is set aside for the day when it is full.
//!
//! After a failed write the database has to be opened again before its reads can be trusted, and opening
//! writes. The ballast is thrown off then; nothing is committed until it is there again.

use std::{fs, io, path::Path, path::PathBuf};

use fs4::fs_std::FileExt as _;

/// A file that holds nothing but room.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// The ballast of the log in `dir`: so many bytes.
    pub(super) fn new(dir: &Path, bytes: u64) -> Self {
        Self { path: dir.join("ballast"), bytes }
    }

    /// Sees to it that the ballast is there and that the disk has `needed` bytes left besides; says so when
    /// it has not.
    pub(super) fn hold(&self, needed: u64) -> Result<(), String> {
        let held = fs::metadata(&self.path).map_or(0, |file| file.len());
        let missing = self.bytes.saturating_sub(held);
        let left = fs4::available_space(self.path.parent().unwrap_or(&self.path));
        let left = left.map_err(|error| format!("the disk does not say what is left: {error}"))?;
        if left < needed.saturating_add(missing) {
            return Err(format!(
                "the disk is full: {left} bytes are left, {} are needed",
                needed + missing
            ));
        }
        if missing > 0 {
            self.take().map_err(|error| format!("the disk is full: {error}"))?;
        }
        Ok(())
    }

    /// Gives the room free.
    pub(super) fn throw_off(&self) {
        // Where it was not there, or stays, the opening shows whether there is room enough.
        let _removed = fs::remove_file(&self.path);
    }

    fn take(&self) -> io::Result<()> {
        let file = fs::File::options().create(true).write(true).truncate(false).open(&self.path)?;
        file.allocate(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ballast_takes_room_until_it_is_thrown_off() {
        let dir = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(dir.path(), 100_000);
        ballast.hold(0).unwrap();
        ballast.hold(0).unwrap();
        assert_eq!(fs::metadata(dir.path().join("ballast")).unwrap().len(), 100_000);
        ballast.throw_off();
        ballast.throw_off();
        assert!(!dir.path().join("ballast").exists());
    }

    #[test]
    fn a_disk_without_the_room_that_is_needed_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let refused = Ballast::new(dir.path(), 1).hold(u64::MAX - 1).unwrap_err();
        assert!(refused.contains("the disk is full"), "{refused}");
        assert!(!dir.path().join("ballast").exists());
    }
}
