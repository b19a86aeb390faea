//! A log's folder: what lies in it, how it is made, and how it is opened when something is wrong.
//!
//! ```text
//! lock        held by the process that has the log open
//! current     the number N of the databases that are the log's
//! events-N/   the log
//! cells-N/    the cells
//! mark        the high-water mark
//! ballast     room for an opening when the disk is full
//! *.new       something unfinished, removed at the next opening
//! ```
//! Whatever is made is made under another name, synced, and renamed: a power loss leaves all or nothing.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{
    super::{
        Epoch, LogError,
        merkle::{Edge, Tree},
    },
    Header, OpenError, Options,
    ballast::Ballast,
    cells::Cells,
    database, format, keys,
    mark::{Mark, MarkFile},
    rows::{self, Changes, Rows},
};

/// A log's parts, opened and checked.
#[derive(Debug)]
pub(super) struct Opened {
    /// Held as long as the log is open.
    pub(super) lock: File,
    pub(super) rows: Rows,
    pub(super) cells: Cells,
    pub(super) mark: MarkFile,
    pub(super) ballast: Ballast,
    pub(super) edge: Edge,
    pub(super) epoch: Epoch,
}

/// Opens the log in `dir`, or makes an empty one.
pub(super) fn open(dir: &Path, options: &Options) -> Result<Opened, OpenError> {
    make_folder(dir)?;
    let lock = lock(dir)?;
    if read_current(dir)?.is_none() {
        create(dir, options)?;
    }
    let at = current(dir)?;
    sweep(dir, at)?;
    let rows = open_rows(&events(dir, at), options)?;
    let cells = Cells::open(&cells(dir, at), options.reserve)?;
    let (edge, epoch, mark) = check(dir, &events(dir, at), &rows)?;
    sync_folder(dir)?;
    let ballast = Ballast::new(dir, opening_size(&events(dir, at)));
    Ok(Opened { lock, rows, cells, mark, ballast, edge, epoch })
}

/// Makes the log's own folder, with those above it, where they are missing.
pub(super) fn make_folder(dir: &Path) -> Result<(), OpenError> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(dir).map_err(|error| unavailable(dir, &error))?;
    for made in missing {
        let above = made.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(above.unwrap_or_else(|| Path::new(".")))?;
    }
    Ok(())
}

/// The folder of the log's database of this number.
pub(super) fn events(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{EVENTS}{number}"))
}

/// The folder of the cells' database of this number.
pub(super) fn cells(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{CELLS}{number}"))
}

/// Where the high-water mark is.
pub(super) fn mark(dir: &Path) -> PathBuf {
    dir.join("mark")
}

const EVENTS: &str = "events-";
const CELLS: &str = "cells-";
const UNFINISHED: &str = ".new";

/// The name of something while it is being made.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

/// Takes the folder for this process.
pub(super) fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| unavailable(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::AlreadyOpen(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(unavailable(&path, &error)),
    }
}

/// Opens a database that exists and runs the migrations that its format needs.
pub(super) fn open_rows(path: &Path, options: &Options) -> Result<Rows, OpenError> {
    let db = database::open(path, options.cache)?;
    let rows = Rows::new(db, path).map_err(|error| unavailable(path, &error))?;
    format::bring_up_to_date(&rows, path)?;
    // What a killed process had written but not synced counts from now on, so it has to be safe.
    rows.sync().map_err(|error| unavailable(path, &error))?;
    Ok(rows)
}

/// Makes a database without any row, for `path` once it is [`install`]ed.
pub(super) fn create_rows(path: &Path, options: &Options) -> Result<Rows, OpenError> {
    let path = unfinished(path);
    remove(&path)?;
    let db = database::create(&path, options.cache)?;
    Rows::new(db, &path).map_err(|error| unavailable(&path, &error))
}

/// Sets the rows that every log has.
pub(super) fn found(epoch: Epoch, changes: &mut Changes) {
    changes.put(keys::FORMAT.to_vec(), &format::VERSION.to_be_bytes());
    changes.put(keys::numbered(keys::EPOCH, epoch.0), &[]);
}

/// Gives a closed database its final name.
pub(super) fn install(path: &Path) -> Result<(), OpenError> {
    let made = unfinished(path);
    let synced = File::open(made.join("conf")).and_then(|conf| conf.sync_all());
    synced.map_err(|error| unavailable(&made, &error))?;
    sync_folder(&made)?;
    fs::rename(&made, path).map_err(|error| unavailable(&made, &error))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the databases of this number the log's, atomically.
pub(super) fn write_current(dir: &Path, number: u64) -> Result<(), OpenError> {
    let path = dir.join("current");
    let made = unfinished(&path);
    let crc = crc32fast::hash(number.to_string().as_bytes());
    let written = fs::write(&made, format!("{number} {crc:08x}\n"))
        .and_then(|()| File::open(&made)?.sync_all())
        .and_then(|()| fs::rename(&made, &path));
    written.map_err(|error| unavailable(&path, &error))?;
    sync_folder(dir)
}

/// The number of the log's databases.
pub(super) fn current(dir: &Path) -> Result<u64, OpenError> {
    read_current(dir)?.ok_or_else(|| damaged(&dir.join("current"), "it is missing"))
}

fn read_current(dir: &Path) -> Result<Option<u64>, OpenError> {
    let path = dir.join("current");
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unavailable(&path, &error)),
    };
    let parts = text.strip_suffix('\n').and_then(|line| line.split_once(' '));
    let number = parts.and_then(|(number, crc)| {
        let crc = u32::from_str_radix(crc, 16).ok()?;
        (crc == crc32fast::hash(number.as_bytes())).then_some(number)?.parse().ok()
    });
    number.map(Some).ok_or_else(|| damaged(&path, "its checksum is wrong"))
}

/// Makes an empty log, or goes on with a first opening that was cut short.
fn create(dir: &Path, options: &Options) -> Result<(), OpenError> {
    let missing = |reason| damaged(&dir.join("current"), reason);
    for name in names(dir)? {
        let database = name.starts_with(EVENTS) || name.starts_with(CELLS);
        let first = [events(dir, 1), cells(dir, 1)].contains(&dir.join(&name));
        if database && !first && !name.ends_with(UNFINISHED) {
            return Err(missing("it is missing, and there are databases"));
        }
    }
    let path = events(dir, 1);
    if path.exists() {
        let last = open_rows(&path, options)?.last();
        if last.map_err(|error| damaged(&path, &error.to_string()))? > 0 {
            return Err(missing("it is missing, and there are events"));
        }
    } else {
        let rows = create_rows(&path, options)?;
        let mut changes = Changes::default();
        found(Epoch(1), &mut changes);
        rows.commit(changes).map_err(|error| unavailable(&path, &error))?;
        drop(rows);
        install(&path)?;
    }
    create_cells(dir, 1)?;
    write_current(dir, 1)
}

/// Makes an empty database of cells, where there is none.
pub(super) fn create_cells(dir: &Path, number: u64) -> Result<(), OpenError> {
    let path = cells(dir, number);
    if path.exists() {
        return Ok(());
    }
    let made = unfinished(&path);
    // What a making that was cut short left behind may be torn.
    remove(&made)?;
    drop(Cells::create(&made)?);
    install(&path)
}

/// Compares what is there with the high-water mark.
fn check(dir: &Path, path: &Path, rows: &Rows) -> Result<(Edge, Epoch, MarkFile), OpenError> {
    let broken = |error: LogError| damaged(path, &error.to_string());
    let last = rows.last().map_err(broken)?;
    let edge = rows.edge(last).map_err(broken)?;
    let epoch = rows.epoch().map_err(broken)?;
    whole_command(rows, last).map_err(broken)?;
    let at = mark(dir);
    let now = Mark { number: last, root: edge.root() };
    let mut marks = match MarkFile::open(&at) {
        Ok((marks, Some(mark))) if mark.number <= last => {
            let root = Tree { tiles: rows, edge: &edge }.root(mark.number).map_err(broken)?;
            if root != mark.root {
                return Err(damaged(path, "its events are not those that the mark was made of"));
            }
            marks
        }
        Ok((_, Some(mark))) => {
            let folder = path.to_owned();
            return Err(OpenError::LostTail { folder, mark: mark.number, found: last });
        }
        // An empty log's mark may be torn: nothing is appended before it has been synced.
        Ok((_, None)) if last == 0 => {
            MarkFile::create(&at, now).map_err(|error| unavailable(&at, &error))?
        }
        Ok((_, None)) => return Err(damaged(&at, "neither slot is whole")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && last == 0 => {
            MarkFile::create(&at, now).map_err(|error| unavailable(&at, &error))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(damaged(&at, "it is missing, and there are events"));
        }
        Err(error) => return Err(unavailable(&at, &error)),
    };
    marks.write(now).map_err(|error| unavailable(&at, &error))?;
    Ok((edge, epoch, marks))
}

/// A command is all there or not at all: the last event is the last of its own.
fn whole_command(rows: &Rows, last: u64) -> Result<(), LogError> {
    if last == 0 {
        return Ok(());
    }
    let stored = rows.event(last)?;
    let header = Header::parse(&stored.header);
    let header = header.map_err(|error| rows::damaged(last, &error.to_string()))?;
    match rows.op(header.op)? {
        Some(appended) if appended.last == last => Ok(()),
        Some(_) | None => Err(rows::damaged(last, "its command is not there as a whole")),
    }
}

/// Removes what was left unfinished, and databases that are no longer the log's.
pub(super) fn sweep(dir: &Path, current: u64) -> Result<(), OpenError> {
    for name in names(dir)? {
        let path = dir.join(&name);
        let database = name.starts_with(EVENTS) || name.starts_with(CELLS);
        let other = path != events(dir, current) && path != cells(dir, current);
        if name.ends_with(UNFINISHED) || (database && other) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Bytes that an opening of the database may write: a few segments, and its snapshot anew.
pub(super) fn opening_size(path: &Path) -> u64 {
    let names = names(path).unwrap_or_default();
    let snapshots = names.iter().filter(|name| name.starts_with("snap."));
    let snapshots = snapshots.filter_map(|name| fs::metadata(path.join(name)).ok());
    4 * rows::SEGMENT as u64 + 2 * snapshots.map(|file| file.len()).sum::<u64>()
}

/// The names in a folder.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, OpenError> {
    let entries = fs::read_dir(dir).map_err(|error| unavailable(dir, &error))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(|error| unavailable(dir, &error))
}

fn remove(path: &Path) -> Result<(), OpenError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes the names in a folder survive a loss of power.
pub(super) fn sync_folder(dir: &Path) -> Result<(), OpenError> {
    File::open(dir).and_then(|folder| folder.sync_all()).map_err(|error| unavailable(dir, &error))
}

pub(super) fn damaged(path: &Path, reason: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}

pub(super) fn unavailable(path: &Path, error: &dyn ToString) -> OpenError {
    OpenError::Unavailable { path: path.to_owned(), reason: error.to_string() }
}
