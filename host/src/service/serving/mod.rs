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

mod answer;
mod answers;
mod call;
mod clock;
mod connections;
mod context;
mod endpoint;
mod group;
mod handler;
mod handling;
mod lane;
mod pace;
mod query;
mod rank;
mod readers;
mod renewal;
mod stream;
mod strikes;
#[cfg(test)]
pub(crate) mod tests;
mod told;
mod trouble;
mod turns;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use self::answers::Answers;
use self::call::link;
pub use self::call::{CallError, Content, Operation, Outcome, Request};
pub use self::clock::SystemClock;
pub use self::connections::{Connection, Connections, StatementError};
pub use self::endpoint::{Endpoint, MadeFor, PREFIX, PluginState, Readiness, RouteEndpoint, Snapshot, upgrade_command};
pub use self::handler::{Handler, HandlerTimes, HandlingPlugin};
use self::handling::Handling;
pub use self::handling::Target;
use self::lane::{INLINE, Route, SHARED};
use self::rank::Rank;
pub use self::readers::ReaderOptions;
use self::readers::{Pool, Readers};
use self::renewal::{Asked, Renewal};
use self::stream::Streams;
pub use self::stream::{Broken, Pieces, StreamOptions};
pub use self::trouble::Troubles;
use self::writer::Work;
use self::writer::Writer;
pub use self::writer::WriterOptions;
use crate::model::query::Count;
pub use crate::records::{
    Clock, Collection, DEFAULT_LIMIT, Field, MAX_LIMIT, MAX_PAGE, MAX_TAG_LENGTH, MAX_TAGS, RESERVED, RowsError, cursor_pattern,
    no_parameters,
};
use crate::records::{Draft, ListQuery, RecordError, Removal, Rows, get, list};
pub use crate::runtime::{Headers, Incoming};

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
    renewal: Renewal,
    clock: Arc<dyn Clock>,
    readers: Readers,
    last: Readers,
    streams: Streams,
    writer: Writer,
    answers: Arc<Answers>,
    troubles: trouble::Shared,
}

impl Serving {
    /// Starts the threads. Connections are opened when they are first needed.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(
        connections: Arc<dyn Connections>,
        clock: Arc<dyn Clock>,
        snapshot: Snapshot,
        options: Options,
    ) -> Result<Self, StartError> {
        let pool = Pool::new(Arc::clone(&connections));
        let readers = Readers::start(Arc::clone(&pool), options.readers, "tenon-reader", Rank::Equal).map_err(StartError)?;
        // Of their own: a thread that gets what the others leave does not hold the lock of their connections.
        let pool_of_last = Pool::new(Arc::clone(&connections));
        let last = Readers::start(pool_of_last, options.readers, "tenon-last", Rank::Last).map_err(StartError)?;
        let writer = Writer::start(connections, Arc::clone(&clock), options.writer).map_err(StartError)?;
        let streams = Streams::new(pool, options.streams);
        let (snapshot, answers) = (ArcSwap::from_pointee(snapshot), Arc::new(Answers::of_all()));
        Ok(Self {
            snapshot,
            renewal: Renewal::default(),
            clock,
            readers,
            last,
            streams,
            writer,
            answers,
            troubles: trouble::Shared::default(),
        })
    }

    /// What is being served.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Serves something else from now on. Calls in flight end on what they began with.
    pub fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
        self.renewal.published();
    }

    /// Whom to tell that something else is served, before requests that wait for it go on.
    pub fn on_publish(&self, follow: impl Fn() + Send + Sync + 'static) {
        self.renewal.on_publish(follow);
    }

    /// Whom to tell that a request met a schema that its endpoint was not made for.
    pub fn on_change(&self, tell: impl Fn() + Send + Sync + 'static) {
        self.renewal.on_change(tell);
    }

    /// What keeps it from following the plugins folder and the database, for a health check.
    pub fn troubles(&self) -> Troubles {
        *self.troubles.lock()
    }

    /// Notes what keeps it from that, or that nothing does any more.
    pub fn note(&self, note: impl FnOnce(&mut Troubles)) {
        note(&mut self.troubles.lock());
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
        let mut asked = Asked::of(endpoint);
        loop {
            let endpoint = asked.endpoint();
            // New code may answer it itself; the next request finds its way.
            if endpoint.handlers.contains_key(&request.operation) {
                return Err(CallError::Busy);
            }
            match self.run_on(endpoint, request.clone()).await {
                Err(CallError::Changed) => asked.renew(self).await?,
                answer => return answer,
            }
        }
    }

    async fn run_on(&self, endpoint: &Arc<Endpoint>, request: Request) -> Result<Outcome, CallError> {
        endpoint.readiness.require(&endpoint.collection.plugin)?;
        let (collection, made_for) = (&endpoint.collection, endpoint.made_for);
        if request.operation == Operation::List {
            return self.list(endpoint, &request).await;
        }
        no_parameters(&request.query)?;
        let draft = match request.operation {
            Operation::List | Operation::Get => {
                let key = request.key.as_deref().unwrap_or_default();
                return self.readers.inline(|rows| {
                    let row = get(collection, key, rows);
                    // Afterwards: what is so now was so when the row was read, as far as anybody knew.
                    made_for.require(rows)?;
                    Ok(Outcome::row(200, row?))
                });
            }
            Operation::Create => Draft::create(collection, &request.body)?,
            Operation::Replace => Draft::replace(collection, request.key(), &request.body)?,
            Operation::Update => Draft::update(collection, request.key(), &request.body)?,
            Operation::Delete => return self.delete(endpoint, request.key()).await,
        };
        let collection = Arc::clone(collection);
        let plugin = collection.plugin.clone();
        let change =
            move |rows: &mut dyn Rows, clock: &dyn Clock| Ok(Outcome::written(&collection, draft.apply(&collection, clock, rows)?));
        self.writer.run(&plugin, Work::change(made_for, change)).await
    }

    async fn delete(&self, endpoint: &Endpoint, key: &str) -> Result<Outcome, CallError> {
        let (collection, removal) = (Arc::clone(&endpoint.collection), Removal::of(&endpoint.collection, key)?);
        let plugin = collection.plugin.clone();
        let change = move |rows: &mut dyn Rows, _: &dyn Clock| removal.apply(&collection, rows).map(|()| Outcome::empty());
        self.writer.run(&plugin, Work::change(endpoint.made_for, change)).await
    }

    /// Lets a plugin's handler answer a collection operation.
    ///
    /// # Errors
    /// As [`Serving::run`].
    pub async fn handle(&self, target: Target, incoming: Incoming) -> Result<Outcome, CallError> {
        let (mut asked, incoming) = (Asked::of(&target.endpoint), Arc::new(incoming));
        loop {
            let target = Target { endpoint: Arc::clone(asked.endpoint()), ..target.clone() };
            // New code may leave it to the host; the next request finds its way.
            let handler = asked.endpoint().handlers.get(&target.operation).ok_or(CallError::Busy)?;
            match self.handle_on(handler, target, Arc::clone(&incoming)).await {
                Err(CallError::Changed) => asked.renew(self).await?,
                answer => return answer,
            }
        }
    }

    async fn handle_on(&self, handler: &Arc<Handler>, target: Target, incoming: Arc<Incoming>) -> Result<Outcome, CallError> {
        target.endpoint.readiness.require(&target.endpoint.collection.plugin)?;
        let cheap = self::check(&target, handler, &incoming.query)?;
        handler.check(&incoming, true)?;
        let endpoint = Arc::clone(&target.endpoint);
        let mut answer = self.answer(self.handling(handler, Some(target), endpoint.made_for, Arc::clone(&incoming)), cheap).await;
        let outcome = match &mut answer {
            Ok(outcome) => outcome,
            Err(CallError::Refusal(outcome)) => &mut **outcome,
            Err(_) => return answer,
        };
        if let Some(query) = outcome.later.take() {
            let (next, pieces) = self.streams.begin(Arc::clone(&endpoint), query, &incoming.id).await?;
            let next = next.map(|next| query::with(next, &incoming.query, &handler.parameters));
            (outcome.body, outcome.link) = (Some(Content::Pieces(pieces)), link(&endpoint.collection, next));
        }
        answer
    }

    /// Lets a plugin's handler answer what is asked at a route.
    ///
    /// # Errors
    /// As [`Serving::run`].
    pub async fn route(&self, endpoint: &Arc<RouteEndpoint>, incoming: Incoming) -> Result<Outcome, CallError> {
        let (mut asked, incoming) = (Asked::of(endpoint), Arc::new(incoming));
        loop {
            let endpoint = asked.endpoint();
            endpoint.readiness.require(&endpoint.plugin)?;
            endpoint.handler.check(&incoming, false)?;
            match self.answer(self.handling(&endpoint.handler, None, endpoint.made_for, Arc::clone(&incoming)), true).await {
                Err(CallError::Changed) => asked.renew(self).await?,
                answer => return answer,
            }
        }
    }

    fn handling(&self, handler: &Arc<Handler>, target: Option<Target>, made_for: MadeFor, incoming: Arc<Incoming>) -> Handling {
        Handling::new(Arc::clone(handler), target, made_for, incoming, Arc::clone(&self.clock), Arc::clone(&self.answers))
    }

    async fn answer(&self, handling: Handling, cheap: bool) -> Result<Outcome, CallError> {
        if handling.handler().writes { self.handle_write(handling).await } else { self.handle_read(handling, cheap).await }
    }

    async fn handle_write(&self, handling: Handling) -> Result<Outcome, CallError> {
        let plugin = Arc::clone(&handling.handler().plugin);
        let place = plugin.wait_to_write()?;
        self.writer.run(&plugin.name, Work::handle(handling, place)).await
    }

    /// Where it is asked for as long as it is quick, then among those that take long, then on what the others leave.
    async fn handle_read(&self, handling: Handling, cheap: bool) -> Result<Outcome, CallError> {
        let handler = Arc::clone(handling.handler());
        let all = handler.plugin.times.read;
        let mut route = match handler.route() {
            Route::Inline if !cheap => Route::Shared,
            route => route,
        };
        loop {
            let (answer, time, next) = match route {
                Route::Inline => {
                    let time = INLINE.min(all);
                    (self.readers.lent(|connection| handling.read(connection, time)), time, Route::Shared)
                }
                Route::Shared => {
                    let time = SHARED.min(all);
                    (self.wait(&self.readers, handling.clone(), time).await, time, Route::Last)
                }
                Route::Last => return self.wait(&self.last, handling, all).await,
            };
            let Err(CallError::TooLong { worked, .. }) = &answer else { return answer };
            if *worked {
                handler.overran();
            }
            // It had all that its plugin has.
            if time == all {
                return answer;
            }
            // Where it only waited, others had the processor or the disk meanwhile, which says nothing of the handler.
            route = if *worked { Route::Last } else { next };
        }
    }

    async fn wait(&self, readers: &Readers, handling: Handling, time: Duration) -> Result<Outcome, CallError> {
        let place = handling.handler().plugin.wait()?;
        let plugin = handling.handler().plugin.name.clone();
        let read = move |pool: &Pool| {
            let _place = place;
            pool.lend(|connection| handling.read(connection, time))
        };
        readers.queued(&plugin, read).await
    }

    /// How many rows a collection has. Counting takes the longer the more there are, so never where it is asked for.
    ///
    /// # Errors
    /// As [`Serving::run`].
    pub async fn total(&self, endpoint: &Arc<Endpoint>, query: &str) -> Result<u64, CallError> {
        no_parameters(query)?;
        let mut asked = Asked::of(endpoint);
        loop {
            let endpoint = asked.endpoint();
            endpoint.readiness.require(&endpoint.collection.plugin)?;
            let count = Count { table: endpoint.collection.table.clone(), conditions: Vec::new() };
            let made_for = endpoint.made_for;
            let count = move |rows: &mut dyn Rows| Ok(rows.count(&count)?);
            let counted =
                self.readers.queued(&endpoint.collection.plugin, move |pool| pool.with(|rows| in_transaction(rows, made_for, count)));
            match counted.await {
                Err(CallError::Changed) => asked.renew(self).await?,
                answer => return answer,
            }
        }
    }

    async fn list(&self, endpoint: &Arc<Endpoint>, request: &Request) -> Result<Outcome, CallError> {
        let query = Arc::new(ListQuery::parse(&endpoint.collection, &request.query)?);
        let whole = {
            let (endpoint, query) = (Arc::clone(endpoint), Arc::clone(&query));
            let made_for = endpoint.made_for;
            move |rows: &mut dyn Connection| in_transaction(rows, made_for, |rows| list(&endpoint.collection, &query, WHOLE_BYTES, rows))
        };
        let listing = if query.is_cheap(&endpoint.collection) {
            self.readers.inline(whole)?
        } else {
            self.readers.queued(&endpoint.collection.plugin, |pool| pool.with(whole)).await?
        };
        match listing {
            Some(listing) => Ok(Outcome::listing(&endpoint.collection, listing)),
            None => Ok(Outcome::pieces(&endpoint.collection, self.streams.begin(Arc::clone(endpoint), query, &request.id).await?)),
        }
    }
}

/// Refuses a query string that the standard endpoint would refuse, so that nobody can tell the two apart; answers whether the request
/// costs no more than the rows that it shows.
fn check(target: &Target, handler: &Handler, query: &str) -> Result<bool, CallError> {
    let query = query::without(query, &handler.parameters);
    if target.operation != Operation::List {
        no_parameters(&query)?;
        return Ok(true);
    }
    Ok(ListQuery::parse(&target.endpoint.collection, &query)?.is_cheap(&target.endpoint.collection))
}

/// Several statements that see one state of the database.
fn in_transaction<T>(
    connection: &mut dyn Connection,
    made_for: MadeFor,
    read: impl FnOnce(&mut dyn Rows) -> Result<T, RecordError>,
) -> Result<T, CallError> {
    connection.begin()?;
    let answer = made_for.require(connection).and_then(|()| Ok(read(connection)?));
    // Nothing was written: ending the transaction either way changes nothing, but a connection that cannot end one must not be kept.
    connection.rollback()?;
    answer
}
