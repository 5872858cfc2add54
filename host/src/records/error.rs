//! What a record verb answers when it does not answer rows.

use super::rows::RowsError;
use crate::model::problem::{Place, Problem, Reason};

/// Why a verb did not do what was asked. In every case nothing was changed by it.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Meant for the caller to read.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The database was held by somebody else for too long.
    #[error("the database is busy")]
    Busy,
    /// A fault of ours; the cause belongs in the log.
    #[error("the database failed")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<RowsError> for RecordError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Busy => Self::Busy,
            RowsError::Fault(cause) => Self::Fault(cause),
            // Verbs that can meet a violation explain it; one that cannot must not hide it.
            violation @ RowsError::Violation(_) => Self::Fault(Box::new(violation)),
        }
    }
}

/// A reason that points into the body.
pub(super) fn in_body(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Reason {
    Reason { place: Place::Body, at: pointer.into(), code: code.to_owned(), detail: detail.into() }
}

/// A reason that names a query parameter.
pub(super) fn in_query(parameter: &str, code: &str, detail: impl Into<String>) -> Reason {
    Reason { place: Place::Query, at: parameter.to_owned(), code: code.to_owned(), detail: detail.into() }
}

/// 422 with all reasons.
pub(super) fn invalid(reasons: Vec<Reason>) -> Problem {
    Problem::new(422, "validation-failed", "the body does not fit; `errors` says where and why").with_errors(reasons)
}

/// Text of a client's in a message: short, whatever they sent.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN { format!("{text:?}") } else { format!("{:?}…", text.chars().take(SHOWN).collect::<String>()) }
}
