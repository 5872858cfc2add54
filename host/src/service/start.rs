//! What `tenon serve` serves: the folder's plugins over the operator's database.

use std::sync::Arc;

use super::error::ServiceError;
use super::file::File;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::serving::{Collection, Endpoint, Options, PluginState, Readiness, Serving, Snapshot, SystemClock};
use super::state::State;

/// What is served, and what was left out of it.
#[derive(Debug)]
pub struct Started {
    /// Answers requests.
    pub serving: Serving,
    /// Files that were refused.
    pub refused: Vec<Refusal>,
}

/// Starts to serve the folder's plugins. The database is made when it is missing, and changed no further.
///
/// # Errors
/// The folder or the database cannot be used.
pub fn start(host: &Host) -> Result<Started, ServiceError> {
    host.require_folder()?;
    let mut live = Live::open(host.settings())?;
    live.prepare()?;
    let set = host.load(&live.owners()?)?;
    let state = State::read(&live, &set)?;
    let snapshot = snapshot(&set, &state)?;
    let file = Arc::new(File::new(&host.settings().database));
    let serving = Serving::start(file, Box::new(SystemClock::new()), snapshot, Options::default())?;
    Ok(Started { serving, refused: set.refused })
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
