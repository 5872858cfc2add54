//! A plan's operations, tried on the tables that the database has: what each of them runs depends on how the table is stored, and
//! somebody may have made or changed it by hand.
//!
//! What is tried on is a copy of the schema in memory, without rows. A later step sees it as the earlier ones leave it.

use crate::migrate::dialect::SQLITE;
use crate::migrate::dialect::alteration::Abilities;
use crate::migrate::executor::{Executed, Executor, Permissions, WrittenOperation};
use crate::migrate::{Backend as _, BackendError};
use crate::model::{Name, Operation};
use crate::service::live::Live;

/// One step, on trial.
#[derive(Debug)]
pub(super) struct Trial {
    executor: Executor<Live>,
}

/// What came of an operation.
#[derive(Debug)]
pub(super) enum Tried {
    /// It was carried out so.
    Done(WrittenOperation),
    /// It changes rows, of this table. Where there are none, there is nothing to try.
    OfRows(Option<Name>),
    /// It had nothing to do.
    PassedOver,
    /// It would be refused.
    Refused(String),
}

impl Trial {
    /// Begins a step. The copy must be in a transaction.
    pub(super) fn begin(copy: Live, permissions: Permissions) -> Self {
        Self { executor: Executor::new(copy, permissions, &SQLITE, false).writing(Abilities::Bundled) }
    }

    /// Tries the next operation. One that is refused changes nothing.
    pub(super) fn of(&mut self, operation: &Operation) -> Tried {
        let tried = match operation {
            Operation::Execute { sql, .. } => self.executor.target_of(sql).map(Tried::OfRows),
            Operation::InsertRows { table, .. } => Ok(Tried::OfRows(Some(table.clone()))),
            other => self.executor.apply_written(other.clone()).map(|written| written.map_or(Tried::PassedOver, Tried::Done)),
        };
        tried.unwrap_or_else(|problem| Tried::Refused(problem.detail))
    }

    /// Ends the step; the copy is for the next one.
    ///
    /// # Errors
    /// The copy failed, which is nobody's mistake.
    pub(super) fn end(self) -> Result<Live, BackendError> {
        let Executed { backend, fault, .. } = self.executor.finish();
        fault.map_or(Ok(backend), Err)
    }
}

/// How many values an operation would make NULL. None where that cannot be told, because earlier steps change the table first.
///
/// # Errors
/// The database fails.
pub(super) fn values_lost(live: &mut Live, permissions: &Permissions, written: &WrittenOperation) -> Result<u64, BackendError> {
    let mut lost = 0;
    for loss in &written.losses {
        match live.number(&permissions.plugin, &loss.count) {
            Ok(rows) => lost += rows,
            Err(BackendError::Refused(_) | BackendError::TooLong { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(lost)
}
