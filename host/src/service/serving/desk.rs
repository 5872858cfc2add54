//! What a handler finds in its call: the record engine on its own collections and SQL on its own tables, in one transaction.

use std::sync::Arc;

use bytes::Bytes;

use super::call::{CallError, collection_path};
use super::connections::{Connection, StatementError};
use super::handler::HandlingPlugin;
use super::handling::Target;
use super::{WHOLE_BYTES, query};
use crate::model::{CollectionOperation, PluginName, Problem, Value};
use crate::records::{
    Clock, Collection, Draft, ListQuery, Listing, RecordError, RowsError, Written, get, list, no_parameters, not_computed,
};
use crate::runtime::{About, Asked, Forwarded, Found, Incoming, Refused, RequestContext};

/// One call's context.
pub(super) struct Desk {
    connection: Box<dyn Connection>,
    plugin: Arc<HandlingPlugin>,
    target: Option<Target>,
    incoming: Arc<Incoming>,
    clock: CallClock,
    writes: bool,
    /// On a connection that reads: whether its transaction was begun. It is when it is first needed.
    begun: bool,
    failure: Option<CallError>,
    /// The list that the host itself sends, if the handler passes it on.
    later: Option<Arc<ListQuery>>,
    /// What the handler was told last of a statement that is no SQL, or for which it lacks a right.
    told: Option<Problem>,
}

/// What is left of a call's context.
pub(super) struct Finished {
    pub(super) connection: Box<dyn Connection>,
    /// What ended the call.
    pub(super) failure: Option<CallError>,
    /// The list that is to be sent.
    pub(super) later: Option<Arc<ListQuery>>,
    /// What the handler was told last of a statement that is no SQL, or for which it lacks a right.
    pub(super) told: Option<Problem>,
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

impl Desk {
    /// A desk on a connection: one that writes is inside its transaction, one that reads is not.
    pub(super) fn new(
        connection: Box<dyn Connection>,
        plugin: Arc<HandlingPlugin>,
        target: Option<Target>,
        incoming: Arc<Incoming>,
        clock: Arc<dyn Clock>,
        writes: bool,
    ) -> Self {
        let clock = CallClock { now: clock.now_ms(), clock };
        Self { connection, plugin, target, incoming, clock, writes, begun: writes, failure: None, later: None, told: None }
    }

    pub(super) fn finish(self) -> Finished {
        Finished { connection: self.connection, failure: self.failure, later: self.later, told: self.told }
    }

    /// The connection, inside its transaction, as long as that stands.
    fn rows(&mut self) -> Asked<&mut dyn Connection> {
        if self.failure.is_some() {
            return Err(Refused::Over);
        }
        if !self.begun {
            if let Err(error) = self.connection.begin() {
                return Err(self.over(error.into()));
            }
            self.begun = true;
        }
        Ok(&mut *self.connection)
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

    /// Runs a verb on the rows. When the database took the transaction away meanwhile, the call is over, whatever came of the verb.
    fn verb<T>(&mut self, verb: impl FnOnce(&mut dyn Connection, &dyn Clock) -> Result<T, RecordError>) -> Asked<T> {
        self.rows()?;
        let result = verb(&mut *self.connection, &self.clock);
        match result {
            Ok(_) if self.connection.is_lost() => Err(self.over(RecordError::Fault("the transaction was ended by the database".into()))),
            Ok(value) => Ok(value),
            Err(RecordError::Problem(problem)) if self.connection.is_lost() => Err(self.over(RecordError::Fault(problem.into()))),
            Err(error) => Err(self.over(error)),
        }
    }

    /// Runs a statement of the plugin's.
    fn statement<T>(&mut self, statement: impl FnOnce(&mut dyn Connection, &PluginName) -> Result<T, StatementError>) -> Asked<T> {
        let plugin = Arc::clone(&self.plugin);
        let answer = self.verb(|connection, _| {
            statement(connection, &plugin.name).map_err(|error| match error {
                StatementError::Problem(problem) => RecordError::Problem(problem),
                // The plugin's own text broke it; what a constraint is was said as a problem.
                StatementError::Rows(violation @ RowsError::Violation(_)) => RecordError::Fault(Box::new(violation)),
                StatementError::Rows(error) => error.into(),
            })
        });
        if let Err(Refused::Problem(problem)) = &answer
            && matches!(problem.code.as_str(), "sql" | "not-granted")
        {
            self.told = Some(problem.clone());
        }
        answer
    }

    /// A collection of the plugin's own.
    fn collection(&self, name: &str) -> Asked<Arc<Collection>> {
        let found = self.plugin.collections.get(name).cloned();
        found.ok_or_else(|| {
            let name = crate::model::text::printable(name, 60);
            Problem::new(422, "unknown-collection", format!("the plugin has no collection {name:?}; `records` knows only its own")).into()
        })
    }

    fn apply(&mut self, collection: &Collection, draft: &Draft) -> Asked<Written> {
        if !self.writes {
            let detail = "this request only reads: a GET never writes, and a handler of `list` or `get` does not either";
            return Err(Problem::new(403, "read-only", detail).into());
        }
        self.verb(|connection, clock| draft.apply(collection, clock, connection))
    }

    fn listed(&mut self, collection: &Collection, query: &ListQuery, most_bytes: usize) -> Asked<Option<Listing>> {
        self.verb(|connection, _| list(collection, query, most_bytes, connection))
    }
}

fn one_row(body: Vec<u8>) -> Found {
    Found { body: Some(body.into()), about: About { rows: Some(1), ..About::default() } }
}

fn written(collection: &Collection, written: Written) -> Option<Found> {
    let mut found = one_row(written.body?);
    found.about.location = written.created.map(|key| format!("{}/{key}", collection_path(collection)));
    Some(found)
}

fn listed(collection: &Collection, listing: Listing) -> Found {
    let about = About {
        rows: Some(listing.rows),
        total: listing.total,
        list: listing.next.is_some().then(|| collection_path(collection)),
        next: listing.next,
        location: None,
    };
    Found { body: Some(listing.body.into()), about }
}

fn vanished() -> Refused {
    Problem::new(500, "internal", "a row that was written could not be read").into()
}

impl RequestContext for Desk {
    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.clock.now).unwrap_or(0)
    }

    fn new_id(&mut self) -> String {
        self.clock.new_id()
    }

    fn setting(&self, key: &str) -> Option<Option<String>> {
        self.plugin.settings.get(key).cloned()
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
                let mut found = match self.listed(collection, &parsed, WHOLE_BYTES)? {
                    Some(listing) => listed(collection, listing),
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
                return Ok(Forwarded { status: 200, body: Some(one_row(row)) });
            }
            CollectionOperation::Create => Draft::create(collection, &body)?,
            CollectionOperation::Replace => Draft::replace(collection, &key, &body)?,
            CollectionOperation::Update => Draft::update(collection, &key, &body)?,
            CollectionOperation::Delete => Draft::delete(collection, &key)?,
        };
        let draft = match computed {
            Some(computed) => draft.with_computed(collection, &computed)?,
            None => draft,
        };
        let done = self.apply(collection, &draft)?;
        let status = done.status();
        Ok(Forwarded { status, body: written(collection, done) })
    }

    fn collect(&mut self, most_bytes: usize) -> Asked<Option<Bytes>> {
        let (Some(target), Some(query)) = (self.target.clone(), self.later.clone()) else { return Ok(None) };
        let listing = self.listed(&target.endpoint.collection, &query, most_bytes)?;
        Ok(listing.map(|listing| listing.body.into()))
    }

    fn list(&mut self, collection: &str, query: &str) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let query = ListQuery::parse(&collection, query)?;
        let most_bytes = self.plugin.component.limits().memory_bytes;
        match self.listed(&collection, &query, most_bytes)? {
            Some(listing) => Ok(listed(&collection, listing)),
            None => {
                let detail = format!("the list has more than {most_bytes} bytes; ask for fewer rows with `limit`");
                Err(Problem::new(413, "too-large", detail).into())
            }
        }
    }

    fn get(&mut self, collection: &str, key: &str) -> Asked<Found> {
        let collection = self.collection(collection)?;
        Ok(one_row(self.verb(|connection, _| get(&collection, key, connection))?))
    }

    fn get_many(&mut self, collection: &str, keys: &[String]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let most_bytes = self.plugin.component.limits().memory_bytes;
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
        let done = self.apply(&collection, &Draft::create(&collection, body)?)?;
        written(&collection, done).ok_or_else(vanished)
    }

    fn replace(&mut self, collection: &str, key: &str, body: &[u8]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let done = self.apply(&collection, &Draft::replace(&collection, key, body)?)?;
        written(&collection, done).ok_or_else(vanished)
    }

    fn update(&mut self, collection: &str, key: &str, patch: &[u8]) -> Asked<Found> {
        let collection = self.collection(collection)?;
        let done = self.apply(&collection, &Draft::update(&collection, key, patch)?)?;
        written(&collection, done).ok_or_else(vanished)
    }

    fn delete(&mut self, collection: &str, key: &str) -> Asked<()> {
        let collection = self.collection(collection)?;
        self.apply(&collection, &Draft::delete(&collection, key)?).map(drop)
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
