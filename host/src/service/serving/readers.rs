//! Read-only connections, and the few threads for reads that take long.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::call::{CallError, Gone, Panicked};
use super::connections::{Connection, Connections};

/// How many slow reads run, and how many wait.
#[derive(Debug, Clone, Copy)]
pub struct ReaderOptions {
    /// Threads for slow reads.
    pub threads: usize,
    /// Slow reads that wait; one more is answered "busy".
    pub queue: usize,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        // One per core keeps the cores busy; more would only take them from the fast reads.
        Self { threads: std::thread::available_parallelism().map_or(1, NonZero::get), queue: 256 }
    }
}

/// The connections that nobody uses just now, last used first.
pub(super) struct Pool {
    connections: Arc<dyn Connections>,
    idle: Mutex<Vec<Box<dyn Connection>>>,
}

impl Pool {
    /// Runs `read` on a connection. One on which it failed inside or panicked is not used again.
    pub(super) fn with<T>(&self, read: impl FnOnce(&mut dyn Connection) -> Result<T, CallError>) -> Result<T, CallError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connections.reader()?,
        };
        let answer = read(&mut *connection);
        if !matches!(answer, Err(CallError::Fault(_))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        answer
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

type Job = Box<dyn FnOnce(&Pool) + Send>;

/// Reads, where they are asked for or on threads of their own.
pub(super) struct Readers {
    pool: Arc<Pool>,
    queue: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(connections: Arc<dyn Connections>, options: ReaderOptions) -> std::io::Result<Self> {
        let pool = Arc::new(Pool { connections, idle: Mutex::new(Vec::new()) });
        let (queue, jobs) = sync_channel::<Job>(options.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let thread = |number: usize| {
            let (pool, jobs) = (Arc::clone(&pool), Arc::clone(&jobs));
            std::thread::Builder::new().name(format!("tenon-reader-{number}")).spawn(move || work(&pool, &jobs))
        };
        let threads = (0..options.threads.max(1)).map(thread).collect::<Result<_, _>>()?;
        Ok(Self { pool, queue: Some(queue), threads })
    }

    /// The connections, for who reads on a thread of its own.
    pub(super) fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    /// Reads on the thread that asks.
    pub(super) fn inline<T>(&self, read: impl FnOnce(&mut dyn Connection) -> Result<T, CallError>) -> Result<T, CallError> {
        self.pool.with(read)
    }

    /// Reads on a thread for slow reads.
    pub(super) async fn queued<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Connection) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |pool| {
            // Nobody waits any more: the client is gone.
            if answer.is_closed() {
                return;
            }
            let read = catch_unwind(AssertUnwindSafe(|| pool.with(read)));
            let _ = answer.send(read.unwrap_or_else(|payload| Err(Panicked::because(&*payload))));
        });
        let queue = self.queue.as_ref().ok_or_else(|| CallError::Fault(Gone.into()))?;
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => CallError::Busy,
            TrySendError::Disconnected(_) => CallError::Fault(Gone.into()),
        })?;
        answered.await.map_err(|_| CallError::Fault(Gone.into()))?
    }
}

fn work(pool: &Pool, jobs: &Mutex<Receiver<Job>>) {
    loop {
        // Held while waiting for a job, never while doing one.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(pool),
            Err(_) => return,
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A job that panicked was answered; the thread itself does not.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}
