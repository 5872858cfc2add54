//! Why an operation has no SQL.

use crate::model::Name;

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
    /// A row with more or fewer values than columns are named.
    #[error("row {row} for table {table} has {values} values for {columns} columns")]
    RowLength { table: Name, row: usize, values: usize, columns: usize },
}

/// What is wrong with an SQL text of a plugin's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlTextError {
    /// Nothing in it.
    #[error("the SQL is empty")]
    Empty,
    /// A NUL, at which SQLite would stop reading.
    #[error("the SQL holds a NUL character")]
    Nul,
    /// A quote or comment without its end.
    #[error("{0} has no end in the SQL")]
    Unterminated(&'static str),
    /// A comment in an expression.
    #[error("comments are not allowed in an expression")]
    Comment,
    /// More than one statement.
    #[error("`;` is not allowed: write one statement or expression")]
    Semicolon,
    /// Parentheses that do not match.
    #[error("the parentheses do not match")]
    Unbalanced,
    /// A parameter in an expression.
    #[error("parameters are not allowed in an expression")]
    Parameter,
    /// `:name`, `@name`, `$name`.
    #[error("named parameters such as {0} are not supported: use ?")]
    NamedParameter(String),
    /// `?0`, or a number beyond what SQLite takes.
    #[error("{0} is no parameter: they are numbered from 1 to 32766")]
    ParameterNumber(String),
    /// A statement of another kind.
    #[error("it begins with {found:?}; allowed are {allowed}")]
    NotAllowed {
        /// Its first word.
        found: String,
        /// What it could have been.
        allowed: &'static str,
    },
}
