//! What `tenon serve` serves: the folder's plugins over the operator's database.

use std::sync::Arc;

use super::error::ServiceError;
use super::file::File;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::readiness;
use super::serving::{Collection, Endpoint, Options, PluginState, RouteEndpoint, Serving, Snapshot, SystemClock};
use super::state::State;
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
    let set = host.load(&live.owners()?)?;
    let state = State::read(&live, &set)?;
    let snapshot = snapshot(&set, &state)?;
    let file = Arc::new(File::new(&host.settings().database));
    let serving = Arc::new(Serving::start(file, Box::new(SystemClock::new()), snapshot, Options::default())?);
    let refused = set.refused.clone();
    let watch = Watch::start(Live::open_read_only(host.settings())?, set, Arc::clone(&serving))?;
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
pub(super) fn snapshot(set: &PluginSet, state: &State) -> Result<Snapshot, ServiceError> {
    let mut snapshot = Snapshot::default();
    for plugin in set.plugins.values() {
        let manifest = &plugin.manifest;
        let (name, version) = (manifest.name.clone(), manifest.version.clone());
        snapshot.plugins.push(PluginState { name, version: version.clone(), readiness: readiness::of_plugin(plugin, state) });
        for declared in &manifest.collections {
            let Some(table) = manifest.table(&declared.table) else { continue };
            let collection = Collection::compile(&manifest.name, declared, table)?;
            let readiness = readiness::of_collection(plugin, declared, state);
            let handled = manifest.handled.iter().filter(|handled| handled.collection == declared.name);
            let handled = handled.map(|handled| (handled.operation, Arc::new(handled.details.clone()))).collect();
            snapshot.endpoints.push(Arc::new(Endpoint { collection, version: version.clone(), readiness, handled }));
        }
        let readiness = readiness::of_plugin(plugin, state);
        snapshot.routes.extend(manifest.routes.iter().map(|route| {
            let (plugin, version) = (manifest.name.clone(), version.clone());
            Arc::new(RouteEndpoint { plugin, version, readiness: readiness.clone(), route: route.clone() })
        }));
    }
    Ok(snapshot)
}
