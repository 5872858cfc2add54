//! The record engine's rows on the store's [`Database`]: connections for serving.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::serving::{Collection, Connection, Connections, Endpoint, Options, PluginState, Readiness, Serving, Snapshot, SystemClock};
use super::state::State;
use crate::model::query::{Count, Row, Select, Write};
use crate::records::{Rows, RowsError};
use crate::store::{BUSY_SERVE, Database, Mode, ServeLock, StorageError};

/// What is served, and what was left out of it.
#[derive(Debug)]
pub struct Started {
    /// Answers requests.
    pub serving: Serving,
    /// Files that were refused.
    pub refused: Vec<Refusal>,
    /// Held as long as something is served.
    pub lock: ServeLock,
}

/// Starts to serve the folder's plugins. The database is made when it is missing, and changed no further.
///
/// # Errors
/// The folder or the database cannot be used, or another process serves it.
pub fn start(host: &Host) -> Result<Started, ServiceError> {
    host.require_folder()?;
    let mut live = Live::open(host.settings())?;
    let lock = ServeLock::take(&host.settings().database)?;
    live.prepare()?;
    let set = host.load(&live.owners()?)?;
    let state = State::read(&live, &set)?;
    let snapshot = snapshot(&set, &state)?;
    let file: Arc<dyn Connections> = Arc::new(File { path: host.settings().database.clone() });
    let serving = Serving::start(file, Box::new(SystemClock::new()), snapshot, Options::default())?;
    Ok(Started { serving, refused: set.refused, lock })
}

/// The endpoints of the loaded plugins. Those of a plugin whose revisions are not all applied are there and not ready.
fn snapshot(set: &PluginSet, state: &State) -> Result<Snapshot, ServiceError> {
    let mut snapshot = Snapshot::default();
    for plugin in set.plugins.values() {
        let manifest = &plugin.manifest;
        let pending = state.graph.heads(&manifest.name).into_iter().any(|head| !state.is_applied(head));
        let readiness = if pending { Readiness::behind(&manifest.name) } else { Readiness::Ready };
        snapshot.plugins.push(PluginState { name: manifest.name.clone(), version: manifest.version.clone(), readiness: readiness.clone() });
        for declared in &manifest.collections {
            let Some(table) = manifest.table(&declared.table) else { continue };
            let collection = Collection::compile(&manifest.name, declared, table)?;
            snapshot.endpoints.push(Arc::new(Endpoint { collection, version: manifest.version.clone(), readiness: readiness.clone() }));
        }
    }
    Ok(snapshot)
}

/// The operator's database.
#[derive(Debug)]
struct File {
    path: PathBuf,
}

impl File {
    fn open(&self, mode: Mode) -> Result<Box<dyn Connection>, RowsError> {
        Ok(Box::new(OnDatabase(Database::open(&self.path, mode, BUSY_SERVE).map_err(sort)?)))
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
    fn select(&mut self, select: &Select, each: &mut dyn FnMut(&dyn Row)) -> Result<(), RowsError> {
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

    fn check(&mut self) -> Result<(), RowsError> {
        self.0.data_version().map(drop).map_err(sort)
    }
}

fn sort(error: StorageError) -> RowsError {
    match error {
        StorageError::Violation(violation) => RowsError::Violation(violation),
        StorageError::Busy { .. } => RowsError::Busy,
        other => RowsError::Fault(Box::new(other)),
    }
}
