//! One request inside a transaction that it may share: it stands or is undone alone, or takes the transaction with it and says so.
//!
//! # Why every request but the first has a savepoint
//! A single refused statement undoes itself, so a request that is one statement of ours would seem to need none. But a trigger's
//! `RAISE(FAIL)` keeps what the statement did until then, a table may have got such a trigger from another process a moment ago, and a
//! statement that succeeded may leave a deferred key broken. The first request of a transaction needs none because the whole transaction
//! can go with it. See `docs/decisions/0011-group-commit.md`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::call::{CallError, Panicked};
use super::connections::Connection;
use crate::model::query::{Constraint, Violation};
use crate::records::{Clock, RecordError, Rows, RowsError, Written, at_commit};

/// One request's changes. Run inside a transaction; again, if that had to be rolled back for another's sake.
pub(super) type Work = Box<dyn FnMut(&mut dyn Rows, &mut dyn Clock) -> Result<Written, RecordError> + Send>;

/// The transaction is gone, or must go, with everything in it.
#[derive(Debug)]
pub(super) struct Lost {
    /// What the request that lost it is answered.
    pub(super) answer: CallError,
    /// Whether the connection is in a state that is known, once it is rolled back.
    pub(super) usable: bool,
}

/// Runs one request in the open transaction. `first` says that nothing was done in it yet; then a request that is refused may leave
/// something behind, and the transaction must be rolled back.
///
/// # Errors
/// [`Lost`]: the database ended the transaction, or the request cannot be undone alone.
pub(super) fn attempt(
    connection: &mut dyn Connection,
    work: &mut Work,
    clock: &mut dyn Clock,
    first: bool,
) -> Result<Result<Written, CallError>, Lost> {
    if !first {
        connection.savepoint().map_err(|error| Lost { answer: error.into(), usable: true })?;
    }
    let result = catch_unwind(AssertUnwindSafe(|| work(connection, clock)))
        .map_err(|payload| Lost { answer: Panicked::because(&*payload), usable: false })?;
    if connection.is_lost() {
        // A request that was told of no failure cannot be believed to have noticed.
        let answer = result.err().map_or_else(|| CallError::Fault("the transaction was ended by the database".into()), CallError::from);
        return Err(Lost { answer, usable: true });
    }
    let result = result.and_then(|written| match connection.owes_references() {
        Ok(false) => Ok(written),
        // The commit would fail, for everybody in the transaction.
        Ok(true) => Err(at_commit(RowsError::Violation(Violation { kind: Constraint::ForeignKey, columns: Vec::new() }))),
        Err(error) => Err(error.into()),
    });
    if !first {
        let ended = if result.is_ok() { connection.release() } else { connection.undo() };
        ended.map_err(|error| Lost { answer: error.into(), usable: false })?;
    }
    Ok(result.map_err(CallError::from))
}
