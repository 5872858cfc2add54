//! The connection: opened, guarded, and never used again once it cannot be trusted.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::deadline::{self, Deadline};
use super::json::MAX_RESULT_BYTES;
use super::judge::Decision;
use super::limits::ValueLength;
use super::open::{self, Mode};
use super::scope::ScopeCell;
use super::{authorizer, bounded, patience, rows};
use crate::model::{self, Name, PluginName};
use crate::store::StorageError;

/// How many statements stay compiled. A service has some five per collection, a plugin's own texts come on top; each takes a few kB.
pub(super) const CACHED_STATEMENTS: usize = 256;

/// One SQLite connection with its settings, its scope and its statements. Belongs to one thread at a time.
///
/// Methods named `…_as` run a plugin's text in that plugin's scope; everything else is the host's own.
pub struct Database {
    pub(super) connection: Connection,
    pub(super) scope: ScopeCell,
    pub(super) deadline: Deadline,
    /// What [`limits::Lowered`](super::limits::Lowered) last set, for functions of ours.
    pub(super) longest: ValueLength,
    pub(super) mode: Mode,
    /// Depth of savepoints; none outside a transaction. Compared with SQLite's own idea before every statement.
    pub(super) transaction: Cell<Option<u32>>,
    /// Foreign keys could not be switched on again.
    pub(super) unusable: Cell<bool>,
    /// How often foreign keys were switched off for a decision.
    #[cfg(test)]
    pub(super) switched: Cell<u32>,
    /// What was decided on texts of plugins, by scoped text.
    pub(super) decisions: RefCell<HashMap<String, Decision>>,
    /// How rows of a table come in the order of their insertion.
    pub(super) orders: RefCell<HashMap<Name, rows::InsertionOrder>>,
    /// Bytes in the answer to one query of a plugin's.
    pub(super) result_bytes: Cell<usize>,
    /// What plugins may read besides their own, in lower case.
    pub(super) grants: HashMap<PluginName, HashSet<String>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("mode", &self.mode).field("transaction", &self.transaction).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens a file. `busy` is how long a statement waits for another process, if its deadline allows.
    ///
    /// # Errors
    /// [`StorageError::Open`] names the file and what is wrong with it; [`StorageError::Busy`] when another process is making it.
    pub fn open(path: &Path, mode: Mode, busy: Duration) -> Result<Self, StorageError> {
        let mut database = Self::guard(open::open(path, mode, busy)?, mode)?;
        let clock = database.deadline.watched();
        patience::set(&mut database.connection, busy, move || clock.passed()).map_err(StorageError::Sqlite)?;
        Ok(database)
    }

    /// An empty database in memory, for replays.
    ///
    /// # Errors
    /// Only when memory runs out.
    pub fn in_memory() -> Result<Self, StorageError> {
        Self::guard(open::memory()?, Mode::Memory)
    }

    fn guard(mut connection: Connection, mode: Mode) -> Result<Self, StorageError> {
        let (scope, deadline) = (ScopeCell::default(), Deadline::new(connection.get_interrupt_handle()));
        let cell = scope.clone();
        let clock = deadline.watched();
        connection
            .authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| authorizer::authorize(&mut cell.lock(), &context)))
            .and_then(|()| connection.progress_handler(deadline::STEPS, Some(move || clock.passed())))
            .map_err(StorageError::Sqlite)?;
        let longest = ValueLength::default();
        bounded::register(&connection, &longest).map_err(StorageError::Sqlite)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        Ok(Self {
            connection,
            scope,
            deadline,
            longest,
            mode,
            transaction: Cell::new(None),
            unusable: Cell::new(false),
            #[cfg(test)]
            switched: Cell::new(0),
            decisions: RefCell::default(),
            orders: RefCell::default(),
            result_bytes: Cell::new(MAX_RESULT_BYTES),
            grants: HashMap::new(),
        })
    }

    /// Until when statements may run, from now on; [`StorageError::Deadline`] or the problem `time` once it has passed. To be set by the
    /// thread that runs them, whose processor time may count.
    ///
    /// A statement in hand is stopped within some milliseconds, and none begins any more. What ends a transaction or a part of it is
    /// exempt: it is short, and half an end is none. A write that is stopped ends the whole transaction ([`Database::is_lost`]); one
    /// that did not begin leaves it as it was.
    pub fn set_deadline(&self, deadline: Option<model::Deadline>) {
        self.deadline.set(deadline);
    }

    /// How many bytes the answer to one query of a plugin's may have, from now on; [`MAX_RESULT_BYTES`] until then.
    pub fn set_result_bytes(&self, most: usize) {
        self.result_bytes.set(most);
    }

    /// Runs one of the host's statements. Its text comes from a dialect, and may hold an expression or a query of a plugin's that was
    /// decided on alone; so that nothing can hide behind it, a second statement is refused.
    ///
    /// # Errors
    /// [`StorageError::Refused`] or [`StorageError::Violation`] when the schema or the data do not allow it.
    pub fn run(&mut self, sql: &str) -> Result<(), StorageError> {
        self.host(|connection| {
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        })
    }

    /// Runs several statements, all of them the house's own text.
    ///
    /// # Errors
    /// As [`Database::run`], at the first that fails; those before it stand, unless a transaction undoes them.
    pub fn run_script(&mut self, sql: &str) -> Result<(), StorageError> {
        self.host(|connection| connection.execute_batch(sql))
    }

    /// Whether nothing can be changed on this connection.
    pub fn is_read_only(&self) -> bool {
        matches!(self.mode, Mode::Reader | Mode::ReadOnly)
    }

    /// Does something of the host's on the connection, and sorts what goes wrong.
    pub(in crate::store) fn host<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StorageError> {
        self.check_usable()?;
        let start = Instant::now();
        work(&self.connection).map_err(|error| StorageError::sort(error, start.elapsed()))
    }

    /// Refuses to go on after a transaction that SQLite ended by itself, for what comes next would commit statement by statement; and to
    /// begin anything after the deadline.
    pub(super) fn check_usable(&self) -> Result<(), StorageError> {
        #[cfg(debug_assertions)]
        if self.mode == Mode::ReadWrite && self.transaction.get().is_some() {
            super::failpoint::pass();
        }
        if self.unusable.get() {
            return Err(StorageError::Misuse("foreign keys could not be enforced again, so the connection is closed to everything"));
        }
        if self.is_lost() {
            return Err(StorageError::TransactionLost);
        }
        if self.deadline.passed() {
            return Err(StorageError::Deadline);
        }
        Ok(())
    }
}
