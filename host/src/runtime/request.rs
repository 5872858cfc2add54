//! What a handler call needs from the rest of the house, and what comes of it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::model::{PluginName, Problem, Value};

/// The request that a handler is given, read on demand: nothing is copied into the guest that it does not ask for.
#[derive(Debug)]
pub struct Incoming {
    /// As the answer's header `x-request-id` has it.
    pub id: String,
    /// Upper case.
    pub method: String,
    /// Below `/api/v1`, with a slash before, without the query string; percent-encoded.
    pub path: String,
    /// What the path's captures caught, percent-decoded.
    pub params: Vec<(String, String)>,
    /// The query string, percent-encoded and without its question mark.
    pub query: String,
    /// The headers that a plugin may see.
    pub headers: Box<dyn Headers>,
    /// The body; empty where there is none.
    pub body: Bytes,
    /// The body's media type.
    pub media_type: String,
}

/// Headers, wherever they are kept.
pub trait Headers: Send + Sync + fmt::Debug {
    /// The header of that lower-case name; several are joined by `, `. None for one that no plugin is shown.
    fn header(&self, name: &str) -> Option<String>;
}

/// No headers at all.
#[derive(Debug, Clone, Copy)]
pub struct NoHeaders;

impl Headers for NoHeaders {
    fn header(&self, _: &str) -> Option<String> {
        None
    }
}

/// Why a context does not do what a handler asks for.
#[derive(Debug)]
pub enum Refused {
    /// The handler hears it and may go on.
    Problem(Problem),
    /// The call's time is over.
    Deadline,
    /// The call cannot go on; the context keeps the reason.
    Over,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What a context answers.
pub type Asked<T> = Result<T, Refused>;

/// Bytes from the host, and what it knows about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// JSON; none for a list that is too large to be kept, which [`RequestContext::collect`] reads after all.
    pub body: Option<Bytes>,
    /// What is known of it.
    pub about: About,
}

/// What the host knows about a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// 1 for an object, n for an array.
    pub rows: Option<u64>,
    /// Rows of the whole list, where it was counted.
    pub total: Option<u64>,
    /// The query string of the list's next part.
    pub next: Option<String>,
    /// The path of the row that is new, from the first slash on.
    pub location: Option<String>,
    /// The path of the list that `next` belongs to, from the first slash on.
    pub list: Option<String>,
}

/// What the host itself would answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// HTTP status.
    pub status: u16,
    /// The body; none for an empty answer.
    pub body: Option<Found>,
}

/// Carries out what one handler call asks for, inside one transaction.
///
/// Called synchronously from inside the guest's call, in the order of the guest's calls.
pub trait RequestContext: Send {
    /// Milliseconds since the Unix epoch, the same for the whole call.
    fn now_ms(&mut self) -> u64;

    /// A new ULID, later than every one before it in this call.
    fn new_id(&mut self) -> String;

    /// A declared setting; the outer none for one that the plugin did not declare.
    fn setting(&self, key: &str) -> Option<Option<String>>;

    /// What the host would answer to the collection operation in hand, with another body if one is given, and with columns that only the
    /// plugin gives, as a JSON object.
    fn forward(&mut self, body: Option<Bytes>, computed: Option<Bytes>) -> Asked<Forwarded>;

    /// Reads a list that was too large to be kept, if it has at most so many bytes.
    fn collect(&mut self, most_bytes: usize) -> Asked<Option<Bytes>>;

    /// Rows of a collection.
    fn list(&mut self, collection: &str, query: &str) -> Asked<Found>;

    /// One row.
    fn get(&mut self, collection: &str, key: &str) -> Asked<Found>;

    /// The rows with these keys, in their order.
    fn get_many(&mut self, collection: &str, keys: &[String]) -> Asked<Found>;

    /// Adds a row.
    fn create(&mut self, collection: &str, body: &[u8]) -> Asked<Found>;

    /// Replaces a row.
    fn replace(&mut self, collection: &str, key: &str, body: &[u8]) -> Asked<Found>;

    /// Changes a row by a merge patch.
    fn update(&mut self, collection: &str, key: &str, patch: &[u8]) -> Asked<Found>;

    /// Deletes a row.
    fn delete(&mut self, collection: &str, key: &str) -> Asked<()>;

    /// Runs a query; answers a JSON array of objects and the number of rows.
    fn query(&mut self, sql: &str, params: &[Value]) -> Asked<(Vec<u8>, u64)>;

    /// Runs a query; answers its first row.
    fn row(&mut self, sql: &str, params: &[Value]) -> Asked<Option<Vec<Value>>>;

    /// Runs one statement; answers the rows that the statement itself changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Asked<u64>;

    /// Runs one statement for many rows of parameters, all or nothing; answers the rows that it changed together.
    fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Asked<u64>;
}

/// One call of `handlers.handle`.
#[derive(Debug, Clone, Copy)]
pub struct HandlerCall<'a> {
    /// The plugin, for the log.
    pub plugin: &'a PluginName,
    /// `orders.create`, or a route's name.
    pub operation: &'a str,
    /// How long it may take, SQL included: processor time of the thread, and [`by_the_clock`](crate::model::time::by_the_clock) some more.
    pub time: Duration,
    /// [`processor_time`](crate::model::time::processor_time) when it began.
    pub began: Duration,
}

/// What a handler answered; a promise kept, and no more: whether its status and headers can be sent is checked by who sends them.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// As the guest gave them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<AnswerBody>,
}

/// The body of a handler's answer.
#[derive(Debug, PartialEq, Eq)]
pub struct AnswerBody {
    /// As given by whoever made it.
    pub media_type: String,
    /// The content; none for the large list that the host itself is to send.
    pub content: Option<Bytes>,
    /// What the host knows about it.
    pub about: About,
}
