//! The one thread that writes.
//!
//! Work comes through a bounded queue and can be run again after a rollback, so that grouping several into one commit only changes
//! what happens between `recv` and `send`: take what waits, give each a savepoint, commit once, then answer all. For now each is a
//! transaction of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::call::{CallError, Gone, Panicked};
use super::connections::{Connection, Connections};
use crate::records::{Clock, RecordError, Rows, RowsError, Written, at_commit};

/// One request's changes. Run inside a transaction; again, if that had to be rolled back for another's sake.
pub(super) type Work = Box<dyn FnMut(&mut dyn Rows, &mut dyn Clock) -> Result<Written, RecordError> + Send>;

struct Task {
    work: Work,
    answer: oneshot::Sender<Result<Written, CallError>>,
}

/// The way to the thread that writes.
pub(super) struct Writer {
    queue: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connections: Arc<dyn Connections>, clock: Box<dyn Clock + Send>, queue: usize) -> std::io::Result<Self> {
        let (queue, tasks) = sync_channel(queue);
        let desk = Desk { connections, connection: None, clock };
        let thread = std::thread::Builder::new().name("tenon-writer".to_owned()).spawn(move || desk.serve(&tasks))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands work over and waits until it is committed or refused.
    pub(super) async fn run(&self, work: Work) -> Result<Written, CallError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(|| CallError::Fault(Gone.into()))?;
        queue.try_send(Task { work, answer }).map_err(|error| match error {
            TrySendError::Full(_) => CallError::Busy,
            TrySendError::Disconnected(_) => CallError::Fault(Gone.into()),
        })?;
        answered.await.map_err(|_| CallError::Fault(Gone.into()))?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What waits in the queue is still done: somebody may be waiting for the answer.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// What the thread that writes has before it.
struct Desk {
    connections: Arc<dyn Connections>,
    /// None before the first write, and after one that left its connection in doubt.
    connection: Option<Box<dyn Connection>>,
    clock: Box<dyn Clock + Send>,
}

impl Desk {
    fn serve(mut self, tasks: &Receiver<Task>) {
        while let Ok(mut task) = tasks.recv() {
            // Nobody waits any more: the client is gone, and was promised nothing.
            if task.answer.is_closed() {
                continue;
            }
            let answer = self.transact(&mut task.work);
            let _ = task.answer.send(answer);
        }
    }

    fn transact(&mut self, work: &mut Work) -> Result<Written, CallError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connections.writer()?,
        };
        let clock = &mut *self.clock;
        // A connection is put back only in a state that is known: no transaction open.
        let ended = catch_unwind(AssertUnwindSafe(|| one(&mut *connection, work, clock)));
        match ended {
            Ok((answer, true)) => {
                self.connection = Some(connection);
                answer
            }
            Ok((answer, false)) => answer,
            Err(payload) => Err(Panicked::because(&*payload)),
        }
    }
}

/// One transaction; and whether the connection is as it was before.
fn one(connection: &mut dyn Connection, work: &mut Work, clock: &mut dyn Clock) -> (Result<Written, CallError>, bool) {
    if let Err(error) = connection.begin() {
        let usable = matches!(error, RowsError::Busy);
        return (Err(error.into()), usable);
    }
    let written = work(connection, clock).and_then(|written| connection.commit().map(|()| written).map_err(at_commit));
    match written {
        Ok(written) => (Ok(written), true),
        Err(error) => {
            let undone = connection.rollback();
            if let Err(fault) = &undone {
                tracing::error!(error = fault as &dyn std::error::Error, "a write could not be rolled back; its connection is given up");
            }
            (Err(error.into()), undone.is_ok())
        }
    }
}
