//! What a handler finds in its call: the record engine on its own collections and SQL on its own tables, in one transaction.

use std::sync::Arc;

use bytes::Bytes;

use super::call::{CallError, collection_path};
use super::connections::{Connection, StatementError};
use super::handler::Handler;
use super::handling::Target;
use super::told::Told;
use super::{WHOLE_BYTES, query};
use crate::model::{CollectionOperation, PluginName, Problem, Value};
use crate::records::{
    Clock, Collection, Draft, ListQuery, Listing, RecordError, Removal, RowsError, Written, get, list, no_parameters, not_computed,
};
use crate::runtime::{About, Asked, Forwarded, Found, Incoming, Refused, RequestContext};

/// One call's context.
pub(super) struct CallContext {
    connection: Box<dyn Connection>,
    handler: Arc<Handler>,
    target: Option<Target>,
    incoming: Arc<Incoming>,
    clock: CallClock,
    writes: bool,
    /// On a connection that reads: whether its transaction was begun. It is when it is first needed.
    begun: bool,
    failure: Option<CallError>,
    /// The list that the host itself sends, if the handler passes it on.
    later: Option<Arc<ListQuery>>,
    told: Told,
}

/// What is left of a call's context.
pub(super) struct Finished {
    pub(super) connection: Box<dyn Connection>,
    /// What ended the call.
    pub(super) failure: Option<CallError>,
    /// The list that is to be sent.
    pub(super) later: Option<Arc<ListQuery>>,
    /// What the handler was told of its statements.
    pub(super) told: Told,
}

/// Time stands still in a call; ids do not.
struct CallClock {
    clock: Arc<dyn Clock>,
    now: i64,
}

impl Clock for CallClock {
    fn now_ms(&self) -> i64 {
        self.now
    }

    fn new_id(&self) -> String {
        self.clock.new_id()
    }
}

impl CallContext {
    /// A context on a connection: one that writes is inside its transaction, one that reads is not.
    pub(super) fn new(
        connection: Box<dyn Connection>,
        handler: Arc<Handler>,
        target: Option<Target>,
        incoming: Arc<Incoming>,
        clock: Arc<dyn Clock>,
        writes: bool,
    ) -> Self {
        let clock = CallClock { now: clock.now_ms(), clock };
        Self { connection, handler, target, incoming, clock, writes, begun: writes, failure: None, later: None, told: Told::default() }
    }

    pub(super) fn finish(self) -> Finished {
        Finished { connection: self.connection, failure: self.failure, later: self.later, told: self.told }
    }

    /// Refuses what is asked once the call is over. Before that the connection is inside its transaction.
    fn require_transaction(&mut self) -> Asked<()> {
        if self.failure.is_some() {
            return Err(Refused::Over);
        }
        if !self.begun {
            if let Err(error) = self.connection.begin() {
                return Err(self.over(error.into()));
            }
            self.begun = true;
        }
        Ok(())
    }

    /// Ends the call. Only a problem is the handler's to hear.
    fn over(&mut self, error: RecordError) -> Refused {
        match error {
            RecordError::Problem(problem) => Refused::Problem(problem),
            RecordError::Deadline => {
                // A stopped write took its transaction with it; nothing more may run on the connection in this call.
                self.failure = Some(CallError::Busy);
                Refused::Deadline
            }
            other => {
                self.failure = Some(other.into());
                Refused::Over
            }
        }
    }

    /// What the handler hears of a result. When the database took the transaction away meanwhile, the call is over, whatever came of it;
    /// `lost` is what a problem means then.
    fn heard<T>(&mut self, result: Result<T, RecordError>, lost: impl FnOnce(Problem) -> CallError) -> Asked<T> {
        if !self.connection.is_lost() {
            return result.map_err(|error| self.over(error));
        }
        let failure = match result {
            Ok(_) => CallError::Fault("the transaction was ended by the database".into()),
            Err(RecordError::Problem(problem)) => lost(problem),
            Err(error) => return Err(self.over(error)),
        };
        self.failure = Some(failure);
        Err(Refused::Over)
    }

    /// Runs a verb on the rows.
    fn verb<T>(&mut self, verb: impl FnOnce(&mut dyn Connection, &dyn Clock) -> Result<T, RecordError>) -> Asked<T> {
        self.require_transaction()?;
        let result = verb(&mut *self.connection, &self.clock);
        // The host's own words, which the client would have been told without the plugin, too.
        self.heard(result, CallError::Problem)
    }

    /// Runs a statement of the plugin's.
    fn statement<T>(&mut self, statement: impl FnOnce(&mut dyn Connection, &PluginName) -> Result<T, StatementError>) -> Asked<T> {
        self.require_transaction()?;
        let handler = Arc::clone(&self.handler);
        let result = statement(&mut *self.connection, &handler.plugin.name).map_err(|error| match error {
            StatementError::Problem(problem) => RecordError::Problem(problem),
            // The plugin's own text broke it; what a constraint is was said as a problem.
            StatementError::Rows(violation @ RowsError::Violation(_)) => RecordError::Fault(Box::new(violation)),
            StatementError::Rows(error) => error.into(),
        });
        let ended = |problem| CallError::Ended { operation: handler.operation.clone(), problem: Box::new(problem) };
        let answer = self.heard(result, ended);
        if let Err(Refused::Problem(problem)) = &answer {
            self.told.hear(problem);
        }
        answer
    }

    /// A collection of the plugin's own.
    fn collection(&self, name: &str) -> Asked<Arc<Collection>> {
        let found = self.handler.plugin.collections.get(name).cloned();
        found.ok_or_else(|| {
            let name = crate::model::text::printable(name, 60);
            Problem::new(422, "unknown-collection", format!("the plugin has no collection {name:?}; `records` knows only its own")).into()
        })
    }

    fn require_writes(&self) -> Asked<()> {
        if self.writes {
            return Ok(());
        }
        let detail = "this request only reads: a GET never writes, and a handler of `list` or `get` does not either";
        Err(Problem::new(403, "read-only", detail).into())
    }

    fn write(&mut self, collection: &Collection, draft: &Draft) -> Asked<Written> {
        self.require_writes()?;
        self.verb(|connection, clock| draft.apply(collection, clock, connection))
    }

    fn remove(&mut self, collection: &Collection, removal: &Removal) -> Asked<()> {
        self.require_writes()?;
        self.verb(|connection, _| removal.apply(collection, connection))
    }

    fn read_list(&mut self, collection: &Collection, query: &ListQuery, most_bytes: usize) -> Asked<Option<Listing>> {
        self.verb(|connection, _| list(collection, query, most_bytes, connection))
    }
}

fn found_row(body: Vec<u8>) -> Found {
    Found { body: Some(body.into()), about: About { rows: Some(1), ..About::default() } }
}

fn found_written(collection: &Collection, written: Written) -> Found {
    let mut found = found_row(written.body);
    found.about.location = written.created.map(|key| format!("{}/{key}", collection_path(collection)));
    found
}

fn found_list(collection: &Collection, listing: Listing) -> Found {
    let about = About {
        rows: Some(listing.rows),
        total: listing.total,
        list: listing.next.is_some().then(|| collection_path(collection)),
        next: listing.next,
        location: None,
    };
    Found { body: Some(listing.body.into()), about }
}

impl RequestContext for CallContext {
    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.clock.now).unwrap_or(0)
    }

    fn new_id(&mut self) -> String {
        self.clock.new_id()
    }

    fn setting(&self, key: &str) -> Option<Option<String>> {
        self.handler.plugin.settings.get(key).cloned()
    }

    fn forward(&mut self, body: Option<Bytes>, computed: Option<Bytes>) -> Asked<Forwarded> {
        let Some(Target { endpoint, operation, key }) = self.target.clone() else {
            let detail = "records.forward answers an operation of a collection, and this request is for a route";
            return Err(Problem::new(409, "not-a-collection", detail).into());
        };
        let collection = &endpoint.collection;
        let own = endpoint.own_parameters(operation);
        let text = query::without(&self.incoming.query, own);
        let key = key.unwrap_or_default();
        if operation != CollectionOperation::List {
            no_parameters(&text)?;
        }
        let incoming = Arc::clone(&self.incoming);
        let body = body.unwrap_or_else(|| incoming.body.clone());
        if computed.is_some() && !operation.has_body() {
            return Err(not_computed().into());
        }
        let draft = match operation {
            CollectionOperation::List => {
                let parsed = Arc::new(ListQuery::parse(collection, &text)?);
                let mut found = match self.read_list(collection, &parsed, WHOLE_BYTES)? {
                    Some(listing) => found_list(collection, listing),
                    None => {
                        self.later = Some(parsed);
                        Found::default()
                    }
                };
                found.about.next = found.about.next.map(|next| query::with(next, &self.incoming.query, own));
                return Ok(Forwarded { status: 200, body: Some(found) });
            }
            CollectionOperation::Get => {
                let row = self.verb(|connection, _| get(collection, &key, connection))?;
                return Ok(Forwarded { status: 200, body: Some(found_row(row)) });
            }
            CollectionOperation::Create => Draft::create(collection, &body)?,
            CollectionOperation::Replace => Draft::replace(collection, &key, &body)?,
            CollectionOperation::Update => Draft::update(collection, &key, &body)?,
            CollectionOperation::Delete => {
                self.remove(collection, &Removal::of(collection, &key)?)?;
                return Ok(Forwarded { status: 204, body: None });
            }
        };
        let draft = match computed {
            Some(computed) => draft.with_computed(collection, &computed)?,
            None => draft,
        };
        let done = self.write(collection, &draft)?;
        Ok(Forwarded { status: done.status(), body: Some(found_written(collection, done)) })
    }

    fn collect(&mut self, most_bytes: usize) -> Asked<Option<Bytes>> {
        let (Some(target), Some(query)) = (self.target.clone(), self.later.clone()) else { return Ok(None) };
        let listing = self.read_list(&target.endpoint.collection, &query, most_bytes)?;
        Ok(listing.map(|listing| listing.body.into()))
    }

    fn list(&mut self, collection: &str, query: &str) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let query = ListQuery::parse(&collection, query)?;
        let most_bytes = self.handler.plugin.component.limits().memory_bytes;
        match self.read_list(&collection, &query, most_bytes)? {
            Some(listing) => Ok(found_list(&collection, listing)),
            None => {
                let detail = format!("the list has more than {most_bytes} bytes; ask for fewer rows with `limit`");
                Err(Problem::new(413, "too-large", detail).into())
            }
        }
    }

    fn get(&mut self, collection: &str, key: &str) -> Asked<Found> {
        let collection = self.collection(collection)?;
        Ok(found_row(self.verb(|connection, _| get(&collection, key, connection))?))
    }

    fn get_many(&mut self, collection: &str, keys: &[String]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let most_bytes = self.handler.plugin.component.limits().memory_bytes;
        let mut body = vec![b'['];
        for (index, key) in keys.iter().enumerate() {
            let row = self.verb(|connection, _| get(&collection, key, connection))?;
            body.extend((index > 0).then_some(b','));
            body.extend(row);
            if body.len() > most_bytes {
                let detail = format!("the rows have more than {most_bytes} bytes; ask for fewer at a time");
                return Err(Problem::new(413, "too-large", detail).into());
            }
        }
        body.push(b']');
        Ok(Found { body: Some(body.into()), about: About { rows: u64::try_from(keys.len()).ok(), ..About::default() } })
    }

    fn create(&mut self, collection: &str, body: &[u8]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let done = self.write(&collection, &Draft::create(&collection, body)?)?;
        Ok(found_written(&collection, done))
    }

    fn replace(&mut self, collection: &str, key: &str, body: &[u8]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let done = self.write(&collection, &Draft::replace(&collection, key, body)?)?;
        Ok(found_written(&collection, done))
    }

    fn update(&mut self, collection: &str, key: &str, patch: &[u8]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let done = self.write(&collection, &Draft::update(&collection, key, patch)?)?;
        Ok(found_written(&collection, done))
    }

    fn delete(&mut self, collection: &str, key: &str) -> Asked<()> {
        let collection = self.collection(collection)?;
        self.remove(&collection, &Removal::of(&collection, key)?)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Asked<(Vec<u8>, u64)> {
        self.statement(|connection, plugin| connection.query_as(plugin, sql, params))
    }

    fn row(&mut self, sql: &str, params: &[Value]) -> Asked<Option<Vec<Value>>> {
        self.statement(|connection, plugin| connection.row_as(plugin, sql, params))
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Asked<u64> {
        self.statement(|connection, plugin| connection.execute_as(plugin, sql, params))
    }

    fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Asked<u64> {
        self.statement(|connection, plugin| connection.execute_many_as(plugin, sql, rows))
    }
}
