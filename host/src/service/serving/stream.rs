//! Lists that are sent while they are read, because they are too large to be kept: each on a thread of its own, of which there are few.
//!
//! The thread holds a connection and one state of the database; the client decides how fast it gets on. So a stream has a time limit:
//! what a slow client holds is given back, and its answer breaks off where everybody can see it. A client that wants it all in its own
//! time asks for smaller parts.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::call::{CallError, Gone, Panicked};
use super::endpoint::Endpoint;
use super::in_transaction;
use super::readers::Pool;
use crate::model::PluginName;
use crate::records::{Collection, ListQuery, stream};

/// How many lists are streamed, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions {
    /// Streams at one time; one more is answered "busy".
    pub most: usize,
    /// How long one may take, the client's own time included. A read transaction this old keeps the write-ahead log from shrinking.
    pub time: Duration,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { most: 16, time: Duration::from_secs(30) }
    }
}

/// Pieces that wait for the client, besides the one that is being read.
const WAITING: usize = 2;

/// A body that comes in pieces.
#[derive(Debug)]
pub struct Pieces(mpsc::Receiver<Result<Vec<u8>, Broken>>);

/// The body ends here, and is not whole.
#[derive(Debug, thiserror::Error)]
#[error("the list broke off: {0}")]
pub struct Broken(&'static str);

impl Pieces {
    /// The next piece; none at the end.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Broken>>> {
        self.0.poll_recv(context)
    }
}

/// Which list it is, for the log.
#[derive(Debug, Clone)]
struct List {
    plugin: PluginName,
    operation: String,
    request_id: String,
}

impl List {
    fn of(endpoint: &Endpoint, request_id: &str) -> Self {
        let Collection { plugin, name, .. } = &*endpoint.collection;
        Self { plugin: plugin.clone(), operation: format!("{name}.list"), request_id: request_id.to_owned() }
    }

    fn fields(&self) -> (&str, &str, &str) {
        (self.plugin.as_str(), &self.operation, &self.request_id)
    }
}

/// Starts streams, as long as there are not too many.
#[derive(Debug)]
pub(super) struct Streams {
    pool: Arc<Pool>,
    free: Arc<Semaphore>,
    most: usize,
    time: Duration,
}

/// How a list begins: the query string of its next part, and its body.
pub(super) type Begun = (Option<String>, Pieces);

impl Streams {
    pub(super) fn new(pool: Arc<Pool>, options: StreamOptions) -> Self {
        Self { pool, free: Arc::new(Semaphore::new(options.most)), most: options.most, time: options.time }
    }

    /// Begins to read the list for a request; answers when the first piece is about to come.
    pub(super) async fn begin(&self, endpoint: Arc<Endpoint>, query: Arc<ListQuery>, request_id: &str) -> Result<Begun, CallError> {
        let full = |_| CallError::Crowded(format!("{} lists that are too large to be kept are being sent already", self.most));
        let permit = Arc::clone(&self.free).try_acquire_owned().map_err(full)?;
        let list = List::of(&endpoint, request_id);
        let sent = list.clone();
        let (begin, begun) = oneshot::channel();
        let (read, pieces) = mpsc::channel(WAITING);
        let pool = Arc::clone(&self.pool);
        let work = move || {
            let _permit = permit;
            let mut begin = Some(begin);
            let reading = catch_unwind(AssertUnwindSafe(|| send(&pool, &endpoint, &query, &mut begin, &read)));
            let Err(error) = reading.unwrap_or_else(|payload| Err(Panicked::because(&*payload))) else { return };
            match begin.take() {
                // Nobody may be left to hear either.
                Some(begin) => drop(begin.send(Err(error))),
                None => {
                    let (plugin, operation, request_id) = list.fields();
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(request_id, plugin, operation, error, "a list that was being sent broke off");
                    let _ = read.blocking_send(Err(Broken("the server failed")));
                }
            }
        };
        std::thread::Builder::new().name("tenon-stream".to_owned()).spawn(work).map_err(|error| CallError::Fault(Box::new(error)))?;
        let next = begun.await.map_err(|_| CallError::Fault(Gone.into()))??;
        Ok((next, forward(pieces, self.time, sent)))
    }
}

/// Reads the list and hands out its pieces, until it ends or nobody wants them.
fn send(
    pool: &Pool,
    endpoint: &Endpoint,
    query: &ListQuery,
    begin: &mut Option<oneshot::Sender<Result<Option<String>, CallError>>>,
    pieces: &mpsc::Sender<Result<Vec<u8>, Broken>>,
) -> Result<(), CallError> {
    let begin = |next| {
        if let Some(begin) = begin.take() {
            let _ = begin.send(Ok(next));
        }
    };
    let mut send = |piece| match pieces.blocking_send(Ok(piece)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    pool.with(|connection| {
        in_transaction(connection, endpoint.made_for, |rows| stream(&endpoint.collection, query, rows, begin, &mut send))
    })
}

/// Passes pieces on for as long as the stream may take. When it stops, so does the thread that reads: nobody takes its pieces any more.
fn forward(mut pieces: mpsc::Receiver<Result<Vec<u8>, Broken>>, time: Duration, list: List) -> Pieces {
    let (out, passed_on) = mpsc::channel(1);
    tokio::spawn(async move {
        let all = async {
            while let Some(piece) = pieces.recv().await {
                if out.send(piece).await.is_err() {
                    break;
                }
            }
        };
        if timeout(time, all).await.is_err() {
            let (plugin, operation, request_id) = list.fields();
            tracing::warn!(request_id, plugin, operation, seconds = time.as_secs_f32(), "a list was not taken in time and broke off");
            drop(pieces);
            // One piece may still wait to be taken; the client, if it is there, is told after it.
            let _ = out.send(Err(Broken("it was not taken in time"))).await;
        }
    });
    Pieces(passed_on)
}
