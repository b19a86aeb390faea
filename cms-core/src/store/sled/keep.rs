//! The folder that a backup is kept in: what it holds, and how something is added to it.
//!
//! Whatever is added counts from the moment that the manifest names it; until then the folder holds what
//! it held before.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    super::{
        Hash,
        volume::{self, Content, Holds, Manifest, Record, Volume, VolumeError, Writer},
    },
    Header,
    backup::{BackedUp, BackupError, Plan, Sink},
};

/// Bytes after which a volume is full.
const FULL: u64 = 64 * 1024 * 1024;

/// What a folder holds: the beginning of which log, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The history of the log.
    pub epoch: u64,
    /// The last event.
    pub last: u64,
    /// The root of the Merkle tree over all events up to that.
    pub root: Hash,
}

impl Held {
    /// What the folder holds; `None` where there is no backup yet.
    ///
    /// # Errors
    /// [`BackupError`] when it holds something else, or is damaged.
    pub fn by(dir: &Path) -> Result<Option<Self>, BackupError> {
        Ok(Keep::open(dir)?.held())
    }
}

/// A folder of a backup.
#[derive(Debug)]
pub(super) struct Keep {
    dir: PathBuf,
    before: Option<Manifest>,
}

impl Keep {
    /// Looks at a folder, which is made where it is missing. Removes what an earlier backup left
    /// unfinished.
    pub(super) fn open(dir: &Path) -> Result<Self, BackupError> {
        fs::create_dir_all(dir).map_err(|error| volume::unavailable(dir, &error))?;
        let before = Manifest::read(dir)?;
        if let Some(manifest) = &before {
            manifest.sweep(dir)?;
            return Ok(Self { dir: dir.to_owned(), before });
        }
        let mut entries = fs::read_dir(dir).map_err(|error| volume::unavailable(dir, &error))?;
        // A first backup that was cut short leaves volumes and no manifest.
        let foreign = entries.any(|entry| {
            entry.is_ok_and(|entry| !volume::is_ours(&entry.file_name().to_string_lossy()))
        });
        if foreign {
            return Err(BackupError::NotABackup(dir.to_owned()));
        }
        Ok(Self { dir: dir.to_owned(), before })
    }

    /// What it holds.
    pub(super) fn held(&self) -> Option<Held> {
        let manifest = self.before.as_ref()?;
        let root = hex::decode(&manifest.root).ok()?.try_into().ok()?;
        Some(Held { epoch: manifest.epoch, last: manifest.last, root })
    }

    /// Begins to add to it what the plan says, which must go on where the folder ends.
    pub(super) fn add(self, plan: Plan) -> Result<Adding, BackupError> {
        let next = self.before.as_ref().map_or(0, |manifest| manifest.last) + 1;
        if plan.first != next {
            return Err(BackupError::OtherHistory(self.dir));
        }
        Ok(Adding { keep: self, next, plan, ..Adding::default() })
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self { dir: PathBuf::new(), before: None }
    }
}

/// A folder while something is added to it.
#[derive(Default)]
pub(super) struct Adding {
    keep: Keep,
    plan: Plan,
    /// The number of the next event.
    next: u64,
    events: Option<(u64, Writer)>,
    names: Option<Writer>,
    volumes: Vec<Volume>,
    /// The events that new events erased.
    erased: BTreeSet<u64>,
    removed: u64,
    /// Bytes of older volumes that were written anew.
    bytes: u64,
}

impl Sink for Adding {
    fn event(&mut self, record: &Record) -> Result<(), BackupError> {
        let header = Header::parse(&record.header)
            .map_err(|error| BackupError::Transfer(error.to_string()))?;
        if header.number != self.next || self.next > self.plan.last {
            let reason = format!("event {} came where {} was due", header.number, self.next);
            return Err(BackupError::Transfer(reason));
        }
        self.erased.extend(header.erases);
        let (first, mut writer) = match self.events.take() {
            Some(open) => open,
            None => {
                (self.next, Writer::create(&self.keep.dir, &format!("events-{:012}", self.next))?)
            }
        };
        writer.event(record)?;
        self.next += 1;
        if writer.bytes() < FULL {
            self.events = Some((first, writer));
        } else {
            self.volumes.push(writer.finish(Holds::Events, first, header.number)?);
        }
        Ok(())
    }

    fn name(&mut self, key: &[u8], row: &[u8]) -> Result<(), BackupError> {
        if self.names.is_none() {
            let name = format!("names-{:012}", self.plan.first);
            self.names = Some(Writer::create(&self.keep.dir, &name)?);
        }
        if let Some(names) = &mut self.names {
            names.name(key, row)?;
        }
        Ok(())
    }
}

impl Adding {
    /// Makes what was added count, and removes from the older volumes what was erased since.
    pub(super) fn finish(mut self) -> Result<BackedUp, BackupError> {
        let Plan { epoch, first, last, root } = self.plan.clone();
        if self.next != last.max(first - 1) + 1 {
            let reason = format!("event {} of {last} did not arrive", self.next);
            return Err(BackupError::Transfer(reason));
        }
        if let Some((start, writer)) = self.events.take() {
            self.volumes.push(writer.finish(Holds::Events, start, self.next - 1)?);
        }
        if let Some(names) = self.names.take() {
            self.volumes.push(names.finish(Holds::Names, first, last)?);
        }
        let mut volumes = Vec::new();
        for volume in self.keep.before.take().map(|before| before.volumes).unwrap_or_default() {
            volumes.push(self.without_erased(volume)?);
        }
        let bytes = self.bytes + self.volumes.iter().map(|volume| volume.bytes).sum::<u64>();
        volumes.append(&mut self.volumes);
        let manifest = Manifest { format: volume::FORMAT, epoch, last, root, volumes };
        manifest.write(&self.keep.dir)?;
        manifest.sweep(&self.keep.dir)?;
        Ok(BackedUp { first, last, bytes, erased: self.removed })
    }

    /// The volume, or one in its place that has no body of an erased event.
    fn without_erased(&mut self, volume: Volume) -> Result<Volume, VolumeError> {
        let within = self.erased.range(volume.first..=volume.last).count() as u64;
        if volume.holds != Holds::Events || within == 0 {
            return Ok(volume);
        }
        let dir = &self.keep.dir;
        let mut content = Content::read(dir, &volume)?;
        let name = format!("events-{:012}-{:012}", volume.first, self.plan.last);
        let mut writer = Writer::create(dir, &name)?;
        let mut number = volume.first;
        while let Some(mut record) = content.next()? {
            if self.erased.contains(&number) {
                record.payload = None;
            }
            writer.event(&record)?;
            number += 1;
        }
        self.removed += within;
        let volume = writer.finish(Holds::Events, volume.first, volume.last)?;
        self.bytes += volume.bytes;
        Ok(volume)
    }
}
