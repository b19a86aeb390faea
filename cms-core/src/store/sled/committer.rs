//! The one thread that writes the log: it makes one commit of all appends that wait.
//!
//! A commit is durable before anybody is answered or any reader sees it. When one fails, its outcome is
//! open until the database has been closed and opened again: what is found then is what happened.

use std::{
    collections::VecDeque,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    super::{
        AppendError, Appended,
        merkle::{Edge, Tree},
    },
    Shared,
    ballast::Ballast,
    draft::{Draft, Prepared},
    folder,
    mark::{Mark, MarkFile},
    rows::{CommitError, Rows},
};
use crate::id::OpId;

/// Appends that may wait; more callers wait until there is room.
pub(super) const WAITING: usize = 1024;
/// The most compressed bytes of one append.
pub(super) const LARGEST: usize = 64 * 1024 * 1024;
/// Bytes after which a commit takes no more appends.
const FULL: usize = 4 * 1024 * 1024;

/// An append and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) prepared: Prepared,
    pub(super) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// What the committer's thread owns.
pub(super) struct Committer {
    shared: Arc<Shared>,
    ballast: Ballast,
    mark: MarkFile,
    _lock: File,
    state: State,
}

/// Whether the database can be written.
enum State {
    Sound,
    /// A write failed: the database has to be opened again first.
    Failed(String),
    /// The disk lost a write that it had taken. What it holds now and what it will hold after a restart
    /// may differ, so nothing more is promised on it by this process.
    Lost(String),
}

/// How long a failed log waits before it tries again by itself.
const RETRY: Duration = Duration::from_millis(200);

impl Committer {
    pub(super) fn new(shared: Arc<Shared>, ballast: Ballast, mark: MarkFile, lock: File) -> Self {
        Self { shared, ballast, mark, _lock: lock, state: State::Sound }
    }

    /// Commits until nobody can ask for more, then closes the database.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut received = Vec::new();
        loop {
            match &self.state {
                State::Sound | State::Lost(_) => {
                    if jobs.blocking_recv_many(&mut received, WAITING) == 0 {
                        break;
                    }
                }
                State::Failed(_) => match jobs.try_recv() {
                    Ok(job) => received.push(job),
                    Err(mpsc::error::TryRecvError::Empty) => thread::sleep(RETRY),
                    Err(mpsc::error::TryRecvError::Disconnected) => break,
                },
            }
            let mut waiting = VecDeque::from(std::mem::take(&mut received));
            self.recover();
            while !waiting.is_empty() {
                self.commit(&mut waiting);
            }
        }
        let rows = self.shared.rows.write().take();
        close(rows);
        let _synced = self.mark.sync();
    }

    /// Takes as many of the waiting appends as one commit holds, and answers them.
    fn commit(&mut self, waiting: &mut VecDeque<Job>) {
        let shared = Arc::clone(&self.shared);
        let rows = shared.rows.read();
        let database = match (self.refusal(), rows.as_ref()) {
            (None, Some(database)) => database,
            (reason, _) => {
                let reason = reason.unwrap_or_else(|| "it is closed".to_owned());
                waiting.drain(..).for_each(|job| job.answer(Err(unavailable(&reason))));
                return;
            }
        };
        let edge = Arc::clone(&shared.edge.read());
        let mut draft = Draft::new(database, &edge);
        let mut judged = Vec::new();
        while draft.bytes() < FULL
            && let Some(job) = waiting.pop_front()
        {
            let verdict = judge(&mut draft, &job.prepared);
            judged.push((job, verdict));
        }
        let bytes = draft.bytes() as u64;
        let Some((changes, edge)) = draft.finish() else { return answer(judged) };
        if let Err(reason) = self.ballast.hold(self.shared.options.reserve + 2 * bytes) {
            drop(rows);
            return self.settle(judged, &reason, |_| Err(unavailable(&reason)));
        }
        let written = catch_unwind(AssertUnwindSafe(|| database.commit(changes)))
            .unwrap_or_else(|_| Err(CommitError::Write("the database panicked".to_owned())));
        drop(rows);
        match written {
            Ok(()) => {
                self.publish(edge);
                answer(judged);
            }
            Err(error) => self.fail(&error, judged),
        }
    }

    /// Why nothing can be written for now.
    fn refusal(&self) -> Option<String> {
        match &self.state {
            State::Failed(reason) | State::Lost(reason) => Some(reason.clone()),
            State::Sound => None,
        }
    }

    /// Lets readers see the durable log as it is now.
    fn publish(&mut self, edge: Edge) {
        let mark = Mark { number: edge.size(), root: edge.root() };
        if let Err(error) = self.mark.write(mark) {
            tracing::warn!(%error, "the high-water mark could not be written");
        }
        *self.shared.edge.write() = Arc::new(edge);
        self.shared.last.send_replace(mark.number);
    }

    /// Answers the appends of a commit that failed, with the truth where it can be found out at once.
    fn fail(&mut self, error: &CommitError, judged: Vec<(Job, Verdict)>) {
        tracing::error!(%error, "a commit failed");
        let reason = error.to_string();
        let accepted = judged.iter().filter(|(_, verdict)| verdict.is_ok());
        let doubtful = accepted.map(|(job, _)| job.prepared.append.op).collect();
        *self.shared.doubtful.lock() = doubtful;
        self.state = match error {
            CommitError::Write(_) => State::Failed(reason.clone()),
            CommitError::Sync(_) => State::Lost(reason.clone()),
        };
        self.recover();
        match self.state {
            State::Sound => self.settle(judged, &reason, |op| self.found(op, &reason)),
            State::Failed(_) | State::Lost(_) => {
                self.settle(judged, &reason, |_| Err(AppendError::Unknown(reason.clone())));
            }
        }
    }

    /// Answers the appends of a commit that did not come about: those that it was to accept by `outcome`.
    fn settle(&self, judged: Vec<(Job, Verdict)>, reason: &str, outcome: impl Fn(OpId) -> Verdict) {
        for (job, verdict) in judged {
            let op = job.prepared.append.op;
            let answer = match (self.before(op), verdict) {
                (Some(appended), _) => Ok(appended),
                (None, Ok(_)) => outcome(op),
                // It may rest on another append of the same commit.
                (None, Err(_)) => Err(unavailable(reason)),
            };
            job.answer(answer);
        }
    }

    /// What an earlier commit made of a command.
    fn before(&self, op: OpId) -> Option<Appended> {
        let found = self
            .shared
            .read(|rows, edge| Ok(rows.op(op)?.filter(|appended| appended.last <= edge.size())));
        found.ok().flatten()
    }

    /// What became of a command, as the database says after it was opened again.
    fn found(&self, op: OpId, reason: &str) -> Verdict {
        match self.shared.read(|rows, _| rows.op(op)) {
            Ok(Some(appended)) => Ok(appended),
            Ok(None) => Err(unavailable(reason)),
            Err(error) => Err(AppendError::Unknown(error.to_string())),
        }
    }

    /// After a failure: closes the database and opens it again, if there is room for that.
    fn recover(&mut self) {
        let State::Failed(_) = &self.state else { return };
        self.state = match self.reopen() {
            Ok(edge) => {
                self.publish(edge);
                self.shared.doubtful.lock().clear();
                State::Sound
            }
            Err(reason) => State::Failed(reason),
        };
    }

    fn reopen(&self) -> Result<Edge, String> {
        let shared = &self.shared;
        let dir = &shared.dir;
        let path = folder::events(dir, folder::current(dir).map_err(|error| error.to_string())?);
        self.ballast.throw_off();
        let room = folder::opening_size(&path);
        let left = fs4::available_space(dir).map_err(|error| error.to_string())?;
        if left < room {
            return Err(format!("the disk is full: {left} bytes are left, {room} are needed"));
        }
        let mut rows = shared.rows.write();
        close(rows.take());
        let opened =
            folder::open_rows(&path, &shared.options).map_err(|error| error.to_string())?;
        let known = Arc::clone(&shared.edge.read());
        let edge = opened.last().and_then(|last| opened.edge(last));
        let edge = edge.map_err(|error| error.to_string())?;
        let kept = Tree { tiles: &opened, edge: &edge }.root(known.size());
        if edge.size() < known.size() || kept.as_ref() != Ok(&known.root()) {
            return Err("after a failure it no longer holds what was acknowledged".to_owned());
        }
        *rows = Some(opened);
        Ok(edge)
    }
}

impl Job {
    fn answer(self, verdict: Verdict) {
        // A caller that no longer waits can ask with the same handle.
        let _delivered = self.answer.send(verdict);
    }
}

type Verdict = Result<Appended, AppendError>;

fn answer(judged: Vec<(Job, Verdict)>) {
    for (job, verdict) in judged {
        job.answer(verdict);
    }
}

fn judge(draft: &mut Draft<'_>, prepared: &Prepared) -> Verdict {
    // The draft reads all that it needs before it changes anything.
    catch_unwind(AssertUnwindSafe(|| draft.accept(prepared)))
        .unwrap_or_else(|_| Err(unavailable("the database cannot be read")))
}

/// Closes a database. sled panics when its last sync fails; every commit was synced already.
fn close(rows: Option<Rows>) {
    let _closed = catch_unwind(AssertUnwindSafe(|| drop(rows)));
}

fn unavailable(reason: &str) -> AppendError {
    AppendError::Unavailable(reason.to_owned())
}
