//! Serving rows: who answers, on which thread, in which transaction.
//!
//! [`Serving`] holds what both front doors would need to serve a database: a [`Snapshot`] of the endpoints that can be exchanged while
//! calls are in flight, read-only connections, and one writer. It joins the record engine with a database that it knows only as
//! [`Connections`], and knows no HTTP: a [`Request`] names an operation, an [`Outcome`] says what came of it.
//!
//! - A read that costs no more than its own rows runs where it is asked for; a hop to another thread would cost more than the read.
//!   Reads that search, count or pass rows over wait in a bounded queue for a few threads of their own (`readers`); a list that is too
//!   large to be kept is sent while it is read (`stream`).
//! - A write is read and checked where it is asked for, then handed to the one writer thread and awaited. The writer makes one commit of
//!   all that wait, in which nobody hurts a neighbour (`writer`, `group`), and answers after it.
//! - Queues are bounded: when one is full the answer is [`CallError::Busy`], at once.
//!
//! [`CallError`]: a refused request, a plugin that is not ready, too much to do, and a fault of ours are four different things.

mod call;
mod clock;
mod connections;
mod endpoint;
mod group;
mod pace;
mod readers;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

use std::sync::Arc;

use arc_swap::ArcSwap;

pub use self::call::{CallError, Content, Operation, Outcome, Request};
pub use self::clock::SystemClock;
pub use self::connections::{Connection, Connections};
pub use self::endpoint::{Endpoint, PluginState, Readiness, RouteEndpoint, Snapshot, upgrade_command};
pub use self::readers::ReaderOptions;
use self::readers::Readers;
use self::stream::Streams;
pub use self::stream::{Broken, Pieces, StreamOptions};
use self::writer::Writer;
pub use self::writer::WriterOptions;
use crate::model::query::Count;
pub use crate::records::{
    Clock, Collection, DEFAULT_LIMIT, Field, MAX_LIMIT, MAX_PAGE, MAX_TAG_LENGTH, MAX_TAGS, RESERVED, RowsError, cursor_pattern,
    no_parameters,
};
use crate::records::{Draft, ListQuery, RecordError, Rows, get, list};

/// How much waits, and for whom.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The readers.
    pub readers: ReaderOptions,
    /// The writer.
    pub writer: WriterOptions,
    /// Large lists.
    pub streams: StreamOptions,
}

/// Bytes of a list that is answered whole. Kept once for each client that is being answered, so not large; a list of a hundred ordinary
/// rows has a tenth of it.
const WHOLE_BYTES: usize = 256 << 10;

/// The machine could not start a thread.
#[derive(Debug, thiserror::Error)]
#[error("a thread for serving rows could not be started")]
pub struct StartError(#[source] pub(super) std::io::Error);

/// Serves rows. Dropping it ends its threads after the calls that they have begun.
#[derive(Debug)]
pub struct Serving {
    snapshot: ArcSwap<Snapshot>,
    readers: Readers,
    streams: Streams,
    writer: Writer,
}

impl Serving {
    /// Starts the threads. Connections are opened when they are first needed.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(
        connections: Arc<dyn Connections>,
        clock: Box<dyn Clock + Send>,
        snapshot: Snapshot,
        options: Options,
    ) -> Result<Self, StartError> {
        let readers = Readers::start(Arc::clone(&connections), options.readers).map_err(StartError)?;
        let writer = Writer::start(connections, clock, options.writer).map_err(StartError)?;
        let streams = Streams::new(readers.pool(), options.streams);
        Ok(Self { snapshot: ArcSwap::from_pointee(snapshot), readers, streams, writer })
    }

    /// What is being served.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Serves something else from now on. Calls in flight end on what they began with.
    pub fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// Whether the database answers, for a health check.
    ///
    /// # Errors
    /// It cannot be opened or asked.
    pub fn check(&self) -> Result<(), CallError> {
        self.readers.inline(|connection| Ok(connection.check()?))
    }

    /// Carries out one operation.
    ///
    /// # Errors
    /// See [`CallError`]; in every case nothing was changed.
    pub async fn run(&self, endpoint: &Arc<Endpoint>, request: Request) -> Result<Outcome, CallError> {
        if let Readiness::NotReady { .. } = &endpoint.readiness {
            return Err(CallError::NotReady(Arc::clone(endpoint)));
        }
        let collection = &endpoint.collection;
        if request.operation == Operation::List {
            return self.list(endpoint, &request.query).await;
        }
        no_parameters(&request.query)?;
        let draft = match request.operation {
            Operation::List | Operation::Get => {
                let key = request.key.as_deref().unwrap_or_default();
                return self.readers.inline(|rows| Ok(Outcome::row(200, get(collection, key, rows)?)));
            }
            Operation::Create => Draft::create(collection, &request.body)?,
            Operation::Replace => Draft::replace(collection, request.key(), &request.body)?,
            Operation::Update => Draft::update(collection, request.key(), &request.body)?,
            Operation::Delete => Draft::delete(collection, request.key())?,
        };
        let endpoint = Arc::clone(endpoint);
        let plugin = endpoint.collection.plugin.clone();
        let written = self.writer.run(&plugin, Box::new(move |rows, clock| draft.apply(&endpoint.collection, clock, rows))).await?;
        Ok(Outcome::written(written))
    }

    /// How many rows a collection has. Counting takes the longer the more there are, so never where it is asked for.
    ///
    /// # Errors
    /// As [`Serving::run`].
    pub async fn total(&self, endpoint: &Arc<Endpoint>, query: &str) -> Result<u64, CallError> {
        if let Readiness::NotReady { .. } = &endpoint.readiness {
            return Err(CallError::NotReady(Arc::clone(endpoint)));
        }
        no_parameters(query)?;
        let count = Count { table: endpoint.collection.table.clone(), conditions: Vec::new() };
        self.readers.queued(move |rows| Ok(rows.count(&count)?)).await
    }

    async fn list(&self, endpoint: &Arc<Endpoint>, query: &str) -> Result<Outcome, CallError> {
        let query = Arc::new(ListQuery::parse(&endpoint.collection, query)?);
        let whole = {
            let (endpoint, query) = (Arc::clone(endpoint), Arc::clone(&query));
            move |rows: &mut dyn Connection| in_transaction(rows, |rows| list(&endpoint.collection, &query, WHOLE_BYTES, rows))
        };
        let listing = if query.is_cheap(&endpoint.collection) { self.readers.inline(whole)? } else { self.readers.queued(whole).await? };
        match listing {
            Some(listing) => Ok(Outcome::listing(listing)),
            None => self.streams.begin(Arc::clone(endpoint), query).await.map(Outcome::pieces),
        }
    }
}

/// Several statements that see one state of the database.
fn in_transaction<T>(connection: &mut dyn Connection, read: impl FnOnce(&mut dyn Rows) -> Result<T, RecordError>) -> Result<T, CallError> {
    connection.begin()?;
    let answer = read(connection);
    // Nothing was written: ending the transaction either way changes nothing, but a connection that cannot end one must not be kept.
    connection.rollback()?;
    Ok(answer?)
}
