//! A few threads of their own for decoding and rendering, so that pictures take neither the memory nor the
//! threads that readers' answers need.

use std::{
    collections::VecDeque,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread,
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::{
    Limits, Refusal, Rendition, Taken, memory_to_render, memory_to_take_in, render, take_in,
};

/// How much work goes on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Threads; at least one.
    pub threads: usize,
    /// How much work may wait; what comes then is [`PoolError::Busy`].
    pub queue: usize,
    /// Bytes of memory for all work that goes on at once, by the works' own estimates.
    pub memory: u64,
}

impl Default for PoolOptions {
    /// Half of the processors, sixty-four waiting, 1 GiB.
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self { threads: (processors / 2).max(1), queue: 64, memory: 1 << 30 }
    }
}

/// Why a piece of work wasn't done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// As much as may wait is waiting: come again in a while.
    #[error("too much work is waiting")]
    Busy,
    /// The work panicked, or the pool is being taken down.
    #[error("the work was not done")]
    Failed,
}

/// A piece of work that waits.
struct Job {
    memory: u64,
    run: Box<dyn FnOnce() + Send>,
}

struct State {
    waiting: VecDeque<Job>,
    free: u64,
    is_closed: bool,
}

struct Shared {
    state: Mutex<State>,
    /// Told when work comes, memory is given back, or the pool closes.
    changed: Condvar,
    options: PoolOptions,
}

/// Threads for work on pictures, with bounds on what waits and on the memory of what goes on.
///
/// Work begins in the order in which it came; one that needs more memory than is free waits for it, and those
/// behind it too, so that it gets its turn. Work whose asker has gone away is dropped when its turn comes.
pub struct Pool(Arc<Shared>);

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.0.options).finish()
    }
}

impl Pool {
    /// A pool, with its threads.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(options: PoolOptions) -> std::io::Result<Self> {
        let state = State { waiting: VecDeque::new(), free: options.memory, is_closed: false };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), options });
        let pool = Self(shared);
        for number in 0..options.threads.max(1) {
            let shared = Arc::clone(&pool.0);
            thread::Builder::new().name(format!("media-{number}")).spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// Runs work that takes so many bytes of memory, and waits for its result without a thread. What would take
    /// more than there is runs alone.
    ///
    /// # Errors
    ///
    /// [`PoolError::Busy`] at once, if the queue is full; [`PoolError::Failed`] if the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        memory: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (sender, receiver) = oneshot::channel();
        let run = Box::new(move || {
            if !sender.is_closed() {
                // Who asked may have gone away meanwhile.
                drop(sender.send(work()));
            }
        });
        {
            let mut state = self.0.state.lock();
            if state.waiting.len() >= self.0.options.queue {
                return Err(PoolError::Busy);
            }
            state.waiting.push_back(Job { memory: memory.min(self.0.options.memory), run });
        }
        self.0.changed.notify_one();
        receiver.await.map_err(|_| PoolError::Failed)
    }

    /// [`take_in`], in the pool.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); the inner ones as [`take_in`].
    pub async fn take_in(
        &self,
        bytes: Arc<[u8]>,
        limits: Limits,
    ) -> Result<Result<Taken, Refusal>, PoolError> {
        let memory = memory_to_take_in(&bytes, &limits);
        self.run(memory, move || take_in(&bytes, &limits)).await
    }

    /// [`render()`], in the pool.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); the inner ones as [`render()`].
    pub async fn render(
        &self,
        bytes: Arc<[u8]>,
        rendition: Rendition,
        limits: Limits,
    ) -> Result<Result<Vec<u8>, Refusal>, PoolError> {
        let memory = memory_to_render(&bytes, &rendition, &limits);
        self.run(memory, move || render(&bytes, &rendition, &limits)).await
    }
}

impl Drop for Pool {
    /// What waits is dropped; what goes on is finished, and its thread ends.
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.0.state.lock();
            state.is_closed = true;
            std::mem::take(&mut state.waiting)
        };
        drop(waiting);
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn work(&self) {
        while let Some(job) = self.next() {
            let memory = job.memory;
            // The asker is told by the channel that is dropped with the work.
            if panic::catch_unwind(AssertUnwindSafe(job.run)).is_err() {
                tracing::error!("work on a picture panicked");
            }
            self.state.lock().free += memory;
            self.changed.notify_all();
        }
    }

    /// The next job, once there is memory for it; none when the pool closes.
    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let free = state.free;
            if state.waiting.front().is_some_and(|job| job.memory <= free) {
                let job = state.waiting.pop_front()?;
                state.free -= job.memory;
                // Another may fit beside it.
                self.changed.notify_one();
                return Some(job);
            }
            self.changed.wait(&mut state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    };

    use super::*;

    fn pool(threads: usize, queue: usize, memory: u64) -> Pool {
        Pool::start(PoolOptions { threads, queue, memory }).unwrap()
    }

    #[tokio::test]
    async fn work_is_done_and_what_is_too_much_is_told_at_once() {
        let pool = pool(1, 1, 100);
        let (go, gate) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let first = pool.run(1, move || {
            begun.send(()).ok();
            gate.recv().ok();
            1
        });
        let second = pool.run(1, || 2);
        let steps = async {
            has_begun.await.unwrap();
            let (two, three) = tokio::join!(second, async {
                let busy = pool.run(1, || 3).await;
                go.send(()).unwrap();
                busy
            });
            assert_eq!((two, three), (Ok(2), Err(PoolError::Busy)));
        };
        let (one, ()) = tokio::join!(first, steps);
        assert_eq!(one, Ok(1));
    }

    #[tokio::test]
    async fn memory_in_use_never_passes_the_bound() {
        let pool = pool(4, 100, 10);
        let (used, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let works = (0..40_u64).map(|number| {
            let (used, most) = (Arc::clone(&used), Arc::clone(&most));
            // The last ones say that they take more than there is: each runs alone.
            let takes = if number > 36 { 50 } else { number % 7 };
            pool.run(takes, move || {
                let takes = takes.min(10);
                most.fetch_max(used.fetch_add(takes, Ordering::SeqCst) + takes, Ordering::SeqCst);
                thread::yield_now();
                used.fetch_sub(takes, Ordering::SeqCst);
            })
        });
        for done in futures_util::future::join_all(works).await {
            assert_eq!(done, Ok(()));
        }
        assert!(most.load(Ordering::SeqCst) <= 10);
    }

    #[tokio::test]
    async fn work_that_panics_is_told_and_its_thread_goes_on() {
        let pool = pool(1, 10, 10);
        assert_eq!(pool.run(10, || -> u8 { panic!("on purpose") }).await, Err(PoolError::Failed));
        assert_eq!(pool.run(10, || 1).await, Ok(1));
    }
}
