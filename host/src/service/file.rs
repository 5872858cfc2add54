//! The record engine's rows on the store's [`Database`]: a file's connections for serving.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::serving::{Connection, Connections, StatementError};
use super::settings::Settings;
use crate::model::query::{Count, EachRow, Select, Write};
use crate::model::{Deadline, Name, PluginName, Value};
use crate::records::{Rows, RowsError};
use crate::store::{BUSY_SERVE, Database, Mode, SqlError, StorageError};

/// A database's file.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    /// How long a write waits for another process.
    busy: Duration,
    /// What plugins may read besides their own.
    reads: BTreeMap<PluginName, Vec<Name>>,
}

impl File {
    /// The operator's database; nothing is opened yet.
    pub(super) fn new(settings: &Settings) -> Self {
        let reads = settings.plugins.iter().map(|(plugin, given)| (plugin.clone(), given.reads.clone())).collect();
        Self { path: settings.database.clone(), busy: BUSY_SERVE, reads }
    }

    fn open(&self, mode: Mode) -> Result<Box<dyn Connection>, RowsError> {
        let mut database = Database::open(&self.path, mode, self.busy).map_err(sort)?;
        for (plugin, tables) in &self.reads {
            database.grant_reads(plugin, tables.iter().cloned());
        }
        Ok(Box::new(OnDatabase(database)))
    }
}

impl Connections for File {
    fn reader(&self) -> Result<Box<dyn Connection>, RowsError> {
        self.open(Mode::Reader)
    }

    fn writer(&self) -> Result<Box<dyn Connection>, RowsError> {
        self.open(Mode::ReadWrite)
    }
}

/// One connection of the server's.
#[derive(Debug)]
struct OnDatabase(Database);

impl Rows for OnDatabase {
    fn select(&mut self, select: &Select, each: EachRow<'_>) -> Result<(), RowsError> {
        self.0.select(select, each).map_err(sort)
    }

    fn count(&mut self, count: &Count) -> Result<u64, RowsError> {
        self.0.count(count).map_err(sort)
    }

    fn write(&mut self, write: &Write) -> Result<u64, RowsError> {
        self.0.write_rows(write).map_err(sort)
    }
}

impl Connection for OnDatabase {
    fn begin(&mut self) -> Result<(), RowsError> {
        if self.0.is_read_only() { self.0.begin_read() } else { self.0.begin_write() }.map_err(sort)
    }

    fn commit(&mut self) -> Result<(), RowsError> {
        self.0.commit().map_err(sort)
    }

    fn rollback(&mut self) -> Result<(), RowsError> {
        self.0.rollback().map_err(sort)
    }

    fn savepoint(&mut self) -> Result<(), RowsError> {
        self.0.savepoint().map_err(sort)
    }

    fn release(&mut self) -> Result<(), RowsError> {
        self.0.release().map_err(sort)
    }

    fn undo(&mut self) -> Result<(), RowsError> {
        self.0.rollback_to_savepoint().map_err(sort)
    }

    fn owes_references(&mut self) -> Result<bool, RowsError> {
        self.0.owes_references().map_err(sort)
    }

    fn is_lost(&self) -> bool {
        self.0.is_lost()
    }

    fn check(&mut self) -> Result<(), RowsError> {
        self.0.data_version().map(drop).map_err(sort)
    }

    fn schema_version(&mut self) -> Result<i64, RowsError> {
        self.0.schema_version().map_err(sort)
    }

    fn set_deadline(&mut self, deadline: Option<Deadline>) {
        self.0.set_deadline(deadline);
    }

    fn set_result_bytes(&mut self, most: usize) {
        self.0.set_result_bytes(most);
    }

    fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), StatementError> {
        self.0.query_as(plugin, sql, params).map_err(sort_statement)
    }

    fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, StatementError> {
        self.0.row_as(plugin, sql, params).map_err(sort_statement)
    }

    fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, StatementError> {
        self.0.execute_as(plugin, sql, params).map_err(sort_statement)
    }

    fn execute_many_as(&mut self, plugin: &PluginName, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StatementError> {
        self.0.execute_many_as(plugin, sql, rows).map_err(sort_statement)
    }
}

fn sort_statement(error: SqlError) -> StatementError {
    match error {
        SqlError::Problem(problem) => StatementError::Problem(problem),
        SqlError::Fault(fault) => StatementError::Rows(sort(fault)),
    }
}

fn sort(error: StorageError) -> RowsError {
    match error {
        StorageError::Violation(violation) => RowsError::Violation(violation),
        StorageError::Busy { .. } => RowsError::Busy,
        StorageError::Deadline => RowsError::Deadline,
        full if full.is_full() => RowsError::Full(Box::new(full)),
        other => RowsError::Fault(Box::new(other)),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Connections on which things go wrong as a test wants.

    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::{BUSY_SERVE, File, OnDatabase, sort};
    use crate::model::query::{Count, EachRow, Select, Write};
    use crate::model::{Deadline, PluginName, Value};
    use crate::records::{Rows, RowsError};
    use crate::service::serving::{Connection, Connections, StatementError};
    use crate::store::{Database, Mode};

    impl File {
        /// A file whose connections wait for others no longer than this.
        pub(crate) fn impatient(path: &Path, busy: Duration) -> Self {
            Self { path: path.to_owned(), busy, reads: BTreeMap::new() }
        }

        /// A file like the server's.
        pub(crate) fn patient(path: &Path) -> Self {
            Self::impatient(path, BUSY_SERVE)
        }
    }

    /// A file whose writer remembers what was asked of it.
    pub(crate) struct Watched {
        pub(crate) file: File,
        /// Run on a writer when it is opened.
        pub(crate) script: &'static str,
        /// What was asked: `begin`, `savepoint`, `release`, `undo`, `commit`, `rollback`; and `open`.
        pub(crate) log: Arc<Mutex<Vec<&'static str>>>,
        /// So many commits fail.
        pub(crate) failing_commits: Arc<Mutex<Vec<Failing>>>,
    }

    impl Connections for Watched {
        fn reader(&self) -> Result<Box<dyn Connection>, RowsError> {
            self.file.reader()
        }

        fn writer(&self) -> Result<Box<dyn Connection>, RowsError> {
            self.log.lock().unwrap().push("open");
            let mut database = Database::open(&self.file.path, Mode::ReadWrite, self.file.busy).map_err(sort)?;
            database.run_script(self.script).map_err(sort)?;
            let (log, failing_commits) = (Arc::clone(&self.log), Arc::clone(&self.failing_commits));
            Ok(Box::new(WatchedConnection { inner: OnDatabase(database), log, failing_commits }))
        }
    }

    /// How a commit fails.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum Failing {
        /// The database refuses it.
        Refused,
        /// There is a mistake in our code.
        Panics,
    }

    struct WatchedConnection {
        inner: OnDatabase,
        log: Arc<Mutex<Vec<&'static str>>>,
        failing_commits: Arc<Mutex<Vec<Failing>>>,
    }

    impl WatchedConnection {
        fn log(&self, what: &'static str) {
            self.log.lock().unwrap().push(what);
        }
    }

    impl Rows for WatchedConnection {
        fn select(&mut self, select: &Select, each: EachRow<'_>) -> Result<(), RowsError> {
            self.inner.select(select, each)
        }

        fn count(&mut self, count: &Count) -> Result<u64, RowsError> {
            self.inner.count(count)
        }

        /// A write to table `endless` is interrupted.
        fn write(&mut self, write: &Write) -> Result<u64, RowsError> {
            let endless = *write.table() == *"endless";
            // Time enough to begin: only what runs is interrupted.
            self.inner.0.set_deadline(endless.then(|| (Instant::now() + Duration::from_millis(20)).into()));
            let written = self.inner.write(write);
            self.inner.0.set_deadline(None);
            written
        }
    }

    impl Connection for WatchedConnection {
        fn begin(&mut self) -> Result<(), RowsError> {
            self.log("begin");
            self.inner.begin()
        }

        fn commit(&mut self) -> Result<(), RowsError> {
            self.log("commit");
            let failing = self.failing_commits.lock().unwrap().pop();
            match failing {
                None => self.inner.commit(),
                Some(Failing::Refused) => {
                    self.inner.rollback()?;
                    Err(RowsError::Fault("the disk is gone".into()))
                }
                Some(Failing::Panics) => panic!("as the test wants"),
            }
        }

        fn rollback(&mut self) -> Result<(), RowsError> {
            self.log("rollback");
            self.inner.rollback()
        }

        fn savepoint(&mut self) -> Result<(), RowsError> {
            self.log("savepoint");
            self.inner.savepoint()
        }

        fn release(&mut self) -> Result<(), RowsError> {
            self.log("release");
            self.inner.release()
        }

        fn undo(&mut self) -> Result<(), RowsError> {
            self.log("undo");
            self.inner.undo()
        }

        fn owes_references(&mut self) -> Result<bool, RowsError> {
            self.inner.owes_references()
        }

        fn is_lost(&self) -> bool {
            self.inner.is_lost()
        }

        fn check(&mut self) -> Result<(), RowsError> {
            self.inner.check()
        }

        fn schema_version(&mut self) -> Result<i64, RowsError> {
            self.inner.schema_version()
        }

        fn set_deadline(&mut self, deadline: Option<Deadline>) {
            self.inner.set_deadline(deadline);
        }

        fn set_result_bytes(&mut self, most: usize) {
            self.inner.set_result_bytes(most);
        }

        fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), StatementError> {
            self.inner.query_as(plugin, sql, params)
        }

        fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, StatementError> {
            self.inner.row_as(plugin, sql, params)
        }

        fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, StatementError> {
            self.inner.execute_as(plugin, sql, params)
        }

        fn execute_many_as(&mut self, plugin: &PluginName, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StatementError> {
            self.inner.execute_many_as(plugin, sql, rows)
        }
    }
}
