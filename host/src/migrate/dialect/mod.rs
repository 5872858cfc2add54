//! How an operation becomes SQL text. Text only: a dialect has no connection and asks nothing of a database.
//!
//! [`Sqlite`] is the first; another database is another implementation of [`Dialect`], whose exhaustive `match` over
//! [`Operation`] the compiler then asks to finish.

pub mod alteration;
mod error;
mod sqlite;

use std::borrow::Cow;
use std::fmt;

use super::difference::Fact;
use super::shape::Shape;
use crate::model::{Change, ColumnType, Name, Operation, StoredTexts, Trigger, Value};
use alteration::{Abilities, Alteration};

pub use error::DialectError;
pub use sqlite::{Sqlite, StoredError};

/// The dialect of SQLite, for whoever keeps a reference to it.
pub static SQLITE: Sqlite = Sqlite;

/// Turns operations and values into one database's SQL.
///
/// Every text that a plugin wrote (expressions, a view's query, a data statement) is read token by token before it becomes part of
/// a statement: it must be one balanced piece, so that it cannot end the clause that it stands in. That it means only what its
/// plugin may do is decided elsewhere, by the database.
pub trait Dialect: fmt::Debug + Sync {
    /// `sqlite` or `postgresql`, as `operations.dialect` answers.
    fn name(&self) -> &'static str;

    /// The statements that carry out one operation on a live database or in a script, in order, without a `;` at the end.
    ///
    /// # Errors
    /// The operation cannot be said in this dialect, or one of its texts is not one balanced piece; or it changes a table
    /// that is there, which is what [`Dialect::alter`] is for.
    fn statements(&self, operation: &Operation) -> Result<Vec<String>, DialectError>;

    /// The way from a table that is there to the changed one. Every name in `changes` means the table as it is; with `rebuild`, its rows
    /// are copied even where that is not needed. A change that has nothing to do, and says that it may, is left out.
    ///
    /// # Errors
    /// A name that is not there or is taken, a column that something else is made of, and as for [`Dialect::statements`].
    fn alter(
        &self,
        table: &Name,
        stored: &StoredTexts,
        changes: &[Change],
        rebuild: bool,
        abilities: Abilities,
    ) -> Result<Alteration, DialectError>;

    /// What the text of a stored object says, in pieces that can be compared.
    ///
    /// # Errors
    /// It is none that the database keeps for a table, index, view or trigger.
    fn facts(&self, stored: &str) -> Result<Vec<Fact>, StoredError>;

    /// The same, each piece with the declaration that makes it.
    ///
    /// # Errors
    /// As for [`Dialect::facts`].
    fn shape(&self, stored: &str) -> Result<Shape, StoredError>;

    /// A query that reads what `expression` reads where it stands in a column, check or index of `table`: prepared in a plugin's
    /// scope, it shows what the expression may not do. The expression must have been part of a statement that was accepted.
    fn expression_probe(&self, expression: &str, table: &Name) -> String;

    /// The same before the statement is run, of one that is worked out for each row of `table`, and may name, besides its `columns`, those that
    /// are yet to be `added`. Refused where it asks for more than one row by itself: an aggregate, a window.
    fn row_probe(&self, expression: &str, table: &Name, columns: &[Name], added: &[&Name]) -> String;

    /// A statement that fires the trigger, on a table or view with these columns; to be compiled, not run.
    fn fires(&self, trigger: &Trigger, columns: &[Name]) -> String;

    /// A query of one number: how many rows a table has.
    fn count_rows(&self, table: &Name) -> String;

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

    /// The first lines of a script: who is to read it, and what makes that reader stop at the first error.
    fn script_head(&self) -> &'static str;

    /// The statement by which a script's reader enforces foreign keys or not, outside transactions.
    fn enforcement(&self, on: bool) -> &'static str;

    /// What a script has for [`AlterStep::Swap`](alteration::AlterStep::Swap): the statements, and what stops it if a row of the table, or
    /// one that refers to it, refers to nothing afterwards.
    fn script_swap(&self, table: &Name, statements: &[String]) -> Vec<String>;

    /// What stops a script before it copies a table, unless the table and what belongs to it are as they were planned for.
    fn script_unchanged(&self, table: &Name, stored: &StoredTexts) -> Vec<String>;

    /// What stops a script with the rule for a message, unless the query's number is 0.
    fn script_condition(&self, rule: &str, count: &str) -> Vec<String>;
}
