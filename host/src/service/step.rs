//! Runs one revision of one component on a database: the joint between the runtime's guests and the migration executor.

use std::sync::{Arc, Mutex, PoisonError};

use crate::migrate::executor::{Executed, Executor, PassedOver, WrittenOperation};
use crate::migrate::{Backend, BackendError, BrokenReference};
use crate::model::text::plain;
use crate::model::{Name, Operation, Problem, Value};
use crate::runtime::{CallError, Component, MigrationContext, MigrationStep};
use crate::store::StorageError;

impl<B: Backend> MigrationContext for Executor<B> {
    fn apply(&mut self, operation: Operation) -> Result<(), Problem> {
        Self::apply(self, operation)
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Problem> {
        Self::execute(self, sql, params)
    }

    fn insert_rows(&mut self, table: &Name, rows: &[u8]) -> Result<u64, Problem> {
        Self::insert_rows(self, table, rows)
    }

    fn touches(&mut self, table: &Name) -> Result<(), Problem> {
        Self::touches(self, table)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), Problem> {
        Self::query(self, sql, params)
    }

    fn row(&mut self, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, Problem> {
        Self::row(self, sql, params)
    }

    fn dialect(&self) -> &'static str {
        Self::dialect(self).name()
    }

    fn offline(&self) -> bool {
        Self::offline(self)
    }
}

/// Why a step failed. The transaction it ran in is to be rolled back.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The plugin answered a problem, broke a promise or spent a limit.
    #[error(transparent)]
    Call(CallError),
    /// The plugin went through with it, and what it leaves would harm somebody.
    #[error("what it leaves does not hold together: {0}")]
    Left(Problem),
    /// The database failed under it, or stopped it, whatever the plugin made of that.
    #[error(transparent)]
    Database(BackendError),
    /// It came to its end and left foreign keys broken that are checked late.
    #[error("{}; a key that is checked late must hold when the revision ends", broken(.0))]
    References(Vec<BrokenReference>),
    /// What it did could not be kept.
    #[error("it could not be committed")]
    Commit(#[source] StorageError),
}

impl StepError {
    /// Whether the same step may end well another time: it was the machine's doing, or that of the plugin's neighbours.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Call(error) => error.may_pass(),
            Self::Database(error) => error.may_pass(),
            Self::Commit(error) => error.may_pass(),
            Self::Left(_) | Self::References(_) => false,
        }
    }
}

fn broken(references: &[BrokenReference]) -> String {
    let text =
        |reference: &BrokenReference| format!("rows of {} that refer to no row of {}", plain(&reference.table), plain(&reference.target));
    match references {
        [] => "it leaves rows that refer to nothing".to_owned(),
        some => format!("it leaves {}", some.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}

/// What a step did.
#[derive(Debug)]
pub(super) struct Done {
    /// Its operations, in order; none when nobody asked for them.
    pub operations: Vec<Operation>,
    /// The same as statements; none when nobody asked for them.
    pub written: Vec<WrittenOperation>,
    /// Those that had nothing to do; none when nobody asked for statements.
    pub passed_over: Vec<PassedOver>,
}

/// Runs one revision. The backend comes back in every case.
pub(super) fn run<B: Backend + Send + 'static>(
    component: &Component,
    step: MigrationStep<'_>,
    executor: Executor<B>,
) -> (B, Result<Done, StepError>) {
    let shared = Arc::new(Mutex::new(executor));
    let answer = component.migrate(step, Arc::clone(&shared) as Arc<Mutex<dyn MigrationContext + Send>>);
    let executor = Arc::into_inner(shared).expect("the guest's store was dropped when the call ended, and with it the other handle");
    let mut executor = executor.into_inner().unwrap_or_else(PoisonError::into_inner);
    let answer = answer.map_err(StepError::Call).and_then(|()| executor.settle().map_err(StepError::Left));
    let Executed { mut backend, operations, written, passed_over, fault } = executor.finish();
    let result = match (fault, answer) {
        (Some(fault), _) => Err(StepError::Database(fault)),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => match backend.broken_references() {
            Ok(None) => Ok(Done { operations, written, passed_over }),
            Ok(Some(broken)) => Err(StepError::References(broken)),
            Err(fault) => Err(StepError::Database(fault)),
        },
    };
    (backend, result)
}

#[cfg(test)]
mod tests;
