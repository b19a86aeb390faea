//! The version of the log's layout, and the steps that bring an older one up to it.

use std::path::Path;

use super::{
    OpenError, folder, keys,
    rows::{Changes, Rows},
};

/// The layout that this program writes. `tests/fixtures/` has a store of each version.
pub(super) const VERSION: u32 = 2;

/// Brings a log from the version before to the next: one step for each version after the first.
type Migration = fn(&Rows) -> Result<(), OpenError>;

/// The step at index `n` leads from version `n + 1` to `n + 2`.
const MIGRATIONS: [Migration; VERSION as usize - 1] = [headers_of_two_lines];

/// New events have headers of two lines; those that are there stay as they are, for they are in the tree.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside steps that may fail")]
fn headers_of_two_lines(_: &Rows) -> Result<(), OpenError> {
    Ok(())
}

/// Refuses a newer layout, and runs the steps that an older one needs, recording each.
pub(super) fn bring_up_to_date(rows: &Rows, path: &Path) -> Result<(), OpenError> {
    let row = rows.row(&keys::FORMAT).map_err(|error| folder::damaged(path, &error.to_string()))?;
    let found = row.and_then(|row| row.try_into().ok()).map(u32::from_be_bytes);
    let found = found.ok_or_else(|| folder::damaged(path, "its format version is missing"))?;
    if found > VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    for (next, migrate) in (2..).zip(&MIGRATIONS).filter(|(next, _)| *next > found) {
        migrate(rows)?;
        let mut changes = Changes::default();
        changes.put(keys::FORMAT.to_vec(), &u32::to_be_bytes(next));
        rows.commit(changes).map_err(|error| folder::unavailable(path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Options, SledLog},
        *,
    };

    #[test]
    fn a_newer_layout_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(SledLog::open(dir.path(), Options::default()).unwrap());
        let path = folder::events(dir.path(), 1);
        let rows = folder::open_rows(&path, &Options::default()).unwrap();
        let mut changes = Changes::default();
        changes.put(keys::FORMAT.to_vec(), &(VERSION + 1).to_be_bytes());
        rows.commit(changes).unwrap();
        drop(rows);
        let refused = SledLog::open(dir.path(), Options::default()).unwrap_err();
        assert_eq!(refused, OpenError::Newer { path, found: VERSION + 1, known: VERSION });
    }
}
