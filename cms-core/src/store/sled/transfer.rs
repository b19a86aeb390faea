//! A backup on its way from a server to a folder elsewhere: frames, and a digest of all of them at the end.
//!
//! ```text
//! "beacon backup 1\n"
//! 'p' length JSON                  what comes: epoch, first, last, root
//! 'e' length header length body    an event; an erased one has no body: its length is the highest there is
//! 'n' length key length row        a row of the history of names
//! 'z' 32 bytes                     SHA-256 of all before it: without it, the backup was cut short
//! ```

use std::{
    io::{self, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    super::{BODY_LIMIT, volume::Record},
    Progress,
    backup::{BackedUp, BackupError, Plan, Sink},
    keep::Keep,
};

const MAGIC: &[u8] = b"beacon backup 1\n";
/// The length of what is not there.
const NONE: u32 = u32::MAX;
/// The longest item: a body does not grow when it is compressed by more than this.
const LONGEST: usize = BODY_LIMIT + 64 * 1024;

#[derive(Serialize, Deserialize)]
struct Announced {
    epoch: u64,
    first: u64,
    last: u64,
    root: String,
}

fn broken(error: io::Error) -> BackupError {
    BackupError::Transfer(error.to_string())
}

/// The sending end.
pub(super) struct Sending<'a> {
    out: &'a mut dyn io::Write,
    digest: Sha256,
}

impl<'a> Sending<'a> {
    pub(super) fn begin(out: &'a mut dyn io::Write, plan: &Plan) -> Result<Self, BackupError> {
        let mut sending = Self { out, digest: Sha256::new() };
        sending.write(MAGIC)?;
        let Plan { epoch, first, last, root } = plan.clone();
        let announced = serde_json::to_vec(&Announced { epoch, first, last, root })
            .map_err(|error| BackupError::Transfer(error.to_string()))?;
        sending.write(b"p")?;
        sending.item(Some(&announced))?;
        Ok(sending)
    }

    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        self.write(b"z")?;
        let digest = std::mem::take(&mut self.digest).finalize();
        self.out.write_all(&digest).map_err(broken)?;
        self.out.flush().map_err(broken)
    }

    fn item(&mut self, bytes: Option<&[u8]>) -> Result<(), BackupError> {
        let length = bytes.map_or(NONE, |bytes| u32::try_from(bytes.len()).unwrap_or(NONE));
        self.write(&length.to_be_bytes())?;
        self.write(bytes.unwrap_or_default())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.digest.update(bytes);
        self.out.write_all(bytes).map_err(broken)
    }
}

impl Sink for Sending<'_> {
    fn event(&mut self, record: &Record) -> Result<(), BackupError> {
        self.write(b"e")?;
        self.item(Some(&record.header))?;
        self.item(record.payload.as_deref())
    }

    fn name(&mut self, key: &[u8], row: &[u8]) -> Result<(), BackupError> {
        self.write(b"n")?;
        self.item(Some(key))?;
        self.item(Some(row))
    }
}

/// Takes in what [`SledLog::send_backup`](super::SledLog::send_backup) wrote, into a folder that holds what
/// it was sent for. Nothing of it counts unless all of it arrived. Blocks.
///
/// # Errors
/// [`BackupError`]
pub fn receive(
    from: &mut dyn Read,
    to: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<BackedUp, BackupError> {
    let keep = Keep::open(to)?;
    let mut receiving = Receiving { from, digest: Sha256::new() };
    let mut magic = [0; MAGIC.len()];
    receiving.read(&mut magic)?;
    if magic != MAGIC || receiving.kind()? != b'p' {
        return Err(BackupError::Transfer("it is no backup".to_owned()));
    }
    let announced: Announced = serde_json::from_slice(&receiving.needed()?)
        .map_err(|error| BackupError::Transfer(error.to_string()))?;
    let Announced { epoch, first, last, root } = announced;
    let held = keep.held();
    let is_longer = last.checked_add(1).is_none_or(|next| next < first);
    if first == 0 || is_longer || held.is_some_and(|held| held.epoch != epoch) {
        return Err(BackupError::OtherHistory(to.to_owned()));
    }
    let mut adding = keep.add(Plan { epoch, first, last, root })?;
    let mut done = first - 1;
    loop {
        match receiving.kind()? {
            b'e' => {
                let header = receiving.needed()?;
                adding.event(&Record { header, payload: receiving.item()? })?;
                done += 1;
                progress(Progress { done, of: last });
            }
            b'n' => {
                let key = receiving.needed()?;
                adding.name(&key, &receiving.needed()?)?;
            }
            b'z' => break,
            _ => return Err(BackupError::Transfer("it holds an unknown frame".to_owned())),
        }
    }
    receiving.check_end()?;
    adding.finish()
}

/// The receiving end.
struct Receiving<'a> {
    from: &'a mut dyn Read,
    digest: Sha256,
}

impl Receiving<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        self.from.read_exact(bytes).map_err(broken)?;
        self.digest.update(bytes);
        Ok(())
    }

    fn kind(&mut self) -> Result<u8, BackupError> {
        let mut kind = [0];
        self.read(&mut kind)?;
        let [kind] = kind;
        Ok(kind)
    }

    fn item(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let mut length = [0; 4];
        self.read(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length == NONE {
            return Ok(None);
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST);
        let length =
            length.ok_or_else(|| BackupError::Transfer("a frame is too long".to_owned()))?;
        let mut bytes = vec![0; length];
        self.read(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn needed(&mut self) -> Result<Vec<u8>, BackupError> {
        self.item()?.ok_or_else(|| BackupError::Transfer("a frame lacks its content".to_owned()))
    }

    fn check_end(mut self) -> Result<(), BackupError> {
        let expected = std::mem::take(&mut self.digest).finalize();
        let mut found = [0; 32];
        self.from.read_exact(&mut found).map_err(broken)?;
        if *expected == found {
            Ok(())
        } else {
            Err(BackupError::Transfer("its digest is wrong".to_owned()))
        }
    }
}
