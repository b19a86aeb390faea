//! The process that the fault tests start, kill and trace: this test binary once more, as a writer that
//! says on its output what was acknowledged; and the check of what it left behind.

use std::{
    collections::BTreeMap,
    env,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use cms_core::{
    clock::Timestamp,
    id::OpId,
    store::{
        Append, Appended, CellValue, Log, NewEvent,
        sled::{Options, SledLog, compact, verify},
    },
};

use crate::store_samples::{append, noise_of, saved, take};

/// The folder of the log, for the child.
const FOLDER: &str = "CMS_STORE_CHILD";
/// What the child does there: `forever`, or a number of appends in each of several rounds.
const WORK: &str = "CMS_STORE_CHILD_WORK";

/// This binary as a child that works in `dir`; `before` is what it is started with, such as a tracer.
pub(crate) fn command(before: &[&str], dir: &Path, work: &str) -> Command {
    let own = env::current_exe().unwrap();
    let own = own.to_str().unwrap();
    let test = "store_child::a_child_writes_until_it_is_stopped";
    let all: Vec<&str> =
        before.iter().copied().chain([own, "--exact", test, "--nocapture"]).collect();
    let mut command = Command::new(all[0]);
    command.args(&all[1..]).env(FOLDER, dir).env(WORK, work).stdout(Stdio::piped());
    command
}

/// In the child it does its work; in a run of all tests there is no folder and nothing to do.
#[test]
fn a_child_writes_until_it_is_stopped() {
    let (Ok(dir), Ok(work)) = (env::var(FOLDER), env::var(WORK)) else { return };
    let dir = Path::new(&dir);
    let threads =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    threads.unwrap().block_on(async {
        match work.parse::<u32>() {
            Err(_) => write(dir, u32::MAX).await,
            Ok(appends) => {
                write(dir, appends).await;
                compact(dir, &Options::default(), &mut |_| ()).unwrap();
                write(dir, appends).await;
            }
        }
    });
}

/// Four writers and one who sets a cell, `appends` times each.
async fn write(dir: &Path, appends: u32) {
    let log: Arc<dyn Log> = Arc::new(SledLog::open(dir, Options::default()).unwrap());
    let writers = (0..4).map(|writer| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for round in 0..appends {
                let given =
                    command_of(OpId::generate(Timestamp::from_millis(i64::from(round))), writer);
                let Appended { first, last } = log.append(given.clone()).await.unwrap();
                say(&format!("ack {} {first} {last}\n", given.op));
            }
        })
    });
    let cells = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            for _ in 0..appends {
                let held = log.cell("count").await.unwrap().map_or(0, |cell| cell.generation);
                let value = CellValue { value: vec![b'x'; 2_000], expires: None };
                assert!(log.set_cell("count", held, Some(value)).await.unwrap());
                say(&format!("cell {}\n", held + 1));
            }
        }
    });
    for writer in writers.chain([cells]).collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// One line in one system call, so that the order of lines is that of the acknowledgements.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The append that belongs to a command's id: whoever knows the id knows what must be there.
fn command_of(op: OpId, writer: u8) -> Append {
    let claims = if writer == 0 { vec![take(&op.to_string(), 1)] } else { Vec::new() };
    Append { op, claims, ..append(events_of(op)) }
}

fn events_of(op: OpId) -> Vec<NewEvent> {
    let seed = u64::from_be_bytes(*op.as_bytes().last_chunk::<8>().unwrap());
    let count = 1 + seed % 3;
    let length = |index: u64| match (seed >> 8).wrapping_add(index) % 40 {
        0 => 40_000,
        short => 100 * usize::try_from(short).unwrap(),
    };
    (0..count)
        .map(|index| {
            saved(seed.to_le_bytes()[0], &noise_of(seed.wrapping_add(index), length(index)))
        })
        .collect()
}

/// What a child said was acknowledged.
#[derive(Debug, Default, Clone)]
pub(crate) struct Acknowledged {
    ops: BTreeMap<OpId, Appended>,
    cell: u64,
}

impl Acknowledged {
    /// Takes in a line of the child's output; others than its own are passed over.
    pub(crate) fn hear(&mut self, line: &str) {
        // The test harness may have begun the line.
        if let Some((_, ack)) = line.split_once("ack ") {
            let words: Vec<&str> = ack.split_whitespace().collect();
            let [op, first, last] = words[..] else { return };
            let range = (first.parse(), last.parse());
            if let (Ok(op), (Ok(first), Ok(last))) = (op.parse(), range) {
                self.ops.insert(op, Appended { first, last });
            }
        } else if let Some((_, generation)) = line.split_once("cell ") {
            self.cell = self.cell.max(generation.trim().parse().unwrap_or(0));
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.ops.len()
    }
}

/// Opens what a child left behind: all that was acknowledged is there, nothing is there by half, and
/// nothing is damaged.
pub(crate) fn check(dir: &Path, acknowledged: &Acknowledged) {
    let log = SledLog::open(dir, Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (op, appended) in &acknowledged.ops {
            assert_eq!(log.lookup(*op).await.unwrap(), Some(*appended), "{op} was acknowledged");
        }
        let cell = log.cell("count").await.unwrap().map_or(0, |cell| cell.generation);
        assert!(cell >= acknowledged.cell, "{cell} of {}", acknowledged.cell);
        let mut next = 1;
        while next <= log.last() {
            let events = log.events(next - 1, 1_000).await.unwrap();
            for event in events {
                assert_eq!(event.number, next, "no gap");
                let appended = log.lookup(event.op).await.unwrap().unwrap();
                let index = usize::try_from(event.number - appended.first).unwrap();
                let expected = events_of(event.op);
                assert_eq!(
                    expected.len() as u64,
                    appended.last - appended.first + 1,
                    "all or nothing"
                );
                assert!(event.body.as_ref() == Some(&expected[index].body), "event {next}");
                next += 1;
            }
        }
    });
    drop(log);
    let found = verify(dir, &Options::default(), &mut |_| ()).unwrap();
    assert!(found.is_sound(), "{:?}", found.damage);
}

/// Whether the long form of the fault tests was asked for.
pub(crate) fn long() -> bool {
    env::var("CMS_FAULTS").is_ok_and(|form| form == "long")
}

/// Says that something is not tested here; also where the output of tests that pass is not shown.
pub(crate) fn skipped(what: &str, reason: &str) {
    let line = format!("SKIPPED: {what} is not tested: {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A random number below `limit`.
pub(crate) fn random(limit: u64) -> u64 {
    let bytes = *OpId::generate(Timestamp::from_millis(0)).as_bytes().last_chunk::<8>().unwrap();
    // The first bits of the last eight bytes are those of the kind of UUID.
    (u64::from_be_bytes(bytes) << 8 >> 8) % limit
}
