//! What the executor needs from a live database.

use std::collections::{BTreeMap, BTreeSet};

use super::dialect::alteration::Copy;
pub use crate::model::catalog::{DeclaredColumn, Footprint, Object, ObjectKind, Reference, RowChanges};
use crate::model::{Name, PluginName, Problem, StoredTexts, Value};

/// A statement that the database refused, or that it stopped; or a fault that no plugin is to blame for.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The statement broke a rule of the data, e.g. NOT NULL without a default on a table with rows.
    #[error("{0}")]
    Refused(String),
    /// A statement of the plugin's ran too long, and was stopped.
    #[error("one of its statements ran for more than {limit_ms} ms (limit `{limit}`)")]
    TooLong {
        /// How long one may run.
        limit_ms: u64,
        /// Where the operator may allow more.
        limit: &'static str,
    },
    /// Another process holds the database.
    #[error("the database is in use by another process, and stayed so for {waited_ms} ms")]
    Busy {
        /// How long was waited.
        waited_ms: u64,
    },
    /// Disk, memory, a damaged file.
    #[error("the database failed")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BackendError {
    /// Whether the same may be done another time: it was the machine's doing, or another process's.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Fault(_))
    }
}

/// Why a plugin's own statement did not run.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The plugin's mistake, or its data's; the plugin may read it.
    #[error("{0}")]
    Problem(Problem),
    /// The step is over, whatever the plugin makes of it.
    #[error(transparent)]
    Fault(BackendError),
}

/// A foreign key with rows that refer to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenReference {
    /// The table that refers.
    pub table: String,
    /// The table that it refers to.
    pub target: String,
}

/// A live database, inside one transaction that the caller began.
///
/// "As a plugin" means: in that plugin's scope, in which only its own objects can be changed and only its own and granted ones read.
/// Statements without a plugin are the host's own; their text comes from a dialect, never from a plugin.
pub trait Backend {
    /// Runs one of the host's statements, which may have expressions of the plugin's in it, for as long as one of its own may run.
    fn run(&mut self, plugin: &PluginName, sql: &str) -> Result<(), BackendError>;

    /// The same of one whose text comes from what is stored: see [`AlterStep::Restore`](super::dialect::alteration::AlterStep::Restore).
    fn restore(&mut self, plugin: &PluginName, sql: &str) -> Result<(), BackendError>;

    /// The texts of a table and of what belongs to it; none when there is no such table.
    fn stored(&mut self, table: &Name) -> Result<Option<StoredTexts>, BackendError>;

    /// The one number that a query of the host's gives; as for [`Backend::run`].
    fn number(&mut self, plugin: &PluginName, sql: &str) -> Result<u64, BackendError>;

    /// The rows of a query of the host's as text for a message; as for [`Backend::run`].
    fn shown_rows(&mut self, plugin: &PluginName, sql: &str) -> Result<Vec<String>, BackendError>;

    /// Copies all rows of a table, of which there are so many, to another; answers how many it were. Each piece of it may run as long as one
    /// of the plugin's own statements.
    fn copy(&mut self, plugin: &PluginName, copy: &Copy, rows: u64) -> Result<u64, BackendError>;

    /// Runs statements that put one table in another's place, while foreign keys are not enforced and names elsewhere stay. What the
    /// database knows of how the rows of `kept` are spread, it keeps.
    fn swap(&mut self, statements: &[String], kept: Option<&Name>) -> Result<(), BackendError>;

    /// The tables to which rows of `table` should refer and do not, each with the number of those rows.
    fn lost_references(&mut self, table: &Name) -> Result<Vec<(String, u64)>, BackendError>;

    /// What is wrong with how a table is stored; nothing, when all is well.
    fn unsound(&mut self, table: &Name) -> Result<Vec<String>, BackendError>;

    /// Begins a nested change that can be undone alone.
    fn savepoint(&mut self) -> Result<(), BackendError>;

    /// Keeps what was done since the last [`Backend::savepoint`].
    fn release(&mut self) -> Result<(), BackendError>;

    /// Undoes what was done since the last [`Backend::savepoint`].
    fn undo(&mut self) -> Result<(), BackendError>;

    /// The object of that name, whatever its kind; names are compared without regard to case.
    fn object(&mut self, name: &Name) -> Result<Option<Object>, BackendError>;

    /// A live table's columns, in order; empty when there is no such table.
    fn columns(&mut self, table: &Name) -> Result<Vec<DeclaredColumn>, BackendError>;

    /// Whether a live table is one of those whose columns take only the database's own types.
    fn is_strict(&mut self, table: &Name) -> Result<bool, BackendError>;

    /// The foreign keys of other tables that point to `table`, whether or not it is there. Takes longer the more tables there are.
    fn references_to(&mut self, table: &Name) -> Result<Vec<Reference>, BackendError>;

    /// The other tables that deleting rows of `table` looks at or changes by way of foreign keys. Refused when one of those keys leads
    /// to no table or to columns that are no key. Takes no longer with many tables.
    fn linked_to(&mut self, table: &Name) -> Result<BTreeSet<String>, BackendError>;

    /// The views that cannot be read, and the tables whose triggers do not fit, with the database's reason.
    fn broken(&mut self) -> Result<BTreeMap<(ObjectKind, String), String>, BackendError>;

    /// The foreign keys that are broken and would be checked only at the commit; asked once a step has come to its end. A database may
    /// know that there are some and not which.
    fn broken_references(&mut self) -> Result<Option<Vec<BrokenReference>>, BackendError>;

    /// Records that `plugin` owns an object.
    fn own(&mut self, plugin: &PluginName, kind: ObjectKind, name: &Name, table: &Name) -> Result<(), BackendError>;

    /// Forgets the owner of an object and, for a table, of all that belongs to it.
    fn disown(&mut self, name: &Name) -> Result<(), BackendError>;

    /// A table has a new name: its owner and those of its indexes follow.
    fn rename(&mut self, from: &Name, to: &Name) -> Result<(), BackendError>;

    /// Which tables one statement of the plugin would change; nothing is run. The problem says what the plugin may not do.
    fn footprint_as(&mut self, plugin: &PluginName, sql: &str) -> Result<Footprint, StatementError>;

    /// Runs one statement of the plugin's and undoes it; answers what it did to the rows of each of these tables.
    fn damage_by(
        &mut self,
        plugin: &PluginName,
        sql: &str,
        params: &[Value],
        tables: &BTreeSet<Name>,
    ) -> Result<BTreeMap<Name, RowChanges>, StatementError>;

    /// Runs one statement as the plugin; answers the rows that it changed itself.
    fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, StatementError>;

    /// Runs one query as the plugin; answers a JSON array of objects and the number of rows.
    fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), StatementError>;

    /// Runs one query as the plugin; answers its first row.
    fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, StatementError>;
}
