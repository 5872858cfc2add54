//! What a migration step needs from the rest of the house.

use crate::model::{Name, Operation, Problem, Value};

/// Carries out what a plugin's `upgrade` or `downgrade` asks for.
///
/// One context serves one step. Every method is called synchronously from inside the guest's call, in the order of the guest's
/// calls; an error is handed to the guest, which may give it back as its own result. Implementations need not be atomic per call:
/// a step whose guest answers an error, traps or runs out of time is rolled back as a whole by whoever called the guest.
pub trait MigrationContext {
    /// Carries out one schema operation. Never called with [`Operation::Execute`] or [`Operation::InsertRows`].
    fn apply(&mut self, operation: Operation) -> Result<(), Problem>;

    /// Runs one statement on the plugin's own tables; answers the rows that the statement itself changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Problem>;

    /// Inserts rows, given as a JSON array of objects; answers their number.
    fn insert_rows(&mut self, table: &Name, rows: &[u8]) -> Result<u64, Problem>;

    /// Declares that the step changes rows of `table` by way of foreign-key actions.
    fn touches(&mut self, table: &Name) -> Result<(), Problem>;

    /// Runs a query; answers a JSON array of objects and the number of rows. Offline: the problem `offline`.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), Problem>;

    /// Runs a query; answers its first row. Offline: the problem `offline`.
    fn row(&mut self, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, Problem>;

    /// `sqlite` or `postgresql`.
    fn dialect(&self) -> &'static str;

    /// Whether SQL is being written out instead of run.
    fn offline(&self) -> bool;
}
