//! Why an operation has no SQL.

use crate::model::Name;
use crate::model::sql::SqlTextError;

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
