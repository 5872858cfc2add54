//! What serving needs from a database.

use crate::model::{Deadline, PluginName, Problem, Value};
use crate::records::{Rows, RowsError};

/// Why a plugin's own statement did not do what it says.
#[derive(Debug)]
pub enum StatementError {
    /// The plugin may hear it.
    Problem(Problem),
    /// The plugin's call cannot go on.
    Rows(RowsError),
}

/// A database that can be connected to.
///
/// Called from several threads: once per concurrent reader, once by the writer, and again after a connection failed or a call on it
/// panicked.
pub trait Connections: Send + Sync {
    /// Opens a read-only connection.
    ///
    /// # Errors
    /// The file cannot be opened.
    fn reader(&self) -> Result<Box<dyn Connection>, RowsError>;

    /// Opens the connection that writes; never two at a time.
    ///
    /// # Errors
    /// The file cannot be opened for writing.
    fn writer(&self) -> Result<Box<dyn Connection>, RowsError>;
}

/// One connection. Dropping it inside a transaction rolls the transaction back.
pub trait Connection: Rows + Send {
    /// Begins a transaction: on the writer one that holds the write lock from the start, on a reader one that sees one state.
    ///
    /// # Errors
    /// [`RowsError::Busy`] when another process holds the database too long.
    fn begin(&mut self) -> Result<(), RowsError>;

    /// Makes everything since `begin` last. After an error the transaction is still open, or gone with everything in it; the caller
    /// rolls back.
    ///
    /// # Errors
    /// [`RowsError::Violation`] for a constraint that is checked only now.
    fn commit(&mut self) -> Result<(), RowsError>;

    /// Undoes everything since `begin`. Does nothing when no transaction is open.
    ///
    /// # Errors
    /// The connection is of no use any more.
    fn rollback(&mut self) -> Result<(), RowsError>;

    /// Begins a part of the transaction that can be undone alone. Parts do not nest.
    ///
    /// # Errors
    /// No transaction is open, or it is lost.
    fn savepoint(&mut self) -> Result<(), RowsError>;

    /// Ends the part and keeps what was done in it, as far as the transaction is kept.
    ///
    /// # Errors
    /// The transaction is lost.
    fn release(&mut self) -> Result<(), RowsError>;

    /// Ends the part and undoes what was done in it.
    ///
    /// # Errors
    /// The transaction is lost.
    fn undo(&mut self) -> Result<(), RowsError>;

    /// Whether a foreign key is broken that is checked only at the commit, which would then fail.
    ///
    /// # Errors
    /// The question cannot be answered.
    fn owes_references(&mut self) -> Result<bool, RowsError>;

    /// Whether the database ended the transaction by itself, with everything in it: a full disk, an interrupted write, a conflict that
    /// rolls back. Every statement but [`Connection::rollback`] is refused from then on.
    fn is_lost(&self) -> bool;

    /// Asks the database something that costs nothing.
    ///
    /// # Errors
    /// It does not answer.
    fn check(&mut self) -> Result<(), RowsError>;

    /// A number that changes with everything that is made, altered or dropped. Inside a transaction it is that of the state which that sees.
    ///
    /// # Errors
    /// It cannot be read.
    fn schema_version(&mut self) -> Result<i64, RowsError>;

    /// Until when statements may run, from now on: [`RowsError::Deadline`] once it has passed.
    fn set_deadline(&mut self, deadline: Option<Deadline>);

    /// How many bytes the answer to one query of a plugin's may have, from now on.
    fn set_result_bytes(&mut self, most: usize);

    /// Runs one query as the plugin; answers a JSON array of objects and the number of rows.
    ///
    /// # Errors
    /// A problem (`not-granted`, `sql`, `constraint`, `read-only`, `too-large`), or what ends the call.
    fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), StatementError>;

    /// Runs one query as the plugin; answers its first row.
    ///
    /// # Errors
    /// As [`Connection::query_as`].
    fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, StatementError>;

    /// Runs one statement as the plugin; answers the rows that it changed itself.
    ///
    /// # Errors
    /// As [`Connection::query_as`].
    fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, StatementError>;

    /// Runs one statement as the plugin for many rows of parameters, all or nothing; answers the rows that it changed together.
    ///
    /// # Errors
    /// As [`Connection::query_as`].
    fn execute_many_as(&mut self, plugin: &PluginName, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StatementError>;
}
