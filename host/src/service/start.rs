//! What `tenon serve` serves: the folder's plugins over the operator's database.

use std::sync::Arc;

use super::error::ServiceError;
use super::file::File;
use super::folder;
use super::handlers::Handlers;
use super::host::Host;
use super::live::Live;
use super::load::{Plugin, PluginSet, Refusal};
use super::pending;
use super::readiness;
use super::serving::{Endpoint, MadeFor, Options, PluginState, RouteEndpoint, Serving, Snapshot, SystemClock};
use super::state::{State, Tables};
pub use super::swap::{Administration, InstallError, Installed, Undone};
use super::swap::{Auto, DatabaseWatch, Exchange, FolderWatch, Served, Watch, Watches};
use crate::store::ServeLock;

/// What is served, and what was left out of it.
#[derive(Debug)]
pub struct Started {
    /// Answers requests.
    pub serving: Arc<Serving>,
    /// Files that were refused.
    pub refused: Vec<Refusal>,
    /// Keep up with what other processes apply and undo, and with the plugins folder, as long as they are held.
    pub watches: Watches,
    /// Exchanges plugins for whom has the operator's key, if there is one.
    pub administration: Option<Administration>,
    /// Held as long as something is served.
    pub lock: ServeLock,
}

/// Starts to serve the folder's plugins. The database is made when it is missing, and changed no further, unless the revisions of plugins are
/// to be applied.
///
/// # Errors
/// The folder or the database cannot be used, or another process serves it.
pub fn start(host: &Host, auto_upgrade: bool) -> Result<Started, ServiceError> {
    // What comes while the rest is read is noticed as a change.
    let taken = folder::glance(&host.settings().plugins_folder)?;
    let mut live = Live::open(host.settings())?;
    let lock = ServeLock::take(&host.settings().database)?;
    live.prepare()?;
    let files = host.files()?;
    let mut auto = auto_upgrade.then(Auto::default);
    if let Some(auto) = &mut auto {
        let set = host.agree(files.clone(), &live.owners()?);
        auto.upgrade(host, &set, true)?;
        auto.tell(&set);
    }
    // What others change from here on is noticed.
    let decided_at = live.mark().ok();
    let schema = live.schema_version()?;
    let (mut set, state) = host.load(&live, live.books()?, Ok(files))?;
    pending::refuse_edited(host, &mut set, &state)?;
    set.plugins.values_mut().for_each(Plugin::let_go);
    let handlers = Handlers::of(&set, host.settings(), &Handlers::none())?;
    let snapshot = snapshot(&set, &handlers, schema, &state, &live.tables()?);
    let file = Arc::new(File::new(host.settings()));
    let serving = Arc::new(Serving::start(file, Arc::new(SystemClock::new()), snapshot, Options::default())?);
    let refused = set.refused.clone();
    let served = Served::new(set, handlers, Arc::clone(&serving));
    let database = DatabaseWatch::new(Live::open_read_only(host.settings())?, Arc::clone(&served));
    let exchange = Exchange::new(host.clone(), Live::open_read_only(host.settings())?, served, auto, decided_at);
    let (database, folder) = (Watch::of_database(database)?, Watch::of_folder(FolderWatch::new(exchange, taken))?);
    let administration = host.settings().operator_key.clone().map(|key| Administration::new(key, host.clone(), &folder));
    let watches = Watches { _database: database, _folder: folder };
    Ok(Started { serving, refused, watches, administration, lock })
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
/// `schema` is the version of the schema before the rest was read: if it changed meanwhile, nobody works with what is out of date.
pub(super) fn snapshot(set: &PluginSet, handlers: &Handlers, schema: i64, state: &State, tables: &Tables) -> Snapshot {
    let made_for = MadeFor::schema(schema);
    let mut snapshot = Snapshot { refused: set.refused.clone(), made_for, ..Snapshot::default() };
    for plugin in set.plugins.values() {
        let manifest = &plugin.manifest;
        let (name, version) = (&manifest.name, &manifest.version);
        let readiness = readiness::of_plugin(plugin, state, tables);
        let description = manifest.description.clone();
        let (component, of_plugin) = (plugin.hash(), readiness.clone());
        snapshot.plugins.push(PluginState { name: name.clone(), version: version.clone(), description, component, readiness: of_plugin });
        for declared in &manifest.collections {
            let Some(collection) = handlers.collection(name, &declared.name) else { continue };
            snapshot.endpoints.push(Arc::new(Endpoint {
                collection: Arc::clone(collection),
                version: version.clone(),
                readiness: readiness::of_collection(plugin, declared, state, tables),
                handlers: handlers.operations(name, &declared.name),
                made_for,
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
                made_for,
            }));
        }
    }
    snapshot
}
