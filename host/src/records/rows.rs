//! What the record engine needs from a database.

use crate::model::query::{Count, EachRow, Select, Violation, Write};

/// Why rows could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The write broke a rule of the schema; nothing was changed.
    #[error("a constraint of the schema does not allow it")]
    Violation(Violation),
    /// The database was held by somebody else for too long.
    #[error("the database is busy")]
    Busy,
    /// The deadline passed. A write that was stopped may have taken its transaction with it.
    #[error("the database was stopped at its deadline")]
    Deadline,
    /// There is no room left where the database lies.
    #[error("the disk is full")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Disk, memory, a damaged file, a table that is not there.
    #[error("the database failed")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Rows of one database, inside one transaction that the caller began.
pub trait Rows {
    /// Hands each row to `each`, in order, until it wants no more. The row is valid only during the call.
    fn select(&mut self, select: &Select, each: EachRow<'_>) -> Result<(), RowsError>;

    /// Counts rows.
    fn count(&mut self, count: &Count) -> Result<u64, RowsError>;

    /// Changes rows; answers how many. Wholly or not at all.
    fn write(&mut self, write: &Write) -> Result<u64, RowsError>;
}
