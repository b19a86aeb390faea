//! A process's writes and syncs, as strace recorded them, and the disks that a power loss may leave.
//!
//! What is assumed of the disk: a write is safe once a sync of its file that began after it has ended; a
//! name is safe once its folder was synced; names change in the order in which they were changed. All else
//! may be lost, kept, or kept in part, sector by sector.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

/// What a call did that matters after a power loss.
#[derive(Debug, Clone)]
enum Act {
    Write { file: usize, at: u64, bytes: Vec<u8> },
    Truncate { file: usize, length: u64 },
    Sync { file: usize },
    SyncFolder { path: PathBuf },
    Create { path: PathBuf, file: usize },
    MakeFolder { path: PathBuf },
    Rename { from: PathBuf, to: PathBuf },
    Remove { path: PathBuf },
    Say { line: String },
}

/// A call, with when it began and ended, in microseconds.
#[derive(Debug, Clone)]
struct Call {
    begun: u64,
    ended: u64,
    act: Act,
}

/// All calls of a run under one folder, in order.
pub(crate) struct Recording {
    folder: PathBuf,
    calls: Vec<Call>,
    files: usize,
}

/// What of that which is not safe is there after the power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    /// Nothing.
    Lost,
    /// All of it.
    Kept,
    /// Some whole writes.
    Partly,
    /// Some sectors of each write.
    Torn,
    /// All within the length that is safe: the growth of each file is lost.
    Growth,
}

pub(crate) const UNSYNCED: [Unsynced; 5] =
    [Unsynced::Lost, Unsynced::Kept, Unsynced::Partly, Unsynced::Torn, Unsynced::Growth];

/// The arguments of strace that [`Recording::read`] understands the output of, in files `PREFIX.PID`.
pub(crate) fn tracer(prefix: &Path) -> Vec<String> {
    let calls = "trace=openat,close,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,\
                 unlink,unlinkat,rmdir,mkdir";
    let prefix = prefix.to_str().unwrap();
    ["strace", "-ff", "-ttt", "-T", "-xx", "-s", "9000000", "-e", calls, "-o", prefix]
        .map(str::to_owned)
        .to_vec()
}

impl Recording {
    /// Reads the recording of a run whose files lie under `folder`.
    pub(crate) fn read(prefix: &Path, folder: &Path) -> Self {
        let mut lines = Vec::new();
        let name = prefix.file_name().unwrap().to_str().unwrap();
        for entry in fs::read_dir(prefix.parent().unwrap()).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_name().to_str().unwrap().starts_with(name) {
                let text = fs::read_to_string(entry.path()).unwrap();
                lines.extend(text.lines().filter_map(Line::parse));
            }
        }
        lines.sort_by_key(|line| line.begun);
        let mut reader = Reader::new(folder);
        let mut calls = Vec::new();
        for line in lines {
            let acts = reader.acts(&line);
            calls.extend(acts.into_iter().map(|act| Call {
                begun: line.begun,
                ended: line.ended,
                act,
            }));
        }
        Self { folder: folder.to_owned(), calls, files: reader.files }
    }

    /// How many calls there are: a power loss comes before, between or after them.
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// What the process had said when the power was lost with call number `at`.
    pub(crate) fn said(&self, at: usize) -> Vec<String> {
        let now = self.calls[at].begun;
        let said = self.calls.iter().filter(|call| call.begun <= now);
        said.filter_map(
            |call| if let Act::Say { line } = &call.act { Some(line.clone()) } else { None },
        )
        .collect()
    }

    /// Writes into `target` what the disk may hold after the power was lost with call number `at`.
    pub(crate) fn image(
        &self,
        at: usize,
        unsynced: Unsynced,
        random: &dyn Fn(u64) -> u64,
        target: &Path,
    ) {
        let now = self.calls[at].begun;
        let begun: Vec<&Call> = self.calls.iter().filter(|call| call.begun <= now).collect();
        let names = names(&begun, now, unsynced, random);
        fs::create_dir_all(target).unwrap();
        for (path, is) in &names {
            let path = target.join(path.strip_prefix(&self.folder).unwrap());
            match is {
                None => fs::create_dir_all(path).unwrap(),
                Some(file) => {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, content(*file, &begun, now, unsynced, random)).unwrap();
                }
            }
        }
        assert!(names.values().flatten().all(|file| *file < self.files));
    }
}

/// The names that are there: `None` for a folder.
fn names(
    begun: &[&Call],
    now: u64,
    unsynced: Unsynced,
    random: &dyn Fn(u64) -> u64,
) -> BTreeMap<PathBuf, Option<usize>> {
    let changes: Vec<&&Call> = begun.iter().filter(|call| call.act.folder().is_some()).collect();
    let safe = changes.iter().rposition(|change| {
        begun.iter().any(|call| {
            matches!(&call.act, Act::SyncFolder { path } if change.act.folder() == Some(path))
                && call.begun >= change.ended
                && call.ended <= now
        })
    });
    let safe = safe.map_or(0, |index| index + 1);
    let kept = match unsynced {
        Unsynced::Lost | Unsynced::Growth => safe,
        Unsynced::Kept => changes.len(),
        Unsynced::Partly | Unsynced::Torn => {
            safe + usize::try_from(random((changes.len() - safe) as u64 + 1)).unwrap()
        }
    };
    let mut names = BTreeMap::new();
    for change in &changes[..kept] {
        match &change.act {
            Act::Create { path, file } => {
                names.insert(path.clone(), Some(*file));
            }
            Act::MakeFolder { path } => {
                names.insert(path.clone(), None);
            }
            Act::Remove { path } => {
                names.remove(path);
            }
            Act::Rename { from, to } => rename(&mut names, from, to),
            Act::Write { .. }
            | Act::Truncate { .. }
            | Act::Sync { .. }
            | Act::SyncFolder { .. }
            | Act::Say { .. } => {}
        }
    }
    names
}

fn rename<T>(names: &mut BTreeMap<PathBuf, T>, from: &Path, to: &Path) {
    let moved: Vec<PathBuf> = names.keys().filter(|path| path.starts_with(from)).cloned().collect();
    for path in moved {
        let is = names.remove(&path).unwrap();
        let rest = path.strip_prefix(from).unwrap();
        let new = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
        names.insert(new, is);
    }
}

/// A sector: what a disk writes as a whole.
const SECTOR: usize = 512;

/// The bytes of a file.
fn content(
    file: usize,
    begun: &[&Call],
    now: u64,
    unsynced: Unsynced,
    random: &dyn Fn(u64) -> u64,
) -> Vec<u8> {
    let syncs = begun
        .iter()
        .filter(|call| matches!(call.act, Act::Sync { file: synced } if synced == file));
    // strace's clock counts whole microseconds.
    let safe = syncs.filter(|sync| sync.ended <= now).map(|sync| sync.begun + 3).max().unwrap_or(0);
    let mut bytes: Vec<u8> = Vec::new();
    let mut safe_length = 0;
    for call in begun {
        let is_safe = call.ended <= safe;
        if let Act::Truncate { file: of, length } = &call.act
            && *of == file
            && (is_safe || unsynced != Unsynced::Lost)
        {
            bytes.resize(usize::try_from(*length).unwrap(), 0);
        }
        if let Act::Write { file: of, at, bytes: written } = &call.act
            && *of == file
        {
            let at = usize::try_from(*at).unwrap();
            match unsynced {
                _ if is_safe => put(&mut bytes, at, written),
                Unsynced::Lost => {}
                Unsynced::Partly if random(2) == 0 => {}
                Unsynced::Kept | Unsynced::Growth | Unsynced::Partly => {
                    put(&mut bytes, at, written);
                }
                Unsynced::Torn => tear(&mut bytes, at, written, random),
            }
        }
        if is_safe {
            safe_length = bytes.len();
        }
    }
    if unsynced == Unsynced::Growth {
        bytes.truncate(safe_length);
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    bytes.resize(bytes.len().max(at + written.len()), 0);
    bytes[at..at + written.len()].copy_from_slice(written);
}

fn tear(bytes: &mut Vec<u8>, at: usize, written: &[u8], random: &dyn Fn(u64) -> u64) {
    let mut from = 0;
    while from < written.len() {
        // Sectors lie where the disk has them, not where the write begins.
        let to = written.len().min(from + SECTOR - (at + from) % SECTOR);
        if random(2) == 0 {
            put(bytes, at + from, &written[from..to]);
        }
        from = to;
    }
}

impl Act {
    /// The folder whose names it changes.
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Create { path, .. } | Self::MakeFolder { path } | Self::Remove { path } => {
                path.parent()
            }
            Self::Rename { to, .. } => to.parent(),
            Self::Write { .. }
            | Self::Truncate { .. }
            | Self::Sync { .. }
            | Self::SyncFolder { .. }
            | Self::Say { .. } => None,
        }
    }
}

/// A successful call, as strace writes it.
struct Line {
    begun: u64,
    ended: u64,
    call: String,
    arguments: Vec<String>,
    result: i64,
}

impl Line {
    /// `1700000000.123456 write(5, "\x41", 1) = 1 <0.000010>`; `None` for what failed or is no call.
    fn parse(line: &str) -> Option<Self> {
        let (time, rest) = line.split_once(' ')?;
        let (call, rest) = rest.split_once('(')?;
        let (arguments, rest) = rest.rsplit_once(") ")?;
        let (result, lasted) = rest.trim_start().strip_prefix("= ")?.split_once(" <")?;
        let begun = micros(time)?;
        let result = result.split(' ').next()?.parse().ok()?;
        let ended = begun + micros(lasted.strip_suffix('>')?)?;
        // Strings are all in hexadecimal, so that a comma ends an argument.
        let arguments = arguments.split(", ").map(str::to_owned).collect();
        (result >= 0).then(|| Self { begun, ended, call: call.to_owned(), arguments, result })
    }

    fn number(&self, index: usize) -> u64 {
        self.arguments[index].parse().unwrap()
    }

    fn bytes(&self, index: usize) -> Vec<u8> {
        let text = self.arguments[index].trim_matches('"');
        assert!(!self.arguments[index].ends_with("..."), "strace cut a write short");
        text.as_bytes()
            .chunks(4)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(&byte[2..]).unwrap(), 16).unwrap())
            .collect()
    }

    fn path(&self, index: usize) -> PathBuf {
        PathBuf::from(String::from_utf8(self.bytes(index)).unwrap())
    }
}

fn micros(seconds: &str) -> Option<u64> {
    let (whole, part) = seconds.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 1_000_000 + part.parse::<u64>().ok()?)
}

/// What an open file descriptor stands for.
#[derive(Clone)]
enum Open {
    File { file: usize, at: u64 },
    Folder(PathBuf),
}

/// The state of the process while its calls are read.
struct Reader<'a> {
    folder: &'a Path,
    open: HashMap<u64, Open>,
    names: BTreeMap<PathBuf, Option<usize>>,
    files: usize,
}

impl<'a> Reader<'a> {
    fn new(folder: &'a Path) -> Self {
        Self { folder, open: HashMap::new(), names: BTreeMap::new(), files: 0 }
    }

    fn acts(&mut self, line: &Line) -> Vec<Act> {
        match line.call.as_str() {
            "openat" => self.opened(line),
            "close" => {
                self.open.remove(&line.number(0));
                Vec::new()
            }
            "write" if line.number(0) == 1 => {
                vec![Act::Say { line: String::from_utf8_lossy(&line.bytes(1)).into_owned() }]
            }
            "write" => match self.open.get_mut(&line.number(0)) {
                Some(Open::File { file, at }) => {
                    let bytes = line.bytes(1);
                    let act = Act::Write { file: *file, at: *at, bytes };
                    *at += line.result.unsigned_abs();
                    vec![act]
                }
                _ => Vec::new(),
            },
            "pwrite64" => self.on_file(line, |file| Act::Write {
                file,
                at: line.number(3),
                bytes: line.bytes(1),
            }),
            "ftruncate" => {
                self.on_file(line, |file| Act::Truncate { file, length: line.number(1) })
            }
            "fsync" | "fdatasync" => match self.open.get(&line.number(0)) {
                Some(Open::File { file, .. }) => vec![Act::Sync { file: *file }],
                Some(Open::Folder(path)) => vec![Act::SyncFolder { path: path.clone() }],
                None => Vec::new(),
            },
            "rename" => self.renamed(line.path(0), line.path(1)),
            "renameat" | "renameat2" => self.renamed(line.path(1), line.path(3)),
            "unlink" | "rmdir" => self.removed(line.path(0)),
            "unlinkat" => {
                let name = line.path(1);
                let inside =
                    line.arguments[0].parse().ok().and_then(|folder: u64| self.open.get(&folder));
                match inside {
                    Some(Open::Folder(path)) => self.removed(path.join(name)),
                    _ => self.removed(name),
                }
            }
            "mkdir" => self.made(line.path(0)),
            _ => Vec::new(),
        }
    }

    fn on_file(&self, line: &Line, act: impl Fn(usize) -> Act) -> Vec<Act> {
        match self.open.get(&line.number(0)) {
            Some(Open::File { file, .. }) => vec![act(*file)],
            _ => Vec::new(),
        }
    }

    fn opened(&mut self, line: &Line) -> Vec<Act> {
        let mut path = line.path(1);
        if let Some(Open::Folder(folder)) =
            line.arguments[0].parse().ok().and_then(|fd: u64| self.open.get(&fd))
        {
            path = folder.join(path);
        }
        let descriptor = line.result.unsigned_abs();
        if !path.starts_with(self.folder) {
            return Vec::new();
        }
        let mut acts = Vec::new();
        let flags = &line.arguments[2];
        let file = match self.names.get(&path) {
            Some(Some(file)) => *file,
            Some(None) => {
                self.open.insert(descriptor, Open::Folder(path));
                return acts;
            }
            None => {
                assert!(flags.contains("O_CREAT"), "{} was there before", path.display());
                self.files += 1;
                let file = self.files - 1;
                self.names.insert(path.clone(), Some(file));
                acts.push(Act::Create { path, file });
                file
            }
        };
        if flags.contains("O_TRUNC") {
            acts.push(Act::Truncate { file, length: 0 });
        }
        self.open.insert(descriptor, Open::File { file, at: 0 });
        acts
    }

    fn made(&mut self, path: PathBuf) -> Vec<Act> {
        if !path.starts_with(self.folder) {
            return Vec::new();
        }
        self.names.insert(path.clone(), None);
        vec![Act::MakeFolder { path }]
    }

    fn renamed(&mut self, from: PathBuf, to: PathBuf) -> Vec<Act> {
        if !from.starts_with(self.folder) {
            return Vec::new();
        }
        rename(&mut self.names, &from, &to);
        vec![Act::Rename { from, to }]
    }

    fn removed(&mut self, path: PathBuf) -> Vec<Act> {
        if self.names.remove(&path).is_none() {
            return Vec::new();
        }
        vec![Act::Remove { path }]
    }
}
