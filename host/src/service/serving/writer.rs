//! The one thread that writes: it groups requests into one commit, and answers them after it.
//!
//! A group is the request at hand and those that wait behind it, run one after another in one transaction. It ends when nobody waits,
//! or when it is large or old enough. It never waits for more: those that come during a commit are the next group, so the busier the
//! service, the larger the groups, and the cheaper a write that survives a power cut.
//!
//! What keeps neighbours safe is in `group`; here is what follows when a request took the transaction with it. It is answered; the
//! others, of whom nobody has been told anything, are run again in order, each in a transaction of its own; and its plugin's requests
//! share no transaction for a while.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::call::{CallError, Gone, Panicked};
use super::connections::{Connection, Connections};
pub(super) use super::group::Work;
use super::group::{Answer, Lost, attempt};
use super::handling::Share;
use super::pace::Pace;
use crate::model::PluginName;
use crate::records::{Clock, RowsError, at_commit};

/// How much waits, and what goes into one commit.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    /// Writes that wait for the writer; one more is answered "busy". At a few thousand writes a second a full queue is under a second.
    pub queue: usize,
    /// Most requests in one commit. One of them that loses the transaction makes this many run again.
    pub group_requests: usize,
    /// How old a group gets before it is committed, though others wait: what a client waits for its neighbours' sake.
    pub group_time: Duration,
    /// How long a plugin shares no transaction after a request of its took one with it.
    pub alone_time: Duration,
}

/// See [`WriterOptions::group_time`].
pub(super) const GROUP_TIME: Duration = Duration::from_millis(2);

impl Default for WriterOptions {
    fn default() -> Self {
        Self { queue: 1024, group_requests: 256, group_time: GROUP_TIME, alone_time: Duration::from_secs(60) }
    }
}

struct Task {
    plugin: PluginName,
    work: Work,
    /// It ran late in a group, and runs alone now.
    late: bool,
    answer: oneshot::Sender<Answer>,
}

impl Task {
    /// Nobody waits any more: the client is gone, and was promised nothing.
    fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    fn answer(self, answer: Answer) {
        // Nobody to hear it is no failure.
        let _ = self.answer.send(answer);
    }
}

/// The way to the thread that writes.
pub(super) struct Writer {
    queue: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connections: Arc<dyn Connections>, clock: Arc<dyn Clock>, options: WriterOptions) -> std::io::Result<Self> {
        let (queue, tasks) = sync_channel(options.queue);
        let desk = Desk { connections, connection: None, clock, options, pace: Pace::new(), alone: HashMap::new() };
        let thread = std::thread::Builder::new().name("tenon-writer".to_owned()).spawn(move || desk.serve(&tasks))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands a plugin's work over and waits until it is committed or refused.
    pub(super) async fn run(&self, plugin: &PluginName, work: Work) -> Answer {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(|| CallError::Fault(Gone.into()))?;
        queue.try_send(Task { plugin: plugin.clone(), work, late: false, answer }).map_err(|error| match error {
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
    /// None before the first write, and after one that left its connection in doubt. No transaction is open on it.
    connection: Option<Box<dyn Connection>>,
    clock: Arc<dyn Clock>,
    options: WriterOptions,
    pace: Pace,
    /// Plugins that share no transaction, and until when.
    alone: HashMap<PluginName, Instant>,
}

impl Desk {
    fn serve(mut self, tasks: &Receiver<Task>) {
        let mut held = None;
        loop {
            let next = held.take().map_or_else(|| tasks.try_recv(), Ok);
            let next = match next {
                Err(TryRecvError::Empty) => self.pace.waiting(|| tasks.recv()).ok(),
                next => next.ok(),
            };
            let Some(task) = next else { return };
            // Works are caught one by one; this is for what is ours or the database's. Those that it took with it are answered by the
            // end of their tasks, and the next begin on a new connection.
            held = catch_unwind(AssertUnwindSafe(|| self.turn(task, tasks))).unwrap_or_else(|payload| {
                let error = Panicked::because(&*payload);
                tracing::error!(error = &error as &dyn std::error::Error, "writing failed inside; its requests were answered as failed");
                None
            });
            self.pace.keep();
        }
    }

    /// One transaction, with those that wait; answers a task that belongs into the next one.
    fn turn(&mut self, task: Task, tasks: &Receiver<Task>) -> Option<Task> {
        match self.begin() {
            Ok(connection) => self.group(connection, task, &mut || tasks.try_recv().ok()),
            Err(error) => {
                turn_away(error, task, &mut tasks.try_iter().take(self.options.queue));
                None
            }
        }
    }

    /// A connection with a transaction that holds the write lock.
    fn begin(&mut self) -> Result<Box<dyn Connection>, CallError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connections.writer()?,
        };
        match connection.begin() {
            Ok(()) => Ok(connection),
            Err(error) => {
                if matches!(error, RowsError::Busy) {
                    self.connection = Some(connection);
                }
                Err(error.into())
            }
        }
    }

    /// Runs one group in the open transaction, with as many as `more` hands out; answers a task that belongs into the next one.
    fn group(&mut self, connection: Box<dyn Connection>, first: Task, more: &mut dyn FnMut() -> Option<Task>) -> Option<Task> {
        let began = Instant::now();
        let mut seat = Some(connection);
        let mut ran: Vec<(Task, Answer)> = Vec::new();
        let mut late = Vec::new();
        let mut next = Some(first);
        while let Some(mut task) = next.take() {
            let alone = task.late || task.work.is_slow() || self.is_alone(&task.plugin);
            if alone && !ran.is_empty() {
                next = Some(task);
                break;
            }
            if !task.is_given_up() {
                let share = if alone { Share::All } else { Share::Group(self.options.group_time) };
                match attempt(&mut seat, &mut task.work, &*self.clock, ran.is_empty(), share) {
                    Ok(Err(CallError::TooLong { .. })) if !alone && ran.is_empty() => {
                        // It is undone with the whole transaction, and begins again at once.
                        self.roll_back(seat);
                        return Some(Task { late: true, ..task });
                    }
                    Ok(Err(CallError::TooLong { .. })) if !alone => late.push(Task { late: true, ..task }),
                    // Nobody else is in the transaction, so it can go.
                    Ok(Err(refused)) if ran.is_empty() => {
                        self.roll_back(seat);
                        task.answer(Err(refused));
                        return None;
                    }
                    Ok(result) => ran.push((task, result)),
                    Err(lost) => {
                        self.lost(seat, lost, task, ran);
                        self.one_by_one(late);
                        return None;
                    }
                }
            }
            let full = alone || ran.len() >= self.options.group_requests || began.elapsed() >= self.options.group_time;
            next = if full { None } else { more() };
        }
        self.commit(seat, ran);
        self.one_by_one(late);
        next
    }

    fn commit(&mut self, seat: Option<Box<dyn Connection>>, mut ran: Vec<(Task, Answer)>) {
        let Some(mut connection) = seat else { return };
        let Err(error) = connection.commit() else {
            self.connection = Some(connection);
            ran.into_iter().for_each(|(task, answer)| task.answer(answer));
            return;
        };
        self.roll_back(Some(connection));
        let error = at_commit(error);
        if ran.len() > 1 {
            tracing::warn!(
                requests = ran.len(),
                error = &error as &dyn std::error::Error,
                "a commit failed; its requests are run again, one by one"
            );
            self.one_by_one(ran.into_iter().map(|(task, _)| task).collect());
        } else if let Some((task, answer)) = ran.pop() {
            task.answer(answer.and(Err(error.into())));
        }
    }

    /// A request took the transaction with it.
    fn lost(&mut self, seat: Option<Box<dyn Connection>>, lost: Lost, culprit: Task, ran: Vec<(Task, Answer)>) {
        // A connection that was taken away has given back the write lock, which the others need.
        self.roll_back(seat);
        tracing::warn!(
            plugin = culprit.plugin.as_str(),
            others = ran.len(),
            error = &lost.answer as &dyn std::error::Error,
            "a write took its transaction with it; the others in it are run again, one by one"
        );
        self.alone.insert(culprit.plugin.clone(), Instant::now() + self.options.alone_time);
        culprit.answer(Err(lost.answer));
        self.one_by_one(ran.into_iter().map(|(task, _)| task).collect());
    }

    /// Runs requests again, whose transaction is gone: each in one of its own, in the order in which they came.
    fn one_by_one(&mut self, tasks: Vec<Task>) {
        let mut tasks = tasks.into_iter().filter(|task| !task.is_given_up());
        while let Some(task) = tasks.next() {
            let mut again = Some(task);
            // A second time for one that ran late when it could have shared the transaction.
            while let Some(task) = again.take() {
                self.pace.keep();
                match self.begin() {
                    Ok(connection) => again = self.group(connection, task, &mut || None),
                    Err(error) => turn_away(error, task, &mut tasks),
                }
            }
        }
    }

    /// Leaves the connection without a transaction, or leaves the connection.
    fn roll_back(&mut self, seat: Option<Box<dyn Connection>>) {
        let Some(mut connection) = seat else { return };
        match connection.rollback() {
            Ok(()) => self.connection = Some(connection),
            Err(fault) => tracing::error!(
                error = &fault as &dyn std::error::Error,
                "a transaction could not be rolled back; its connection is given up"
            ),
        }
    }

    fn is_alone(&mut self, plugin: &PluginName) -> bool {
        // Almost always empty.
        self.alone.retain(|_, until| Instant::now() < *until);
        self.alone.contains_key(plugin)
    }
}

/// No transaction can be begun. When that is because somebody else holds the database, all who wait have waited long enough.
fn turn_away(error: CallError, task: Task, others: &mut dyn Iterator<Item = Task>) {
    if matches!(error, CallError::Busy) {
        others.for_each(|other| other.answer(Err(CallError::Busy)));
    }
    task.answer(Err(error));
}
