//! Foreign keys off for a moment, and those that are checked only at the commit.
//!
//! `PRAGMA foreign_keys` does nothing inside a transaction, but the connection's own switch does. A test pins that, and that enforcement
//! is whole again afterwards.

use std::ffi::c_int;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};

use super::Database;
use crate::store::StorageError;

/// Whether a foreign key is broken at this moment: one that is checked at COMMIT, for every other was checked with its statement.
pub(super) fn outstanding(connection: &Connection) -> Result<bool, StorageError> {
    let (mut current, mut highest): (c_int, c_int) = (0, 0);
    #[allow(unsafe_code, reason = "rusqlite has no name for this question")]
    // SAFETY: the handle is that of a connection that is borrowed, so it is open and no other thread uses it; the two numbers outlive
    // the call, which writes nothing else and keeps no pointer.
    let code =
        unsafe { ffi::sqlite3_db_status(connection.handle(), ffi::SQLITE_DBSTATUS_DEFERRED_FKS, &raw mut current, &raw mut highest, 0) };
    if code == ffi::SQLITE_OK { Ok(current != 0) } else { Err(StorageError::Misuse("this SQLite does not count deferred foreign keys")) }
}

/// Does `work` while foreign keys are not enforced, and enforces them again, whatever happens in it.
///
/// Expires every prepared statement of the connection: each is recompiled when it next runs (1.5 µs, measured).
pub(super) fn without<T>(database: &Database, work: impl FnOnce() -> T) -> Result<T, StorageError> {
    let guard = Off::enter(database)?;
    let result = work();
    guard.leave()?;
    Ok(result)
}

struct Off<'a>(&'a Database);

impl<'a> Off<'a> {
    fn enter(database: &'a Database) -> Result<Self, StorageError> {
        let guard = Self(database);
        #[cfg(test)]
        database.switched.set(database.switched.get() + 1);
        database.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false).map_err(StorageError::Sqlite)?;
        Ok(guard)
    }

    fn leave(self) -> Result<(), StorageError> {
        let database = self.0;
        drop(self);
        database.check_usable()
    }
}

impl Drop for Off<'_> {
    fn drop(&mut self) {
        // Answers what holds now. A connection that does not enforce them again must not be used again.
        if !matches!(self.0.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true), Ok(true)) {
            self.0.unusable.set(true);
        }
    }
}
