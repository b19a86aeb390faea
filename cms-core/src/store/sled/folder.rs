//! A log's folder: what lies in it, how it is made, and how it is opened when something is wrong.
//!
//! ```text
//! lock        held by the process that has the log open
//! current     the name of the database that is the log's
//! events-N/   that database
//! cells/      the cells' database
//! mark        the high-water mark
//! *.new       something unfinished, removed at the next opening
//! ```
//! Whatever is made is made under another name, synced, and renamed: a power loss leaves all or nothing.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{
    super::{
        Epoch,
        guard::{self, Refusal},
        merkle::{Edge, Tree},
    },
    OpenError, Options,
    cells::Cells,
    format, keys,
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
    pub(super) edge: Edge,
    pub(super) epoch: Epoch,
}

/// Opens the log in `dir`, or makes an empty one.
pub(super) fn open(dir: &Path, options: &Options) -> Result<Opened, OpenError> {
    fs::create_dir_all(dir).map_err(|error| unavailable(dir, &error))?;
    let lock = lock(dir)?;
    sweep(dir)?;
    let name = match read_current(dir)? {
        Some(name) => name,
        None => create(dir, options)?,
    };
    sweep_databases(dir, &name)?;
    let rows = open_rows(&dir.join(&name), options)?;
    let cells = Cells::open(&dir.join("cells"))?;
    let (edge, epoch, mark) = check(dir, &dir.join(&name), &rows)?;
    sync_folder(dir)?;
    Ok(Opened { lock, rows, cells, mark, edge, epoch })
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
    let db = open_database(path, options.cache, true)?;
    let rows = Rows::new(db, path).map_err(|error| unavailable(path, &error))?;
    format::bring_up_to_date(&rows, path)?;
    // What a killed process had written but not synced counts from now on, so it has to be safe.
    rows.sync().map_err(|error| unavailable(path, &error))?;
    Ok(rows)
}

/// Makes an empty database that belongs to `epoch`, under a name that [`install`] makes final.
pub(super) fn create_rows(
    dir: &Path,
    name: &str,
    epoch: Epoch,
    options: &Options,
) -> Result<Rows, OpenError> {
    let path = unfinished(dir, name);
    remove(&path)?;
    let db = open_database(&path, options.cache, false)?;
    let rows = Rows::new(db, &path).map_err(|error| unavailable(&path, &error))?;
    let mut changes = Changes::default();
    changes.put(keys::FORMAT.to_vec(), &format::VERSION.to_be_bytes());
    changes.put(keys::numbered(keys::EPOCH, epoch.0), &[]);
    rows.commit(changes).map_err(|error| unavailable(&path, &error))?;
    Ok(rows)
}

/// Gives a closed database its final name.
pub(super) fn install(dir: &Path, name: &str) -> Result<(), OpenError> {
    let path = unfinished(dir, name);
    let synced = File::open(path.join("conf")).and_then(|conf| conf.sync_all());
    synced.map_err(|error| unavailable(&path, &error))?;
    sync_folder(&path)?;
    fs::rename(&path, dir.join(name)).map_err(|error| unavailable(&path, &error))?;
    sync_folder(dir)
}

/// Makes `name` the log's database, atomically.
pub(super) fn write_current(dir: &Path, name: &str) -> Result<(), OpenError> {
    let crc = crc32fast::hash(name.as_bytes());
    let path = unfinished(dir, "current");
    let written = fs::write(&path, format!("{name} {crc:08x}\n"))
        .and_then(|()| File::open(&path)?.sync_all())
        .and_then(|()| fs::rename(&path, dir.join("current")));
    written.map_err(|error| unavailable(&path, &error))?;
    sync_folder(dir)
}

/// The name of the log's database; `None` when there is no log yet.
pub(super) fn read_current(dir: &Path) -> Result<Option<String>, OpenError> {
    let path = dir.join("current");
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unavailable(&path, &error)),
    };
    let name =
        text.strip_suffix('\n').and_then(|line| line.split_once(' ')).and_then(|(name, crc)| {
            let crc = u32::from_str_radix(crc, 16).ok()?;
            (crc == crc32fast::hash(name.as_bytes()) && name.starts_with(DATABASE)).then_some(name)
        });
    match name {
        Some(name) => Ok(Some(name.to_owned())),
        None => Err(damaged(&path, "its checksum is wrong")),
    }
}

const DATABASE: &str = "events-";

/// Removes databases that are not the log's: the old one of a compaction that was cut short.
pub(super) fn sweep_databases(dir: &Path, current: &str) -> Result<(), OpenError> {
    for name in names(dir)? {
        if name.starts_with(DATABASE) && name != current {
            remove(&dir.join(&name))?;
        }
    }
    Ok(())
}

fn create(dir: &Path, options: &Options) -> Result<String, OpenError> {
    let name = format!("{DATABASE}1");
    if let Some(left) =
        names(dir)?.into_iter().find(|left| left.starts_with(DATABASE) && *left != name)
    {
        return Err(damaged(&dir.join("current"), &format!("it is missing, and {left} is there")));
    }
    let path = dir.join(&name);
    if path.exists() {
        // A first opening was cut short, or the file that names the database was lost.
        if open_rows(&path, options)?.last().map_err(|error| damaged(&path, &error.to_string()))?
            > 0
        {
            return Err(damaged(&dir.join("current"), "it is missing, and there are events"));
        }
    } else {
        drop(create_rows(dir, &name, Epoch(1), options)?);
        install(dir, &name)?;
    }
    if !dir.join("cells").exists() {
        Cells::create(&unfinished(dir, "cells"))?;
        install(dir, "cells")?;
    }
    write_current(dir, &name)?;
    Ok(name)
}

/// Compares what is there with the high-water mark.
fn check(dir: &Path, path: &Path, rows: &Rows) -> Result<(Edge, Epoch, MarkFile), OpenError> {
    let broken = |error: super::LogError| damaged(path, &error.to_string());
    let last = rows.last().map_err(broken)?;
    let edge = rows.edge(last).map_err(broken)?;
    let epoch = rows.epoch().map_err(broken)?;
    whole_command(rows, last).map_err(broken)?;
    let at = dir.join("mark");
    let now = Mark { number: last, root: edge.root() };
    let mut marks = match MarkFile::open(&at) {
        Ok((marks, Some(mark))) => {
            if mark.number > last {
                return Err(OpenError::LostTail {
                    folder: path.to_owned(),
                    mark: mark.number,
                    found: last,
                });
            }
            let root = Tree { tiles: rows, edge: &edge }.root(mark.number).map_err(broken)?;
            if root != mark.root {
                return Err(damaged(
                    path,
                    &format!("its first {} events are not those of the mark", mark.number),
                ));
            }
            marks
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
fn whole_command(rows: &Rows, last: u64) -> Result<(), super::LogError> {
    if last == 0 {
        return Ok(());
    }
    let stored = rows.event(last)?;
    let header = super::Header::parse(&stored.header);
    let header = header.map_err(|error| rows::damaged(last, &error.to_string()))?;
    match rows.op(header.op)? {
        Some(appended) if appended.last == last => Ok(()),
        Some(_) | None => Err(rows::damaged(last, "its command is not there as a whole")),
    }
}

/// Opens a sled database on a thread of its own, waiting a little for one that this process just closed:
/// sled's own threads hold its lock for a moment longer.
fn open_database(path: &Path, cache: u64, existing: bool) -> Result<sled::Db, OpenError> {
    let segment = if existing { segment_size(path)? } else { rows::SEGMENT };
    let config = sled::Config::new()
        .path(path)
        .segment_size(segment)
        .cache_capacity(cache)
        .flush_every_ms(None);
    for _ in 0..500 {
        match guard::open(&config) {
            Ok(db) => return Ok(db),
            Err(Refusal::AlreadyOpen) => thread::sleep(Duration::from_millis(10)),
            Err(Refusal::Damaged(reason)) => return Err(damaged(path, &reason)),
            Err(Refusal::Unavailable(reason)) => {
                return Err(OpenError::Unavailable { path: path.to_owned(), reason });
            }
        }
    }
    Err(OpenError::AlreadyOpen(path.to_owned()))
}

/// Bytes of the snapshot that sled writes anew whenever it opens a database.
pub(super) fn snapshot_size(path: &Path) -> u64 {
    let names = names(path).unwrap_or_default();
    let snapshots = names.iter().filter(|name| name.starts_with("snap."));
    snapshots.filter_map(|name| fs::metadata(path.join(name)).ok()).map(|file| file.len()).sum()
}

/// sled refuses a segment size other than the one that the database was made with.
fn segment_size(path: &Path) -> Result<usize, OpenError> {
    let conf = path.join("conf");
    let bytes = fs::read(&conf).map_err(|error| damaged(&conf, &error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    let size = text.lines().find_map(|line| line.strip_prefix("segment_size: ")?.parse().ok());
    size.ok_or_else(|| damaged(&conf, "it names no segment size"))
}

/// Opens the cells' database, or makes it.
pub(super) fn open_cells(path: &Path, existing: bool) -> Result<sled::Db, OpenError> {
    open_database(path, 1 << 20, existing)
}

fn unfinished(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}{UNFINISHED}"))
}

const UNFINISHED: &str = ".new";

/// Removes what was left unfinished.
fn sweep(dir: &Path) -> Result<(), OpenError> {
    for name in names(dir)? {
        if name.ends_with(UNFINISHED) {
            remove(&dir.join(&name))?;
        }
    }
    Ok(())
}

fn names(dir: &Path) -> Result<Vec<String>, OpenError> {
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
