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
    /// The deadline passed.
    #[error("the database was stopped at its deadline")]
    Deadline,
    /// There is no room left where the database lies.
    #[error("the disk is full")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours; the cause belongs in the log.
    #[error("the database failed")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<RowsError> for RecordError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Busy => Self::Busy,
            RowsError::Deadline => Self::Deadline,
            RowsError::Full(cause) => Self::Full(cause),
            RowsError::Fault(cause) => Self::Fault(cause),
            // Verbs that can meet a violation explain it; one that cannot must not hide it.
            violation @ RowsError::Violation(_) => Self::Fault(Box::new(violation)),
        }
    }
}

/// Most reasons in one answer: a hostile body must not be answered with something larger than itself.
pub(super) const MAX_REASONS: usize = 100;

/// Most bytes of a place in the body or of a parameter's name in an answer; what is longer ends in `…`.
pub(super) const MAX_POINTER_BYTES: usize = 256;

/// A reason that points into the body.
pub(super) fn in_body(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Reason {
    Reason { place: Place::Body, at: shortened(pointer.into()), code: code.to_owned(), detail: detail.into() }
}

fn shortened(mut at: String) -> String {
    if at.len() > MAX_POINTER_BYTES {
        at.truncate(at.floor_char_boundary(MAX_POINTER_BYTES));
        at.push('…');
    }
    at
}

/// A reason that names a query parameter.
pub(super) fn in_query(parameter: &str, code: &str, detail: impl Into<String>) -> Reason {
    Reason { place: Place::Query, at: shortened(parameter.to_owned()), code: code.to_owned(), detail: detail.into() }
}

/// 422 with all reasons, as far as an answer holds them.
pub(super) fn invalid(mut reasons: Vec<Reason>) -> Problem {
    reasons.truncate(MAX_REASONS);
    Problem::new(422, "validation-failed", "the body does not fit; `errors` says where and why").with_errors(reasons)
}

/// Text of a client's in a message: short, whatever they sent.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN { format!("{text:?}") } else { format!("{:?}…", text.chars().take(SHOWN).collect::<String>()) }
}
