//! A consistent copy of a log, taken while it is in use, into a folder of volumes.
//!
//! A second backup into the same folder adds what is new. What was erased since the first is removed from
//! the older volumes too, so that no backup brings it back.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    super::{
        Log as _, LogError,
        volume::{self, Content, Holds, Manifest, Record, Volume, VolumeError, Writer},
    },
    Header, Progress, SledLog, keys, rows,
};

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// The first event that it added.
    pub first: u64,
    /// The last event that the folder holds now.
    pub last: u64,
    /// Bytes that it wrote.
    pub bytes: u64,
    /// Events whose bodies it removed from older volumes, since they were erased.
    pub erased: u64,
}

/// Why a backup was not made. What the folder held before is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The folder holds something else than a backup.
    #[error("{0} is not empty and holds no backup")]
    NotABackup(std::path::PathBuf),
    /// The folder holds the backup of another log, or of another history of this one.
    #[error("the backup in {0} is of another history")]
    OtherHistory(std::path::PathBuf),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The folder could not be read or written.
    #[error(transparent)]
    Volume(#[from] VolumeError),
}

/// Bytes after which a volume is full.
const FULL: u64 = 64 * 1024 * 1024;
/// Events that are read at once.
const AT_ONCE: u64 = 256;

impl SledLog {
    /// Copies the log, as far as it is durable now, into `to`: an empty or missing folder, or that of an
    /// earlier backup. Blocks for as long as that takes; appends go on meanwhile.
    ///
    /// Cells are not part of it: they are leases, sessions and secrets of this machine.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn backup(
        &self,
        to: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackedUp, BackupError> {
        fs::create_dir_all(to).map_err(|error| volume::unavailable(to, &error))?;
        let last = self.last();
        let before = self.manifest(to)?;
        before.sweep(to)?;
        let first = before.last + 1;
        let mut taken = Taken { last, ..Taken::default() };
        self.copy_events(to, first, &mut taken, progress)?;
        if first <= last {
            self.copy_names(to, first, &mut taken)?;
        }
        let mut volumes = Vec::new();
        for volume in before.volumes {
            volumes.push(without_erased(to, volume, &mut taken)?);
        }
        let bytes = taken.bytes + taken.volumes.iter().map(|volume| volume.bytes).sum::<u64>();
        volumes.append(&mut taken.volumes);
        let root = self.shared.read(|rows, edge| super::Tree { tiles: rows, edge }.root(last))?;
        let (format, epoch) = (volume::FORMAT, self.epoch().0);
        let manifest = Manifest { format, epoch, last, root: hex::encode(root), volumes };
        manifest.write(to)?;
        manifest.sweep(to)?;
        Ok(BackedUp { first, last, bytes, erased: taken.removed })
    }

    /// What the folder holds, if that is the beginning of this log.
    fn manifest(&self, to: &Path) -> Result<Manifest, BackupError> {
        let Some(manifest) = Manifest::read(to)? else {
            let mut entries = fs::read_dir(to).map_err(|error| volume::unavailable(to, &error))?;
            // A first backup that was cut short leaves volumes and no manifest.
            let foreign = entries.any(|entry| {
                entry.is_ok_and(|entry| !volume::is_ours(&entry.file_name().to_string_lossy()))
            });
            if foreign {
                return Err(BackupError::NotABackup(to.to_owned()));
            }
            let (format, epoch) = (volume::FORMAT, self.epoch().0);
            return Ok(Manifest {
                format,
                epoch,
                last: 0,
                root: String::new(),
                volumes: Vec::new(),
            });
        };
        let root = self.shared.read(|rows, edge| {
            if manifest.last > edge.size() {
                return Ok(None);
            }
            super::Tree { tiles: rows, edge }.root(manifest.last).map(Some)
        })?;
        if manifest.epoch == self.epoch().0
            && root.map(hex::encode).as_ref() == Some(&manifest.root)
        {
            Ok(manifest)
        } else {
            Err(BackupError::OtherHistory(to.to_owned()))
        }
    }

    fn copy_events(
        &self,
        to: &Path,
        first: u64,
        taken: &mut Taken,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), BackupError> {
        let last = taken.last;
        let mut next = first;
        while next <= last {
            let start = next;
            let mut writer = Writer::create(to, &format!("events-{start:012}"))?;
            while next <= last && writer.bytes() < FULL {
                let until = last.min(next + AT_ONCE - 1);
                for record in self.records(next, until, taken)? {
                    writer.event(&record)?;
                }
                next = until + 1;
                progress(Progress { done: until, of: last });
            }
            taken.volumes.push(writer.finish(Holds::Events, start, next - 1)?);
        }
        Ok(())
    }

    fn records(&self, first: u64, last: u64, taken: &mut Taken) -> Result<Vec<Record>, LogError> {
        self.shared.read(|rows, _| {
            rows.events(first, last)
                .map(|stored| {
                    let stored = stored?;
                    let number = stored.number;
                    let header = Header::parse(&stored.header)
                        .map_err(|error| rows::damaged(number, &error.to_string()))?;
                    if stored.payload.is_none() && rows.erased_by(number)?.is_none() {
                        return Err(rows::damaged(number, "its body is missing"));
                    }
                    taken.erased.extend(header.erases);
                    Ok(Record { header: stored.header, payload: stored.payload })
                })
                .collect()
        })
    }

    /// Copies what the events from `first` on did to names.
    fn copy_names(&self, to: &Path, first: u64, taken: &mut Taken) -> Result<(), BackupError> {
        let last = taken.last;
        let mut writer = Writer::create(to, &format!("names-{first:012}"))?;
        let empty = writer.bytes();
        let written = self.shared.read(|rows, _| {
            for row in rows.scan(Some(keys::CLAIM)) {
                let (key, row) = row?;
                if keys::number(&key).is_some_and(|number| (first..=last).contains(&number))
                    && let Err(error) = writer.name(&key, &row)
                {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })?;
        written?;
        let any = writer.bytes() > empty;
        let volume = writer.finish(Holds::Names, first, last)?;
        // One that holds nothing is not named, and is swept away.
        taken.volumes.extend(any.then_some(volume));
        Ok(())
    }
}

/// What a backup has gathered.
#[derive(Default)]
struct Taken {
    last: u64,
    volumes: Vec<Volume>,
    /// The events that new events erased.
    erased: BTreeSet<u64>,
    removed: u64,
    /// Bytes of older volumes that were written anew.
    bytes: u64,
}

/// The volume, or one in its place that has no body of an erased event.
fn without_erased(to: &Path, volume: Volume, taken: &mut Taken) -> Result<Volume, BackupError> {
    let within = taken.erased.range(volume.first..=volume.last).count() as u64;
    if volume.holds != Holds::Events || within == 0 {
        return Ok(volume);
    }
    let mut content = Content::read(to, &volume)?;
    let name = format!("events-{:012}-{:012}", volume.first, taken.last);
    let mut writer = Writer::create(to, &name)?;
    let mut number = volume.first;
    while let Some(mut record) = content.next()? {
        if taken.erased.contains(&number) {
            record.payload = None;
        }
        writer.event(&record)?;
        number += 1;
    }
    taken.removed += within;
    let volume = writer.finish(Holds::Events, volume.first, volume.last)?;
    taken.bytes += volume.bytes;
    Ok(volume)
}
