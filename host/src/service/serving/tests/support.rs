//! A SQLite file to serve from. For the tests of `http` too.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;
use tempfile::TempDir;
use tracing::subscriber::DefaultGuard;

use crate::model::Table;
use crate::model::manifest::Details;
use crate::model::query::Write;
pub(crate) use crate::records::tests::fixtures;
use crate::records::tests::fixtures::{compile, ddl, name};
use crate::service::file::File;
use crate::service::limit_settings::PluginLimits;
use crate::service::serving::{Connections, Endpoint, Handler, HandlingPlugin, MadeFor, Readiness};

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
        Arc::new(File::patient(&self.path()))
    }

    /// The first column of every row.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let connection = self.connect();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// The file with SQLite's own eyes.
    pub(crate) fn connect(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

/// A table of plugin `shop` as a ready endpoint.
pub(crate) fn endpoint(table: &Table) -> Arc<Endpoint> {
    let version = semver::Version::new(1, 2, 3);
    Arc::new(Endpoint {
        collection: Arc::new(compile(table)),
        version,
        readiness: Readiness::Ready,
        handlers: BTreeMap::new(),
        made_for: MadeFor::default(),
    })
}

pub(crate) fn insert_user(text: &str) -> Write {
    let cells = ["id", "email", "name"].map(|column| (name(column), text.into())).to_vec();
    Write::Insert { table: name("users"), cells }
}

/// One of plugin `billing`, which answers nothing: for what is said of it.
pub(crate) fn handler(operation: &str, details: Details) -> Arc<Handler> {
    let component = crate::runtime::testing::component();
    let plugin = HandlingPlugin::new(component, "billing".parse().unwrap(), BTreeMap::new(), BTreeMap::new(), PluginLimits::default());
    Handler::new(plugin, operation.to_owned(), false, details).unwrap()
}

/// What this thread logs, as long as this is there.
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl Log {
    pub(crate) fn of_this_thread() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&lines);
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || Writer(Arc::clone(&writer))).finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The fields of the lines with this message.
    pub(crate) fn saying(&self, message: &str) -> Vec<Json> {
        let text = String::from_utf8(self.lines.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["fields"].take());
        lines.filter(|fields| fields["message"] == message).collect()
    }
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
