//! What is served, as the threads that change it share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::service::error::ServiceError;
use crate::service::handlers::Handlers;
use crate::service::live::Live;
use crate::service::load::{PluginSet, Refusal};
use crate::service::serving::{HandlingPlugin, PluginState, Readiness, Serving, Snapshot};
use crate::service::start::snapshot;
use crate::service::state::State;

/// How long a call may go on in code that is served no more.
const GRACE: Duration = Duration::from_secs(10);

/// What is served.
#[derive(Debug)]
pub(in crate::service) struct Served {
    current: Mutex<Current>,
    serving: Arc<Serving>,
}

#[derive(Debug)]
struct Current {
    set: PluginSet,
    handlers: Handlers,
    /// Plugins whose code is served no more, and since when.
    leaving: Vec<(Instant, Arc<HandlingPlugin>)>,
}

impl Served {
    pub(in crate::service) fn new(set: PluginSet, handlers: Handlers, serving: Arc<Serving>) -> Arc<Self> {
        Arc::new(Self { current: Mutex::new(Current { set, handlers, leaving: Vec::new() }), serving })
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        // All parts are put in place together, and nothing in between can panic.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn serving(&self) -> &Arc<Serving> {
        &self.serving
    }

    /// The plugins that are served.
    pub(super) fn set(&self) -> PluginSet {
        self.current().set.clone()
    }

    /// Whether a file was refused like that.
    pub(super) fn lacks(&self, is_so: impl Fn(&Refusal) -> bool) -> bool {
        self.current().set.refused.iter().any(is_so)
    }

    /// Publishes what the database says of them now.
    pub(super) fn refresh(&self, live: &Live) -> Result<(), ServiceError> {
        let current = self.current();
        self.publish(&current.set, &current.handlers, live)
    }

    /// Serves other plugins from now on.
    pub(super) fn exchange(
        &self,
        set: PluginSet,
        handlers: impl FnOnce(&PluginSet, &Handlers) -> Result<Handlers, ServiceError>,
        live: &Live,
    ) -> Result<(), ServiceError> {
        let mut current = self.current();
        let handlers = handlers(&set, &current.handlers)?;
        self.publish(&set, &handlers, live)?;
        let mut leaving = std::mem::take(&mut current.leaving);
        let now = Instant::now();
        leaving.extend(current.handlers.replaced_by(&handlers).into_iter().map(|plugin| (now, plugin)));
        *current = Current { set, handlers, leaving };
        Ok(())
    }

    /// Stops the calls that outlive their plugin for too long.
    pub(super) fn end_leaving(&self) {
        let now = Instant::now();
        self.current().leaving.retain(|(since, plugin)| {
            // Nobody else has it: no call is in flight.
            let in_use = Arc::strong_count(plugin) > 1;
            if in_use && now.duration_since(*since) > GRACE {
                tracing::warn!(plugin = %plugin.name, seconds = GRACE.as_secs(), "calls into its former code take too long, and are stopped");
                plugin.component.retire();
                return false;
            }
            in_use
        });
    }

    fn publish(&self, set: &PluginSet, handlers: &Handlers, live: &Live) -> Result<(), ServiceError> {
        let schema = live.schema_version()?;
        let state = State::read(live, set)?;
        let snapshot = snapshot(set, handlers, schema, &state, &live.tables()?);
        let before = self.serving.snapshot();
        if before.is_same(&snapshot) {
            return Ok(());
        }
        tell(&before, &snapshot);
        self.serving.publish(snapshot);
        Ok(())
    }
}

/// Says in the log what becomes otherwise.
fn tell(before: &Snapshot, after: &Snapshot) {
    let named = |snapshot: &Snapshot, plugin: &PluginState| snapshot.plugins.iter().any(|other| other.name == plugin.name);
    for gone in before.plugins.iter().filter(|plugin| !named(after, plugin)) {
        tracing::info!(plugin = %gone.name, version = %gone.version, "is served no more; its tables and rows stay");
    }
    for plugin in after.plugins.iter().filter(|plugin| !before.plugins.contains(plugin)) {
        let (name, version) = (&plugin.name, &plugin.version);
        match &plugin.readiness {
            Readiness::Ready => {
                tracing::info!(plugin = %name, %version, "its revisions are applied and its tables there; its endpoints answer")
            }
            Readiness::NotReady { reason, command } => {
                tracing::info!(plugin = %name, %version, reason, command, "not all of its endpoints answer");
            }
        }
    }
}
