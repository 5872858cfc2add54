//! Why an operation has no SQL.

use super::sqlite::StoredError;
use crate::model::sql::SqlTextError;
use crate::model::{ConstraintOf, Name};

/// An operation that a dialect cannot say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages say they are")]
pub enum DialectError {
    /// A table without columns.
    #[error("table {table} has no columns")]
    NoColumns { table: Name },
    /// An index without terms, or a constraint without columns.
    #[error("{subject} names no columns")]
    NothingNamed { subject: String },
    /// AUTOINCREMENT where SQLite has none.
    #[error("table {table} cannot count by itself (`autoincrement`): {reason}")]
    Autoincrement { table: Name, reason: &'static str },
    /// A table whose stored text is not understood, e.g. a virtual one.
    #[error("table {table} cannot be changed: {error}")]
    Unreadable { table: Name, error: StoredError },
    /// A column that is not there.
    #[error("table {table} has no column {column}")]
    NoColumn { table: Name, column: Name },
    /// A column that is there.
    #[error("table {table} already has a column {column}")]
    ColumnThere { table: Name, column: Name },
    /// A column that something else of its table is made of.
    #[error("column {table}.{column} cannot be dropped: it is used by {by}; drop that first, or with it")]
    ColumnInUse { table: Name, column: Name, by: String },
    /// A value for a column that is computed.
    #[error("column {table}.{column} is computed; its values cannot be given")]
    Generated { table: Name, column: Name },
    /// A constraint that is not there.
    #[error("table {table} has no {constraint}")]
    NoConstraint { table: Name, constraint: ConstraintOf },
    /// A constraint of that name that is of another kind than the one that is to be added unless it is there.
    #[error("table {table} has another constraint {constraint}: {found}; give the new one a name of its own")]
    ConstraintThere { table: Name, constraint: Name, found: String },
    /// A name that several constraints have.
    #[error(
        "table {table} has {} constraints {constraint}: {}; say which by what it is, with `kind` and `columns` or `expression`",
        .found.len(), .found.join(", and ")
    )]
    AmbiguousConstraint { table: Name, constraint: Name, found: Vec<String> },
    /// Changes of one call that cannot all be meant.
    #[error("the changes of table {table} contradict each other: {what}")]
    Contradiction { table: Name, what: String },
    /// An operation whose statements depend on the table that is there.
    #[error("what changes table {table} depends on how it is stored")]
    NeedsTable { table: Name },
    /// An SQL text that is not one piece.
    #[error("{subject}: {error}")]
    Text { subject: String, error: SqlTextError },
    /// More or fewer parameters than the statement takes.
    #[error("the statement takes {taken} parameters, and {given} are given")]
    Parameters { taken: usize, given: usize },
    /// `:name`, `@name`, `$name`.
    #[error("a statement to execute: named parameters such as {0} are not supported: use ?")]
    NamedParameter(String),
    /// `?0`, or a number beyond what SQLite takes.
    #[error("a statement to execute: {0} is no parameter: they are numbered from 1 to 32766")]
    ParameterNumber(String),
    /// A row with more or fewer values than columns are named.
    #[error("row {row} for table {table} has {values} values for {columns} columns")]
    RowLength { table: Name, row: usize, values: usize, columns: usize },
}
