//! What the host does on a plugin's behalf: statements of its own in which a plugin's expressions, views or triggers take part, whether it
//! wrote them into the operation in hand or into the schema before.
//!
//! They were decided on when they came, so they may run in the host's scope; what they may take is bounded like what a plugin sends itself.
//! Values may be longer than a plugin's own statement makes them, for the rows may come from a client or from an import.

use rusqlite::ErrorCode;

use super::memory::{self, Budget};
use super::{Database, limits};
use crate::store::StorageError;

impl Database {
    /// Does `work` with the memory of one of a plugin's statements, and with values no longer than a table's change may meet.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when that is too little; otherwise those of `work`.
    pub fn on_behalf<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StorageError>) -> Result<T, StorageError> {
        let before = limits::Lowered::enter(self, &limits::ON_BEHALF).map_err(StorageError::Sqlite)?.leave_lowered();
        let budget = Budget::enter(memory::RUNNING);
        let result = work(self).map_err(spent);
        drop(budget);
        // After a panic they stay as low as they are.
        limits::restore(self, &before);
        result
    }
}

/// An error of SQLite's that says that a limit is spent, as the refusal that it is.
pub(super) fn spent(error: StorageError) -> StorageError {
    let code = match &error {
        StorageError::Sqlite(error) => error.sqlite_error_code(),
        _ => None,
    };
    match code {
        Some(ErrorCode::TooBig) => {
            let most = limits::ON_BEHALF_LENGTH;
            StorageError::Refused(format!("a value or a row is too long: it may have {most} bytes where a table is changed"))
        }
        Some(ErrorCode::OutOfMemory) => {
            StorageError::Refused(format!("this takes more memory than a statement may: {} bytes", memory::RUNNING))
        }
        _ => error,
    }
}
