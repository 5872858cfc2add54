//! Carries out the operations of one step on a live database: checks who owns what, asks the dialect for SQL, keeps the owners.
//!
//! Decides what a plugin may change: only its own objects, under names nobody else has; a foreign key into another plugin's table
//! only with the right `reference`; new names only behind the operator's prefix; never a statement that reaches rows of a table the step did not name. It refuses to know how a
//! transaction begins or ends and what the ledger says: whoever runs the step does.
//!
//! An operation that is refused changed nothing and is not recorded; the guest hears why and may go on. A *fault* of the database is
//! different: it is kept, every later call is refused, and the step fails whatever the guest answers.
//!
//! `permissions.rs` says what a plugin may do beyond its own objects, `schema.rs` has the schema operations, `alter.rs` those that change
//! a table that is there, `expressions.rs` what is
//! asked of a plugin's expressions, `settle.rs` what must hold when the step ends, `data.rs` the statements and `rows.rs` the rows.

mod alter;
mod data;
mod expressions;
mod permissions;
mod rows;
mod schema;
mod settle;

use std::collections::BTreeSet;

use super::backend::{Backend, BackendError, Footprint, Object, StatementError};
use super::canonical::canonical_text;
use super::dialect::Dialect;
use super::dialect::alteration::{Abilities, Condition};
use crate::model::{Name, Operation, Problem, StoredTexts, Value};
pub use permissions::{Permissions, Prefix};

/// Carries out one step's operations.
#[derive(Debug)]
pub struct Executor<B> {
    backend: B,
    permissions: Permissions,
    dialect: &'static dyn Dialect,
    offline: bool,
    touched: BTreeSet<Name>,
    loose: settle::Loose,
    /// The only operations that may drop a table or column, as canonical text; any may where nobody says.
    drops: Option<BTreeSet<String>>,
    /// Tables that this step made itself and has not taken away.
    made: BTreeSet<Name>,
    /// For which SQLite its operations are written out, if they are.
    writes: Option<Abilities>,
    /// Of the operation in hand.
    in_hand: WrittenOperation,
    written: Vec<WrittenOperation>,
    /// Those that had nothing to do, if operations are written out.
    passed_over: Vec<PassedOver>,
    /// None when nobody will ask.
    recorded: Option<Vec<Operation>>,
    /// Of what was recorded, in bytes.
    weight: usize,
    fault: Option<BackendError>,
}

/// What the operations of one step may weigh together, in bytes of text and values. They are kept in memory, and each applied revision's
/// in the ledger; a step that sends more belongs into fewer, larger statements.
const MOST_RECORDED: usize = 64 << 20;

/// Counts for each operation and value, in bytes: about what keeping one costs.
const RECORD: usize = 64;

/// An operation that had nothing to do, and said that it may.
#[derive(Debug, Clone, PartialEq)]
pub struct PassedOver {
    /// How many took effect before it.
    pub after: usize,
    /// What it is.
    pub operation: Operation,
}

/// One operation as statements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrittenOperation {
    /// In order.
    pub parts: Vec<Written>,
    /// Why a table is copied for it, if one is.
    pub rebuild: Option<String>,
    /// Which values it would lose, as for [`Alteration::losses`](super::dialect::alteration::Alteration::losses).
    pub losses: Vec<Condition>,
}

/// A part of an operation as statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A statement of the host's.
    Statement(String),
    /// One operation on data: foreign keys must be enforced for it.
    Data(Vec<String>),
    /// A table goes, and rows of others keep what referred to it: foreign keys must not be enforced for it.
    Detach(Vec<String>),
    /// Something that must be 0, asked before the rest: how many rows break a rule.
    Condition {
        /// The rule.
        rule: String,
        /// The query.
        count: String,
    },
    /// A table is copied, and must be this one. A run copies the one that it finds; a script has only the plan.
    Unchanged {
        /// The table.
        table: Name,
        /// As the copy was planned for.
        stored: StoredTexts,
    },
    /// A new table takes an old one's place: foreign keys must not be enforced, for there may be tables that refer to it.
    Swap {
        /// The table.
        table: Name,
        /// What to run.
        statements: Vec<String>,
    },
}

/// What an executed step leaves behind.
#[derive(Debug)]
pub struct Executed<B> {
    /// The live database, as it was given.
    pub backend: B,
    /// The operations that took effect, in order; none of them after [`Executor::without_record`].
    pub operations: Vec<Operation>,
    /// The same as statements, one for one; empty unless they were to be written out.
    pub written: Vec<WrittenOperation>,
    /// Those that had nothing to do, in order; empty unless they were to be written out.
    pub passed_over: Vec<PassedOver>,
    /// The fault that ended the step, if one did.
    pub fault: Option<BackendError>,
}

impl<B: Backend> Executor<B> {
    /// Begins a step of the plugin. With `offline`, queries are answered with the problem `offline` and data changes count no rows.
    pub fn new(backend: B, permissions: Permissions, dialect: &'static dyn Dialect, offline: bool) -> Self {
        let (touched, loose) = (BTreeSet::new(), settle::Loose::default());
        Self {
            backend,
            permissions,
            dialect,
            offline,
            touched,
            loose,
            drops: None,
            made: BTreeSet::new(),
            writes: None,
            in_hand: WrittenOperation::default(),
            written: Vec::new(),
            passed_over: Vec::new(),
            recorded: Some(Vec::new()),
            weight: 0,
            fault: None,
        }
    }

    /// Drops only what these operations drop, and what the step made itself.
    #[must_use]
    pub fn dropping_only<'a>(self, operations: impl IntoIterator<Item = &'a Operation>) -> Self {
        let drops = operations.into_iter().filter(|operation| operation.drops_from().is_some());
        Self { drops: Some(drops.map(|operation| canonical_text(std::slice::from_ref(operation))).collect()), ..self }
    }

    /// Writes each operation out too, as a SQLite of these abilities has to do it.
    #[must_use]
    pub fn writing(self, abilities: Abilities) -> Self {
        Self { writes: Some(abilities), ..self }
    }

    /// Records no operations, of which a step over real rows may have any number.
    #[must_use]
    pub fn without_record(self) -> Self {
        Self { recorded: None, ..self }
    }

    /// Ends the step.
    pub fn finish(self) -> Executed<B> {
        let Self { backend, recorded, written, passed_over, fault, .. } = self;
        Executed { backend, operations: recorded.unwrap_or_default(), written, passed_over, fault }
    }

    /// The dialect that the step is written in.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Whether SQL is being written out instead of run for good.
    pub fn offline(&self) -> bool {
        self.offline
    }

    fn require_sound(&self) -> Result<(), Problem> {
        match &self.fault {
            None => Ok(()),
            Some(_) => {
                Err(Problem::new(500, "database-failed", "the database failed earlier in this step; nothing more can be done in it"))
            }
        }
    }

    /// Refuses to go on when no more can be recorded; asked before anything is done.
    fn require_room(&self, weight: usize) -> Result<(), Problem> {
        if self.recorded.is_none() || self.weight.saturating_add(weight) <= MOST_RECORDED {
            return Ok(());
        }
        let detail = format!("the operations of one step may have {} MiB together; do more with each statement", MOST_RECORDED >> 20);
        Err(Problem::new(413, "too-large", detail))
    }

    fn record(&mut self, weight: usize, operation: impl FnOnce() -> Operation) {
        let written = std::mem::take(&mut self.in_hand);
        if self.writes.is_some() {
            self.written.push(written);
        }
        if let Some(recorded) = &mut self.recorded {
            self.weight += weight;
            recorded.push(operation());
        }
    }

    /// Keeps what had nothing to do for whoever asks what it would do elsewhere.
    fn pass_over(&mut self, weight: usize, operation: Operation) {
        if let (Some(recorded), Some(_)) = (&self.recorded, self.writes) {
            self.weight += weight;
            self.passed_over.push(PassedOver { after: recorded.len(), operation });
        }
    }

    /// Sorts a backend's error: a refusal is the guest's to hear, a fault ends the step.
    fn sort<T>(&mut self, result: Result<T, BackendError>) -> Result<T, Problem> {
        result.map_err(|error| match error {
            BackendError::Refused(why) => Problem::new(409, "refused", why),
            fault @ (BackendError::TooLong { .. } | BackendError::Busy { .. } | BackendError::Fault(_)) => {
                self.fault.get_or_insert(fault);
                Problem::new(500, "database-failed", "the database failed")
            }
        })
    }

    /// Does all of it or nothing.
    fn atomically<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        self.require_sound()?;
        let begun = self.backend.savepoint();
        self.sort(begun)?;
        self.in_hand = WrittenOperation::default();
        let result = work(self);
        // After a fault there may be no transaction left to go back in; the step is rolled back as a whole then.
        if self.fault.is_none() {
            let ended = if result.is_ok() { self.backend.release() } else { self.backend.undo() };
            self.sort(ended)?;
        }
        result
    }

    /// Sorts the error of a plugin's own statement the same way.
    fn sort_statement<T>(&mut self, result: Result<T, StatementError>) -> Result<T, Problem> {
        match result {
            Ok(value) => Ok(value),
            Err(StatementError::Problem(problem)) => Err(problem),
            Err(StatementError::Fault(fault)) => self.sort(Err(fault)),
        }
    }

    fn footprint(&mut self, sql: &str) -> Result<Footprint, Problem> {
        let found = self.backend.footprint_as(&self.permissions.plugin, sql);
        self.sort_statement(found)
    }

    fn execute_as(&mut self, sql: &str, params: &[Value]) -> Result<u64, Problem> {
        let changed = self.backend.execute_as(&self.permissions.plugin, sql, params);
        self.sort_statement(changed)
    }

    fn run(&mut self, operation: &Operation) -> Result<(), Problem> {
        for sql in self.dialect.statements(operation).map_err(alter::problem)? {
            self.run_one(&sql)?;
            self.write(|| sql);
        }
        Ok(())
    }

    fn run_one(&mut self, sql: &str) -> Result<(), Problem> {
        let result = self.backend.run(&self.permissions.plugin, sql);
        self.sort(result)
    }

    fn write(&mut self, sql: impl FnOnce() -> String) {
        if self.writes.is_some() {
            self.in_hand.parts.push(Written::Statement(sql()));
        }
    }

    /// Records a data operation and, for a script, writes it out.
    fn record_data(&mut self, weight: usize, operation: impl FnOnce() -> Operation) -> Result<(), Problem> {
        if self.recorded.is_none() {
            return Ok(());
        }
        let operation = operation();
        if self.writes.is_some() {
            let statements = self.dialect.statements(&operation).map_err(alter::problem)?;
            self.in_hand.parts = vec![Written::Data(statements)];
        }
        self.record(weight, || operation);
        Ok(())
    }

    fn object(&mut self, name: &Name) -> Result<Option<Object>, Problem> {
        let found = self.backend.object(name);
        self.sort(found)
    }
}
