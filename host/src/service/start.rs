//! What `tenon serve` serves: the folder's plugins over the operator's database.

use std::sync::Arc;

use super::error::ServiceError;
use super::file::File;
use super::handlers::Handlers;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::readiness;
use super::serving::{Endpoint, Options, PluginState, RouteEndpoint, Serving, Snapshot, SystemClock};
use super::state::{State, Tables};
use super::watch::Watch;
use crate::store::ServeLock;

/// What is served, and what was left out of it.
#[derive(Debug)]
pub struct Started {
    /// Answers requests.
    pub serving: Arc<Serving>,
    /// Files that were refused.
    pub refused: Vec<Refusal>,
    /// Keeps up with what other processes apply and undo, as long as it is held.
    pub watch: Watch,
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
    let (set, state) = host.load(&live, live.books()?, host.files())?;
    let handlers = Handlers::of(&set, host.settings())?;
    let snapshot = snapshot(&set, &handlers, &state, &live.tables()?);
    let file = Arc::new(File::new(host.settings()));
    let serving = Arc::new(Serving::start(file, Arc::new(SystemClock::new()), snapshot, Options::default())?);
    let refused = set.refused.clone();
    let watch = Watch::start(Live::open_read_only(host.settings())?, set, handlers, Arc::clone(&serving))?;
    Ok(Started { serving, refused, watch, lock })
}

/// Leaves the database in one file, without a WAL beside it. Does so when nothing of the server has it open any more; a reader that
/// was the last to close cannot.
pub fn fold_wal(host: &Host) {
    if let Err(error) = Live::open(host.settings()) {
        tracing::debug!(error = &error as &dyn std::error::Error, "the database keeps its WAL; the next writer takes it in");
    }
}

/// The endpoints of the loaded plugins. Those that cannot answer, because a revision is not applied or a table is not the plugin's own,
/// are there and not ready.
pub(super) fn snapshot(set: &PluginSet, handlers: &Handlers, state: &State, tables: &Tables) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for plugin in set.plugins.values() {
        let manifest = &plugin.manifest;
        let (name, version) = (&manifest.name, &manifest.version);
        let readiness = readiness::of_plugin(plugin, state, tables);
        let description = manifest.description.clone();
        snapshot.plugins.push(PluginState { name: name.clone(), version: version.clone(), description, readiness: readiness.clone() });
        for declared in &manifest.collections {
            let Some(collection) = handlers.collection(name, &declared.name) else { continue };
            snapshot.endpoints.push(Arc::new(Endpoint {
                collection: Arc::clone(collection),
                version: version.clone(),
                readiness: readiness::of_collection(plugin, declared, state, tables),
                handlers: handlers.operations(name, &declared.name),
            }));
        }
        for route in &manifest.routes {
            let Some(handler) = handlers.route(name, &route.name) else { continue };
            let (plugin, version, readiness) = (name.clone(), version.clone(), readiness.clone());
            snapshot.routes.push(Arc::new(RouteEndpoint {
                plugin,
                version,
                readiness,
                route: route.clone(),
                handler: Arc::clone(handler),
            }));
        }
    }
    snapshot
}
