//! A file, entry by entry: read on a thread of its own, a little ahead of who takes it in.

use std::{io::BufRead, mem, thread};

use tokio::sync::mpsc::{self, Receiver, Sender};

use super::{Format, read};
use crate::{
    exchange::{Content, Fault, Found, Returned, Run},
    violation::Violation,
};

/// Entries that are read ahead.
const AHEAD: usize = 2;
/// The most segments of an entry that are taken together.
const MOST: usize = 20_000;
/// The most bytes of their texts.
const MOST_BYTES: usize = 16 << 20;

/// What a file says of one entry, in its order.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The entry's id, as the file says.
    pub entry: String,
    /// Its segments.
    pub units: Vec<Returned>,
    /// Those that can't be read, by their ids.
    pub refused: Vec<(String, Fault)>,
    bytes: usize,
}

/// Reads a file, entry by entry. What is wrong with it comes last.
pub fn batches(input: Box<dyn BufRead + Send>, format: Format) -> Receiver<Result<Batch, Fault>> {
    let (send, batches) = mpsc::channel(AHEAD);
    let failed = send.clone();
    let reading = thread::Builder::new().name("read-translation".to_owned());
    let work = move || {
        let mut batch = Batch::default();
        let outcome = read(input, format, &mut |found| batch.take(found, &send));
        // Who no longer listens has no use for the rest either.
        drop(match outcome {
            Ok(()) => send.blocking_send(Ok(batch)),
            Err(fault) => send.blocking_send(Err(fault)),
        });
    };
    if let Err(error) = reading.spawn(work) {
        let violation = Violation::new("", "file_malformed").with("reason", error);
        drop(failed.try_send(Err(Fault::new(1, violation))));
    }
    batches
}

impl Batch {
    fn take(&mut self, found: Found, send: &Sender<Result<Self, Fault>>) -> Result<(), Fault> {
        let (entry, line) = match &found {
            Found::Languages(..) => return Ok(()),
            Found::Unit(unit) => (unit.entry.clone(), unit.line),
            Found::Refused(entry, _, fault) => (entry.clone(), fault.line),
        };
        let is_full = self.units.len() + self.refused.len() >= MOST || self.bytes >= MOST_BYTES;
        if self.entry != entry || is_full {
            let whole = mem::replace(self, Self { entry, ..Self::default() });
            if whole.bytes > 0 && send.blocking_send(Ok(whole)).is_err() {
                let violation = Violation::new("", "file_malformed").with("reason", "abandoned");
                return Err(Fault::new(line, violation));
            }
        }
        match found {
            Found::Languages(..) => {}
            Found::Unit(unit) => {
                self.bytes += 256 + size(&unit.source) + unit.target.as_ref().map_or(0, size);
                self.units.push(*unit);
            }
            Found::Refused(_, id, fault) => {
                self.bytes += 256;
                self.refused.push((id, fault));
            }
        }
        Ok(())
    }
}

fn size(content: &Content) -> usize {
    let of_run = |run: &Run| match run {
        Run::Text(text) | Run::Open(text) | Run::Close(text) | Run::Alone(text) => 32 + text.len(),
    };
    match content {
        Content::Written(text) => text.len(),
        Content::Runs(runs) => runs.iter().map(of_run).sum(),
    }
}
