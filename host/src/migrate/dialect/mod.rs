//! How an operation becomes SQL text. Text only: a dialect has no connection and asks nothing of a database.
//!
//! [`Sqlite`] is the first; another database is another implementation of [`Dialect`], whose exhaustive `match` over
//! [`Operation`] the compiler then asks to finish.

mod error;
mod sqlite;

use std::borrow::Cow;
use std::fmt;

use crate::model::{Column, ColumnType, Name, Operation, Value};

pub use error::DialectError;
pub use sqlite::Sqlite;

/// The dialect of SQLite, for whoever keeps a reference to it.
pub static SQLITE: Sqlite = Sqlite;

/// Turns operations and values into one database's SQL.
///
/// Every text that a plugin wrote (expressions, a view's query, a data statement) is read token by token before it becomes part of
/// a statement: it must be one balanced piece, so that it cannot end the clause that it stands in. That it means only what its
/// plugin may do is decided elsewhere, by the database.
pub trait Dialect: fmt::Debug + Sync + Sync {
    /// `sqlite` or `postgresql`, as `operations.dialect` answers.
    fn name(&self) -> &'static str;

    /// The statements that carry out one operation on a live database or in a script, in order, without a `;` at the end.
    ///
    /// # Shape
    /// `if_not_exists` of `add-column` and `if_exists` of `drop-column` are not in the text, because SQLite has no words for them:
    /// whoever runs it looks first. A column added by this to a STRICT table needs [`Dialect::add_column`].
    ///
    /// # Errors
    /// The operation cannot be said in this dialect, or one of its texts is not one balanced piece.
    fn statements(&self, operation: &Operation) -> Result<Vec<String>, DialectError>;

    /// The statement that adds a column; `strict` says of what kind the table is.
    ///
    /// # Errors
    /// As for [`Dialect::statements`].
    fn add_column(&self, table: &Name, column: &Column, strict: bool) -> Result<String, DialectError>;

    /// A query that reads what `expression` reads where it stands in a column, check or index of `table`: prepared in a plugin's
    /// scope, it shows what the expression may not do. The expression must have been part of a statement that was accepted.
    fn expression_probe(&self, expression: &str, table: &Name) -> String;

    /// `INSERT INTO table (columns) VALUES (?, …)`, to be run with parameters.
    fn insert(&self, table: &Name, columns: &[Name]) -> String;

    /// The type that a column is declared with.
    fn column_type(&self, data_type: &ColumnType, strict: bool) -> String;

    /// An expression that gives exactly this value, anywhere where an expression may stand.
    fn literal(&self, value: &Value) -> String;

    /// One data statement with its `?` parameters written out, for a script. Comments and a `;` at the end are dropped.
    ///
    /// # Errors
    /// It is not one INSERT, REPLACE, UPDATE, DELETE or SELECT; it names parameters; their number is not that of `params`.
    fn with_parameters(&self, sql: &str, params: &[Value]) -> Result<String, DialectError>;

    /// A name as it stands in a statement: in quotes only where it needs them.
    fn identifier<'a>(&self, name: &'a str) -> Cow<'a, str>;

    /// A comment for the head of a script, without its `-- `: how to run it so that it stops at the first error.
    fn script_note(&self) -> &'static str;

    /// A statement for the head of a script, without `;`: what the host sets on its own connections and another client may not.
    fn script_setting(&self) -> &'static str;
}
