//! A SQLite file to serve from. For the tests of `http` too.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::OpenFlags;
use tempfile::TempDir;

use crate::model::Table;
use crate::model::query::{Count, Row, Select, Write};
pub(crate) use crate::records::tests::fixtures;
use crate::records::tests::fixtures::{TestRows, compile, ddl, name};
use crate::records::{Rows, RowsError};
use crate::service::serving::{Connection, Connections, Endpoint, Readiness};

/// A database file that goes when this goes.
pub(crate) struct TestDatabase {
    folder: TempDir,
}

impl TestDatabase {
    pub(crate) fn with(tables: &[&Table]) -> Self {
        let database = Self { folder: tempfile::tempdir().unwrap() };
        database.connect().execute_batch("PRAGMA journal_mode = WAL").unwrap();
        tables.iter().for_each(|table| database.create(table));
        database
    }

    /// A database whose file is not there.
    pub(crate) fn missing() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn create(&self, table: &Table) {
        self.connect().execute_batch(&ddl(table)).unwrap();
    }

    pub(crate) fn connections(&self) -> Arc<dyn Connections> {
        Arc::new(TestConnections(self.path()))
    }

    /// The first column of every row.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let connection = self.connect();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    fn connect(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

/// A table of plugin `shop` as a ready endpoint.
pub(crate) fn endpoint(table: &Table) -> Arc<Endpoint> {
    Arc::new(Endpoint { collection: compile(table), version: semver::Version::new(1, 2, 3), readiness: Readiness::Ready })
}

pub(crate) fn insert_user(text: &str) -> Write {
    let cells = ["id", "email", "name"].map(|column| (name(column), text.into())).to_vec();
    Write::Insert { table: name("users"), cells }
}

struct TestConnections(PathBuf);

impl TestConnections {
    fn open(&self, flags: OpenFlags, begin: &'static str) -> Result<Box<dyn Connection>, RowsError> {
        let connection = rusqlite::Connection::open_with_flags(&self.0, flags).map_err(|error| RowsError::Fault(error.into()))?;
        connection.execute_batch("PRAGMA foreign_keys = ON").map_err(|error| RowsError::Fault(error.into()))?;
        Ok(Box::new(TestConnection { rows: TestRows(connection), begin }))
    }
}

impl Connections for TestConnections {
    fn reader(&self) -> Result<Box<dyn Connection>, RowsError> {
        self.open(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX, "BEGIN")
    }

    fn writer(&self) -> Result<Box<dyn Connection>, RowsError> {
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX, "BEGIN IMMEDIATE")
    }
}

struct TestConnection {
    rows: TestRows,
    begin: &'static str,
}

impl Rows for TestConnection {
    fn select(&mut self, select: &Select, each: &mut dyn FnMut(&dyn Row)) -> Result<(), RowsError> {
        self.rows.select(select, each)
    }

    fn count(&mut self, count: &Count) -> Result<u64, RowsError> {
        self.rows.count(count)
    }

    fn write(&mut self, write: &Write) -> Result<u64, RowsError> {
        self.rows.write(write)
    }
}

impl Connection for TestConnection {
    fn begin(&mut self) -> Result<(), RowsError> {
        self.rows.run(self.begin)
    }

    fn commit(&mut self) -> Result<(), RowsError> {
        self.rows.run("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), RowsError> {
        if self.rows.0.is_autocommit() { Ok(()) } else { self.rows.run("ROLLBACK") }
    }

    fn check(&mut self) -> Result<(), RowsError> {
        self.rows.run("SELECT 1")
    }
}
