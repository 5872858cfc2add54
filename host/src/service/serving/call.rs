//! One call: what is asked, what came of it, and why it did not.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use crate::model::CollectionOperation as Operation;

use super::endpoint::PREFIX;
use super::stream::{Begun, Pieces};
use crate::model::{PluginName, Problem};
use crate::records::{Collection, ListQuery, Listing, RecordError, RowsError, Written};
use crate::runtime;

/// What is asked of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// As the answer's header `x-request-id` has it; for the log.
    pub id: String,
    /// The operation.
    pub operation: Operation,
    /// The key as it stands in the path, still percent-encoded; none for operations on the whole collection.
    pub key: Option<String>,
    /// The query string, percent-encoded and without its question mark.
    pub query: String,
    /// The body; empty where there is none.
    pub body: Bytes,
}

impl Request {
    pub(super) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }
}

/// A body that is answered.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Bytes),
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
#[derive(Debug)]
pub struct Outcome {
    /// HTTP status, 200 to 299; of a handler's own refusal 400 to 599.
    pub status: u16,
    /// Further headers, lower case. Empty for the record engine's answers; handlers may set some.
    pub headers: Vec<(String, String)>,
    /// Of the body.
    pub media_type: Cow<'static, str>,
    /// The body; none for an empty answer.
    pub body: Option<Content>,
    /// The path of a row that is new.
    pub location: Option<String>,
    /// The path and query string of a list's next part.
    pub link: Option<String>,
    /// A list that the host sends although a handler answered.
    pub(super) later: Option<Arc<ListQuery>>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            media_type: Cow::Borrowed("application/json"),
            body: None,
            location: None,
            link: None,
            later: None,
        }
    }
}

impl Outcome {
    pub(super) fn row(status: u16, body: Vec<u8>) -> Self {
        Self { status, body: Some(Content::Whole(body.into())), ..Self::default() }
    }

    pub(super) fn listing(collection: &Collection, listing: Listing) -> Self {
        Self { link: link(collection, listing.next), ..Self::row(200, listing.body) }
    }

    pub(super) fn pieces(collection: &Collection, (next, pieces): Begun) -> Self {
        Self { body: Some(Content::Pieces(pieces)), link: link(collection, next), ..Self::default() }
    }

    pub(super) fn empty() -> Self {
        Self { status: 204, ..Self::default() }
    }

    pub(super) fn written(collection: &Collection, written: Written) -> Self {
        Self {
            status: written.status(),
            location: written.created.map(|key| format!("{}/{key}", collection_path(collection))),
            body: Some(Content::Whole(written.body.into())),
            ..Self::default()
        }
    }
}

/// The path of a collection.
pub(super) fn collection_path(collection: &Collection) -> String {
    format!("{PREFIX}{}", collection.path)
}

pub(super) fn link(collection: &Collection, next: Option<String>) -> Option<String> {
    next.map(|next| format!("{}?{next}", collection_path(collection)))
}

/// Why a call did not do what was asked. In every case nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Meant for the caller to read.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The plugin is not ready; see [`super::Readiness`].
    #[error("{reason}; run `{command}`")]
    NotReady {
        /// The plugin.
        plugin: PluginName,
        /// Why, for a person.
        reason: String,
        /// The command that helps.
        command: String,
    },
    /// The schema is not the one that the endpoint was made for.
    #[error("the database's schema was just changed")]
    Changed,
    /// Too much waits already, or the database is held by another process. Worth trying again in a second.
    #[error("the database has too much to do")]
    Busy,
    /// So much waits already, or runs, that no more is taken. Worth trying again in a second.
    #[error("{0}")]
    Crowded(String),
    /// It took longer than it may.
    #[error("{operation} took longer than {} ms and was stopped (limit `{setting}`)", .limit.as_millis())]
    TooLong {
        /// What was asked for.
        operation: String,
        /// What it may take.
        limit: Duration,
        /// It used that up, and did not just wait for its turn or a disk.
        worked: bool,
        /// The operator's word for that.
        setting: &'static str,
    },
    /// A plugin's handler broke a promise or spent a limit.
    #[error("{operation} failed")]
    Broke {
        /// What was asked for.
        operation: String,
        /// Why.
        #[source]
        error: Box<runtime::CallError>,
    },
    /// A plugin's handler passed on what it was told of a statement of its own: that it is no SQL, or that it was not granted what it needs.
    #[error("{operation} failed: it was told of one of its statements: {problem}")]
    Misasked {
        /// What was asked for.
        operation: String,
        /// What it was told, code `sql` or `not-granted`.
        problem: Box<Problem>,
    },
    /// The database ended the transaction at a statement of the plugin's, with what was begun in it; the plugin did not hear of it.
    #[error("{operation} failed: one of its statements ended its transaction: {problem}")]
    Ended {
        /// What was asked for.
        operation: String,
        /// What was wrong with the statement.
        problem: Box<Problem>,
    },
    /// A handler's own refusal, with a body of its own.
    #[error("the plugin answered {}", .0.status)]
    Refusal(Box<Outcome>),
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
            RecordError::Deadline => Self::Fault("the database was stopped at a deadline that nobody set".into()),
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
