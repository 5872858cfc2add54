//! Transactions: explicit, because a plugin's context owns the connection for as long as it runs, and as a guard for everybody else.

use std::ops::{Deref, DerefMut};

use super::{Database, foreign_keys};
use crate::store::StorageError;

impl Database {
    /// Begins a transaction that writes. Waits for other writers, at most as long as the connection was opened with.
    ///
    /// # Errors
    /// [`StorageError::Busy`] after that time; [`StorageError::Misuse`] inside a transaction.
    pub fn begin_write(&mut self) -> Result<(), StorageError> {
        self.begin("BEGIN IMMEDIATE")
    }

    /// Begins a transaction that reads: all statements see one state.
    ///
    /// # Errors
    /// [`StorageError::Misuse`] inside a transaction.
    pub fn begin_read(&mut self) -> Result<(), StorageError> {
        self.begin("BEGIN DEFERRED")
    }

    fn begin(&mut self, sql: &str) -> Result<(), StorageError> {
        if self.transaction.get().is_some() {
            return Err(StorageError::Misuse("a transaction is open already"));
        }
        self.host(|connection| connection.prepare_cached(sql)?.execute([]))?;
        self.scope.take_facts_changed();
        self.transaction.set(Some(0));
        Ok(())
    }

    /// Has [`Database::schema_version`] be another when the transaction is committed, although nothing is made, altered or dropped.
    ///
    /// # Errors
    /// Only faults.
    pub fn raise_schema_version(&mut self) -> Result<(), StorageError> {
        // `PRAGMA schema_version = N` does nothing on a defensive connection.
        self.host(|connection| connection.execute_batch("CREATE VIEW tenon_raised AS SELECT 1; DROP VIEW tenon_raised"))
    }

    /// Ends the transaction and keeps what was done in it.
    ///
    /// # Errors
    /// When it cannot be kept (a deferred foreign key, a full disk), everything is rolled back.
    pub fn commit(&mut self) -> Result<(), StorageError> {
        if self.transaction.get().is_none() {
            return Err(StorageError::Misuse("no transaction is open"));
        }
        match self.end("COMMIT") {
            Ok(()) => {
                self.transaction.set(None);
                Ok(())
            }
            Err(error) => {
                // The first error is the one to tell; rollback only leaves a failing connection behind, which says so itself.
                if let Err(second) = self.rollback() {
                    tracing::error!(
                        error = &second as &dyn std::error::Error,
                        "a transaction that could not be committed could not be rolled back"
                    );
                }
                Err(error)
            }
        }
    }

    /// Ends the transaction and undoes what was done in it. Does nothing when none is open.
    ///
    /// # Errors
    /// When the file cannot be written to; SQLite undoes it when the file is opened next.
    pub fn rollback(&mut self) -> Result<(), StorageError> {
        if self.transaction.take().is_none() {
            return Ok(());
        }
        self.undone();
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.end("ROLLBACK")
    }

    /// Runs what ends a transaction or a part of it, whatever the deadline.
    fn end(&self, sql: &str) -> Result<(), StorageError> {
        self.deadline.suspended(|| self.host(|connection| connection.prepare_cached(sql)?.execute([]))).map(drop)
    }

    /// Begins a part of the transaction that can be undone alone. Parts nest; the innermost ends first.
    ///
    /// # Errors
    /// [`StorageError::Misuse`] outside a transaction.
    pub fn savepoint(&mut self) -> Result<(), StorageError> {
        let Some(depth) = self.transaction.get() else { return Err(StorageError::Misuse("a savepoint needs a transaction")) };
        self.host(|connection| connection.prepare_cached(&format!("SAVEPOINT tenon_{depth}"))?.execute([]))?;
        self.transaction.set(Some(depth + 1));
        Ok(())
    }

    /// Ends the innermost part and keeps what was done in it, as far as the transaction is kept.
    ///
    /// # Errors
    /// [`StorageError::Misuse`] when there is none.
    pub fn release(&mut self) -> Result<(), StorageError> {
        let depth = self.innermost()?;
        self.end(&format!("RELEASE tenon_{depth}"))?;
        self.transaction.set(Some(depth));
        Ok(())
    }

    /// Ends the innermost part and undoes what was done in it.
    ///
    /// # Errors
    /// [`StorageError::Misuse`] when there is none.
    pub fn rollback_to_savepoint(&mut self) -> Result<(), StorageError> {
        let depth = self.innermost()?;
        self.undone();
        self.end(&format!("ROLLBACK TO tenon_{depth}"))?;
        self.end(&format!("RELEASE tenon_{depth}"))?;
        self.transaction.set(Some(depth));
        Ok(())
    }

    /// Whether a transaction was begun and not ended.
    pub fn is_in_transaction(&self) -> bool {
        self.transaction.get().is_some()
    }

    /// Whether SQLite ended the transaction by itself: a full disk, an interrupted write, a conflict that rolls back. Every further
    /// statement is refused with [`StorageError::TransactionLost`] until [`Database::rollback`].
    pub fn is_lost(&self) -> bool {
        self.transaction.get().is_some() && self.connection.is_autocommit()
    }

    /// Whether a foreign key is broken that is checked only at the commit, which would then fail.
    ///
    /// # Errors
    /// [`StorageError::Misuse`], if SQLite did not know the question.
    pub fn owes_references(&self) -> Result<bool, StorageError> {
        foreign_keys::outstanding(&self.connection)
    }

    fn innermost(&self) -> Result<u32, StorageError> {
        self.transaction.get().and_then(|depth| depth.checked_sub(1)).ok_or(StorageError::Misuse("no savepoint is open"))
    }

    /// Forgets what was decided under a schema, or with owners, that a rollback takes back: the next change may bear the same number.
    fn undone(&self) {
        if self.scope.take_facts_changed() {
            self.forget_decisions();
            // An outer part may yet be undone too.
            self.scope.lock().facts_changed = self.transaction.get().is_some();
        }
    }

    /// [`Database::begin_write`] as a guard that rolls back unless it is committed.
    ///
    /// # Errors
    /// As [`Database::begin_write`].
    pub fn write(&mut self) -> Result<Transaction<'_>, StorageError> {
        self.begin_write()?;
        Ok(Transaction { database: self })
    }

    /// [`Database::begin_read`] as a guard.
    ///
    /// # Errors
    /// As [`Database::begin_read`].
    pub fn read(&mut self) -> Result<Transaction<'_>, StorageError> {
        self.begin_read()?;
        Ok(Transaction { database: self })
    }
}

/// An open transaction; rolls back when it is dropped.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'a> {
    database: &'a mut Database,
}

impl Transaction<'_> {
    /// As [`Database::commit`].
    ///
    /// # Errors
    /// As [`Database::commit`].
    pub fn commit(self) -> Result<(), StorageError> {
        self.database.commit()
    }

    /// As [`Database::rollback`].
    ///
    /// # Errors
    /// As [`Database::rollback`].
    pub fn rollback(self) -> Result<(), StorageError> {
        self.database.rollback()
    }
}

impl Deref for Transaction<'_> {
    type Target = Database;

    fn deref(&self) -> &Database {
        self.database
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Database {
        self.database
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // Nothing to do after `commit` or `rollback`.
        if let Err(error) = self.database.rollback() {
            tracing::error!(error = &error as &dyn std::error::Error, "a transaction could not be rolled back");
        }
    }
}
