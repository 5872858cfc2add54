//! One request inside a transaction that it may share: it stands or is undone alone, or takes the transaction with it and says so.
//!
//! # Why every request but the first has a savepoint
//! A single refused statement undoes itself, so a request that is one statement of ours would seem to need none. But a trigger's
//! `RAISE(FAIL)` keeps what the statement did until then, a table may have got such a trigger from another process a moment ago, and a
//! statement that succeeded may leave a deferred key broken. The first request of a transaction needs none because the whole transaction
//! can go with it. See `docs/decisions/0011-group-commit.md`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::call::{CallError, Gone, Outcome, Panicked};
use super::connections::Connection;
use super::endpoint::MadeFor;
use super::handler::Place;
use super::handling::{Handling, Share};
use crate::model::query::{Constraint, Violation};
use crate::records::{Clock, RecordError, Rows, RowsError, at_commit};

/// A change of the host's own.
pub(super) type Change = Box<dyn FnMut(&mut dyn Rows, &dyn Clock) -> Result<Outcome, RecordError> + Send>;

/// One request's changes. Run inside a transaction; again, if that had to be rolled back for another's sake.
pub(super) enum Work {
    /// By the record engine.
    Change(MadeFor, Change),
    /// By a plugin's handler, which has a place among its plugin's writes.
    Handle { handling: Box<Handling>, _place: Place },
}

impl Work {
    /// A change of the host's own.
    pub(super) fn change(
        made_for: MadeFor,
        change: impl FnMut(&mut dyn Rows, &dyn Clock) -> Result<Outcome, RecordError> + Send + 'static,
    ) -> Self {
        Self::Change(made_for, Box::new(change))
    }

    /// A request that a plugin answers, with its place among those that wait.
    pub(super) fn handle(handling: Handling, place: Place) -> Self {
        Self::Handle { handling: Box::new(handling), _place: place }
    }

    /// Whether it takes so long that it should share no transaction.
    pub(super) fn is_slow(&self) -> bool {
        match self {
            Self::Change(..) => false,
            Self::Handle { handling, .. } => handling.handler().is_slow_writer(),
        }
    }

    /// The connection does not come back when something panicked on it.
    fn run(&mut self, connection: Box<dyn Connection>, clock: &dyn Clock, share: Share) -> (Option<Box<dyn Connection>>, Answer) {
        match self {
            Self::Change(made_for, change) => {
                let mut connection = connection;
                let written = made_for.require(&mut *connection).and_then(|()| Ok(change(&mut *connection, clock)?));
                (Some(connection), written)
            }
            Self::Handle { handling, .. } => handling.write(connection, share),
        }
    }
}

pub(super) type Answer = Result<Outcome, CallError>;

/// The transaction is gone, or must go, with everything in it.
#[derive(Debug)]
pub(super) struct Lost {
    /// What the request that lost it is answered.
    pub(super) answer: CallError,
}

/// Runs one request in the open transaction. `first` says that nothing was done in it yet; then a request that is refused may leave
/// something behind, and the transaction must be rolled back. A connection of which nobody knows in what state it is, is taken away.
///
/// # Errors
/// [`Lost`]: the database ended the transaction, or the request cannot be undone alone.
pub(super) fn attempt(
    seat: &mut Option<Box<dyn Connection>>,
    work: &mut Work,
    clock: &dyn Clock,
    first: bool,
    share: Share,
) -> Result<Answer, Lost> {
    let gone = || Lost { answer: CallError::Fault(Gone.into()) };
    let mut connection = seat.take().ok_or_else(gone)?;
    if !first && let Err(error) = connection.savepoint() {
        *seat = Some(connection);
        return Err(Lost { answer: error.into() });
    }
    let (connection, result) = catch_unwind(AssertUnwindSafe(|| work.run(connection, clock, share)))
        .map_err(|payload| Lost { answer: Panicked::because(&*payload) })?;
    let Some(mut connection) = connection else {
        return Err(result.err().map_or_else(gone, |answer| Lost { answer }));
    };
    if connection.is_lost() {
        // A request that was told of no failure cannot be believed to have noticed.
        let answer = result.err().unwrap_or_else(|| CallError::Fault("the transaction was ended by the database".into()));
        *seat = Some(connection);
        return Err(Lost { answer });
    }
    let result = result.and_then(|outcome| match connection.owes_references() {
        Ok(false) => Ok(outcome),
        // The commit would fail, for everybody in the transaction.
        Ok(true) => Err(at_commit(RowsError::Violation(Violation { kind: Constraint::ForeignKey, columns: Vec::new() })).into()),
        Err(error) => Err(error.into()),
    });
    if !first {
        let ended = if result.is_ok() { connection.release() } else { connection.undo() };
        ended.map_err(|error| Lost { answer: error.into() })?;
    }
    *seat = Some(connection);
    Ok(result)
}
