//! Read-only connections, and the few threads for reads that take long.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::call::{CallError, Gone, Panicked};
use super::connections::{Connection, Connections};
use super::rank::Rank;
use super::turns::{Refused, Turns};
use crate::model::PluginName;

/// How many slow reads run, and how many wait.
#[derive(Debug, Clone, Copy)]
pub struct ReaderOptions {
    /// Threads for slow reads.
    pub threads: usize,
    /// Slow reads that wait, of all plugins; one more is answered "busy".
    pub queue: usize,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        // One per core keeps the cores busy; more would only take them from the fast reads.
        Self { threads: std::thread::available_parallelism().map_or(1, NonZero::get), queue: 1024 }
    }
}

/// How long a read waits for its turn before it is answered "busy".
const PATIENCE: Duration = Duration::from_secs(5);

/// The connections that nobody uses just now, last used first.
pub(super) struct Pool {
    connections: Arc<dyn Connections>,
    idle: Mutex<Vec<Box<dyn Connection>>>,
}

impl Pool {
    pub(super) fn new(connections: Arc<dyn Connections>) -> Arc<Self> {
        Arc::new(Self { connections, idle: Mutex::default() })
    }

    /// Lends a connection away; one that does not come back is not used again.
    pub(super) fn lend<T>(
        &self,
        work: impl FnOnce(Box<dyn Connection>) -> (Option<Box<dyn Connection>>, Result<T, CallError>),
    ) -> Result<T, CallError> {
        let (connection, answer) = work(self.take()?);
        if let Some(connection) = connection.filter(|_| !matches!(answer, Err(CallError::Fault(_)))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        answer
    }

    fn take(&self) -> Result<Box<dyn Connection>, CallError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => Ok(self.connections.reader()?),
        }
    }

    /// Runs `read` on a connection. One on which it failed inside or panicked is not used again.
    pub(super) fn with<T>(&self, read: impl FnOnce(&mut dyn Connection) -> Result<T, CallError>) -> Result<T, CallError> {
        self.lend(|mut connection| {
            let answer = read(&mut *connection);
            (Some(connection), answer)
        })
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
    queue: Arc<Turns<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts threads that read on connections of the pool. `rank` says how much of the machine they get, `name` what they are called.
    pub(super) fn start(pool: Arc<Pool>, options: ReaderOptions, name: &'static str, rank: Rank) -> std::io::Result<Self> {
        let mut readers = Self { pool, queue: Arc::new(Turns::new(options.queue)), threads: Vec::new() };
        for number in 0..options.threads.max(1) {
            let (pool, queue) = (Arc::clone(&readers.pool), Arc::clone(&readers.queue));
            let thread = std::thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                rank.take();
                while let Some(job) = queue.take() {
                    job(&pool);
                }
            })?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Reads on the thread that asks.
    pub(super) fn inline<T>(&self, read: impl FnOnce(&mut dyn Connection) -> Result<T, CallError>) -> Result<T, CallError> {
        self.pool.with(read)
    }

    /// Reads on the thread that asks, on a connection that is lent away.
    pub(super) fn lent<T>(
        &self,
        read: impl FnOnce(Box<dyn Connection>) -> (Option<Box<dyn Connection>>, Result<T, CallError>),
    ) -> Result<T, CallError> {
        self.pool.lend(read)
    }

    /// Reads on a thread for slow reads, when it is the plugin's turn.
    pub(super) async fn queued<T: Send + 'static>(
        &self,
        plugin: &PluginName,
        read: impl FnOnce(&Pool) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let (answer, answered) = oneshot::channel();
        let asked = Instant::now();
        let job: Job = Box::new(move |pool| {
            // Nobody waits any more: the client is gone.
            if answer.is_closed() {
                return;
            }
            if asked.elapsed() > PATIENCE {
                let _ = answer.send(Err(CallError::Crowded(format!("it waited {} s for a thread", PATIENCE.as_secs()))));
                return;
            }
            let read = catch_unwind(AssertUnwindSafe(|| read(pool)));
            let _ = answer.send(read.unwrap_or_else(|payload| Err(Panicked::because(&*payload))));
        });
        self.queue.push(plugin, job).map_err(|refused| match refused {
            Refused::Full => CallError::Crowded("as many reads as may wait for a thread".to_owned()),
            Refused::Closed => CallError::Fault(Gone.into()),
        })?;
        answered.await.map_err(|_| CallError::Fault(Gone.into()))?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
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
