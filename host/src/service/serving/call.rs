//! One call: what is asked, what came of it, and why it did not.

use std::sync::Arc;

pub use crate::model::CollectionOperation as Operation;

use super::endpoint::Endpoint;
use super::stream::Pieces;
use crate::model::Problem;
use crate::records::{Listing, RecordError, RowsError, Written};

/// What is asked of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The operation.
    pub operation: Operation,
    /// The key as it stands in the path, still percent-encoded; none for operations on the whole collection.
    pub key: Option<String>,
    /// The query string, percent-encoded and without its question mark.
    pub query: String,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    pub(super) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }
}

/// JSON that is answered.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Vec<u8>),
    /// A list that is too large to be kept.
    Pieces(Pieces),
}

#[cfg(test)]
impl Content {
    /// What is answered whole.
    pub(crate) fn whole(&self) -> &[u8] {
        let Self::Whole(bytes) = self else { panic!("it comes in pieces") };
        bytes
    }
}

/// What came of a call that did what was asked.
#[derive(Debug, Default)]
pub struct Outcome {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// Further headers, lower case. Empty for the record engine's answers; handlers may set some.
    pub headers: Vec<(String, String)>,
    /// JSON; none for an empty answer.
    pub body: Option<Content>,
    /// The key of a row that is new, as a path writes it.
    pub created: Option<String>,
    /// The query string of a list's next part.
    pub next: Option<String>,
}

impl Outcome {
    pub(super) fn row(status: u16, body: Vec<u8>) -> Self {
        Self { status, body: Some(Content::Whole(body)), ..Self::default() }
    }

    pub(super) fn listing(listing: Listing) -> Self {
        Self { next: listing.next, ..Self::row(200, listing.body) }
    }

    pub(super) fn pieces((next, pieces): (Option<String>, Pieces)) -> Self {
        Self { status: 200, body: Some(Content::Pieces(pieces)), next, ..Self::default() }
    }

    pub(super) fn written(written: Written) -> Self {
        let status = match (&written.created, &written.body) {
            (Some(_), _) => 201,
            (None, Some(_)) => 200,
            (None, None) => 204,
        };
        Self { status, body: written.body.map(Content::Whole), created: written.created, ..Self::default() }
    }
}

/// Why a call did not do what was asked. In every case nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Meant for the caller to read.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The plugin is not ready; its [`super::Readiness`] says why.
    #[error("plugin {} is not ready", .0.collection.plugin)]
    NotReady(Arc<Endpoint>),
    /// Too much waits already, or the database is held by another process. Worth trying again in a second.
    #[error("the database has too much to do")]
    Busy,
    /// There is no room left where the database lies. Reads go on.
    #[error("the disk is full")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours; the cause belongs in the log.
    #[error("the call failed inside")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<RecordError> for CallError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Problem(problem) => Self::Problem(problem),
            RecordError::Busy => Self::Busy,
            RecordError::Full(cause) => Self::Full(cause),
            RecordError::Fault(cause) => Self::Fault(cause),
        }
    }
}

impl From<RowsError> for CallError {
    fn from(error: RowsError) -> Self {
        RecordError::from(error).into()
    }
}

/// The code that ran panicked; its message is all that is known.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(super) struct Panicked(String);

impl Panicked {
    pub(super) fn because(payload: &(dyn std::any::Any + Send)) -> CallError {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned());
        CallError::Fault(Box::new(Self(text.unwrap_or_else(|| "without a message".to_owned()))))
    }
}

/// A thread that should answer is gone.
#[derive(Debug, thiserror::Error)]
#[error("the thread that should have answered ended")]
pub(super) struct Gone;
