//! What the executor needs from a live database.

use std::collections::BTreeSet;

use crate::model::{Name, PluginName, Problem, Value};

/// Kinds of objects that have an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A table.
    Table,
    /// An index.
    Index,
    /// A view.
    View,
    /// A trigger.
    Trigger,
}

impl ObjectKind {
    /// The lower-case word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Index => "index",
            Self::View => "view",
            Self::Trigger => "trigger",
        }
    }
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name, as stored.
    pub name: Name,
    /// The table it belongs to; its own name for a table or view.
    pub table: Name,
    /// The plugin that owns it; none for an object that tenon did not make.
    pub owner: Option<PluginName>,
}

/// A column of a live table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: Name,
    /// Its declared type, as stored, e.g. `VARCHAR(26)`.
    pub declared_type: String,
    /// Whether it may hold NULL.
    pub nullable: bool,
}

/// A foreign key of a live table that points to another, with the number of rows that use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The table that refers.
    pub table: Name,
    /// Its columns.
    pub columns: Vec<String>,
    /// Rows whose key is not NULL.
    pub rows: u64,
}

/// The tables that a statement can change besides its target, cascades and triggers included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footprint {
    /// The table that the statement names; none for a SELECT.
    pub target: Option<Name>,
    /// All others.
    pub others: BTreeSet<Name>,
}

/// A fault of the database that no plugin is to blame for, or a statement of ours that it refused.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The statement broke a rule of the data, e.g. NOT NULL without a default on a table with rows.
    #[error("{0}")]
    Refused(String),
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

/// Why a plugin's own statement did not run.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The plugin's mistake, or its data's; the plugin may read it.
    #[error("{0}")]
    Problem(Problem),
    /// Not the plugin's doing; the step is over.
    #[error(transparent)]
    Fault(BackendError),
}

/// A live database, inside one transaction that the caller began.
///
/// "As a plugin" means: in that plugin's scope, in which only its own objects can be changed and only its own and granted ones read.
/// Statements without a plugin are the host's own; their text comes from a dialect, never from a plugin.
pub trait Backend {
    /// Runs one of the host's statements.
    fn run(&mut self, sql: &str) -> Result<(), BackendError>;

    /// Begins a nested change that can be undone alone.
    fn savepoint(&mut self) -> Result<(), BackendError>;

    /// Keeps what was done since the last [`Backend::savepoint`].
    fn release(&mut self) -> Result<(), BackendError>;

    /// Undoes what was done since the last [`Backend::savepoint`].
    fn undo(&mut self) -> Result<(), BackendError>;

    /// The object of that name, whatever its kind; names are compared without regard to case.
    fn object(&mut self, name: &Name) -> Result<Option<Object>, BackendError>;

    /// All objects that belong to a table: its indexes and triggers.
    fn objects_of(&mut self, table: &Name) -> Result<Vec<Object>, BackendError>;

    /// A live table's columns, in order; empty when there is no such table.
    fn columns(&mut self, table: &Name) -> Result<Vec<DeclaredColumn>, BackendError>;

    /// The foreign keys of other tables that point to `table`.
    fn references_to(&mut self, table: &Name) -> Result<Vec<Reference>, BackendError>;

    /// Records that `plugin` owns an object.
    fn own(&mut self, plugin: &PluginName, kind: ObjectKind, name: &Name, table: &Name) -> Result<(), BackendError>;

    /// Forgets the owner of an object and, for a table, of all that belongs to it.
    fn disown(&mut self, name: &Name) -> Result<(), BackendError>;

    /// A table has a new name: its owner and those of its indexes follow.
    fn rename(&mut self, from: &Name, to: &Name) -> Result<(), BackendError>;

    /// Which tables one statement of the plugin would change; nothing is run. The problem says what the plugin may not do.
    fn footprint_as(&mut self, plugin: &PluginName, sql: &str) -> Result<Footprint, StatementError>;

    /// Runs one statement as the plugin; answers the rows that it changed itself.
    fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, StatementError>;

    /// Runs one query as the plugin; answers a JSON array of objects and the number of rows.
    fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), StatementError>;

    /// Runs one query as the plugin; answers its first row.
    fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, StatementError>;
}
