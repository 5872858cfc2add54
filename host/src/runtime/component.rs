//! From bytes to a plugin that can be called.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{HasSelf, InstancePre, Linker, Resource};

use crate::model::{ContentHash, Manifest, PluginName, RevisionId};

use super::bindings::tenon::plugin::types::{Problem as WitProblem, Response};
use super::bindings::{SchemaPlugin, SchemaPluginPre};
use super::compiler::Compiler;
use super::context::MigrationContext;
use super::contract::{PACKAGE, VERSION};
use super::engine::{self, Activity, Allocation};
use super::error::{CallError, ComponentError, DescribeError, RuntimeError};
use super::generator::Generator;
use super::imports::{Declarations, Request, printable_problem_from_guest};
use super::inspect::{require_component, require_modest, require_our_world};
use super::instance::Instance;
use super::journal::Journal;
use super::limits::{Limits, QUOTE_BYTES};
use super::state::{HostState, Migration, Stopwatch, Task};
use super::unfold::require_unfoldable;
use super::warm::{Isolation, Warm, WarmSlots};
use crate::model::text::printable;

/// What a [`Runtime`] is made with.
#[derive(Debug, Clone, Default)]
pub struct RuntimeConfig {
    /// What plugins may use up.
    pub limits: Limits,
    /// What the one plugin may use up that may have most, where some may have more than others.
    pub largest: Option<Limits>,
    /// The directory of the compile cache: a private one, not the plugins folder. None compiles every time.
    pub cache: Option<PathBuf>,
    /// This program, where components are to be compiled in processes of their own: for one that runs long. It is started with
    /// [`COMPILE_COMMAND`](super::COMPILE_COMMAND), and calls [`compile`](super::compile) then.
    pub program: Option<PathBuf>,
}

/// The engine and everything that is made once for it. One per process: each reserves the address space of a pool.
pub struct Runtime {
    engine: Engine,
    linker: Linker<HostState>,
    compiler: Compiler,
    limits: Arc<Limits>,
    allocation: Allocation,
    activity: Activity,
    slots: WarmSlots,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("limits", &self.limits).field("allocation", &self.allocation).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Makes the engine and the linker, and opens the cache.
    ///
    /// # Errors
    /// The engine cannot be made or its clock not be started. A cache that cannot be used is a warning, and plugins are compiled every time.
    pub fn new(config: RuntimeConfig) -> Result<Self, RuntimeError> {
        let (engine, allocation, activity) = engine::build(config.largest.as_ref().unwrap_or(&config.limits))?;
        let mut linker = Linker::new(&engine);
        SchemaPlugin::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state).map_err(RuntimeError::Engine)?;
        let made_with = config.largest.as_ref().unwrap_or(&config.limits);
        let compiler = Compiler::new(&engine, config.cache.as_deref(), config.program.as_deref(), made_with);
        let slots = WarmSlots::of(&config.limits);
        Ok(Self { engine, linker, compiler, limits: Arc::new(config.limits), allocation, activity, slots })
    }

    /// What plugins may use up.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How instances get their memory: for a person who wonders about speed.
    pub fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// What [`Runtime::keep`] was given for the key, by this or another process; none when there is the least doubt about it.
    pub fn kept(&self, key: ContentHash) -> Option<Vec<u8>> {
        self.compiler.proofs()?.read(key)
    }

    /// Keeps what was proven of a component beside its machine code, under the same seal. Does nothing without a cache.
    pub fn keep(&self, key: ContentHash, bytes: &[u8]) {
        if let Some(cache) = self.compiler.proofs() {
            cache.write(key, bytes);
        }
    }

    /// Validates a file, compiles it or takes its machine code from the cache, and links it. Runs nothing of it.
    ///
    /// # Errors
    /// [`ComponentError`], each with a reason that a person can act on.
    pub fn load(&self, wasm: &[u8]) -> Result<Component, ComponentError> {
        require_component(wasm, &self.limits)?;
        require_unfoldable(wasm, &self.limits)?;
        let hash = ContentHash::of(wasm);
        let compiled = self.compiler.compiled(hash, wasm)?;
        require_our_world(&compiled, &self.engine)?;
        require_modest(&compiled, &self.limits)?;
        let other_types =
            |error: wasmtime::Error| ComponentError::OtherTypes { ours: VERSION, reason: printable(&format!("{error:#}"), QUOTE_BYTES) };
        let linked = self.linker.instantiate_pre(&compiled).map_err(other_types)?;
        require_export_types(&linked).map_err(other_types)?;
        let pre = SchemaPluginPre::new(linked).map_err(other_types)?;
        if let Err(error) = compiled.initialize_copy_on_write_image() {
            // The first call does it then, or fails for the same reason where somebody can be told.
            tracing::debug!("the memory image of {} could not be made ahead: {error:#}", hash.short());
        }
        let (limits, activity) = (Arc::clone(&self.limits), self.activity.clone());
        Ok(Component(Arc::new(Loaded {
            hash,
            pre,
            limits,
            activity,
            warm: Warm::new(Isolation::Fresh, self.slots.clone()),
            retired: Arc::default(),
        })))
    }
}

/// Compares the exports with what we call them with. Instantiating would find it as well, but not name it at load.
fn require_export_types(linked: &InstancePre<HostState>) -> wasmtime::Result<()> {
    let context = linked.instance_type();
    let function = |interface: &str, name: &str| {
        let interface = linked.component().get_export_index(None, &*format!("{PACKAGE}/{interface}@{VERSION}"));
        let export = interface.and_then(|interface| linked.component().get_export(Some(&interface), name));
        match export {
            Some((ComponentItem::ComponentFunc(function), _)) => Ok(function),
            _ => Err(wasmtime::format_err!("{name} is not a function")),
        }
    };
    let step = |name| function("migrations", name)?.typecheck::<(&str,), (Result<(), WitProblem>,)>(&context);
    function("plugin", "describe")?.typecheck::<(), ()>(&context)?;
    step("upgrade")?;
    step("downgrade")?;
    function("handlers", "handle")?.typecheck::<(&str, Resource<Request>), (Result<Response, WitProblem>,)>(&context)
}

/// A plugin that can be called. Cheap to clone.
///
/// The guest runs on the calling thread's stack, 512 KiB of it at most.
#[derive(Clone)]
pub struct Component(pub(super) Arc<Loaded>);

pub(super) struct Loaded {
    hash: ContentHash,
    pub(super) pre: SchemaPluginPre<HostState>,
    pub(super) limits: Arc<Limits>,
    pub(super) activity: Activity,
    pub(super) warm: Warm,
    /// No call of its goes on.
    pub(super) retired: Arc<AtomicBool>,
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Component").field(&self.0.hash).finish()
    }
}

/// Which way a revision goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It is applied.
    Upgrade,
    /// It is undone.
    Downgrade,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        })
    }
}

/// One revision to apply or undo.
#[derive(Debug, Clone, Copy)]
pub struct MigrationStep<'a> {
    /// The plugin, for the log.
    pub plugin: &'a PluginName,
    /// What `upgrade` or `downgrade` is called with.
    pub revision: &'a RevisionId,
    /// Which of the two.
    pub direction: Direction,
    /// What `host.now` answers.
    pub created: DateTime<Utc>,
    /// What `host.random` and `host.new-id` are made from: the same for the same plugin, revision and database.
    pub seed: [u8; 32],
}

impl Component {
    /// The same plugin with limits of its own, and as far from others as this.
    #[must_use]
    pub fn with(&self, limits: Limits, isolation: Isolation) -> Self {
        let Loaded { hash, pre, activity, warm, .. } = &*self.0;
        let (warm, retired) = (Warm::new(isolation, warm.slots()), Arc::default());
        Self(Arc::new(Loaded { hash: *hash, pre: pre.clone(), limits: Arc::new(limits), activity: activity.clone(), warm, retired }))
    }

    /// Stops the requests that it is answering, and those that it is asked to answer from now on: [`CallError::Retired`].
    pub fn retire(&self) {
        self.0.retired.store(true, Ordering::Relaxed);
    }

    /// Set when it is retired.
    pub fn retired(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.retired)
    }

    /// What the plugin may use up.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// SHA-256 of the file.
    pub fn hash(&self) -> ContentHash {
        self.0.hash
    }

    /// Asks the plugin what it is, in an instance that is thrown away.
    ///
    /// # Errors
    /// [`DescribeError::Mistakes`] with all of them together; [`DescribeError::Call`] when it did not come to its end.
    pub fn describe(&self) -> Result<Manifest, DescribeError> {
        let limits = &*self.0.limits;
        // Until it says its name, the plugin goes by its hash.
        let journal = Journal::new(self.0.hash.short(), "describe".to_owned(), limits.log_lines);
        let task = Task::Describe(Box::new(Declarations::new(limits)));
        let state = HostState::new(limits, journal, Stopwatch::new(limits.describe_time, limits.work_time), task);
        let mut instance = Instance::new(&self.0.pre, limits, &self.0.activity, state)?;
        instance.call(limits, &self.0.activity, |plugin, store| plugin.tenon_plugin_plugin().call_describe(store))?;
        match instance.into_state().task {
            Task::Describe(declarations) => declarations.finish(),
            Task::Migrate(_) | Task::Handle(_) | Task::Idle => Err(CallError::Host("the task changed during the call".into()).into()),
        }
    }

    /// Runs one step. What the plugin asks for goes to `context`; the caller commits or rolls back by the answer.
    ///
    /// The deadline is of the guest's own time: what `context` takes does not count and is not cut short, but has a limit of its own.
    ///
    /// # Errors
    /// [`CallError::Problem`] is the plugin's own answer; all others mean that it did not come to its end. In every case what
    /// `context` did so far is to be rolled back.
    pub fn migrate(&self, step: MigrationStep<'_>, context: Arc<Mutex<dyn MigrationContext + Send>>) -> Result<(), CallError> {
        let limits = &*self.0.limits;
        let journal = Journal::new(step.plugin.to_string(), format!("{} {}", step.direction, step.revision), limits.log_lines);
        let task = Task::Migrate(Migration { context, generator: Generator::new(step.seed, step.created) });
        let state = HostState::new(limits, journal, Stopwatch::new(limits.step_time, limits.work_time), task);
        let mut instance = Instance::new(&self.0.pre, limits, &self.0.activity, state)?;
        let answer = instance.call(limits, &self.0.activity, |plugin, store| {
            let migrations = plugin.tenon_plugin_migrations();
            match step.direction {
                Direction::Upgrade => migrations.call_upgrade(store, step.revision.as_str()),
                Direction::Downgrade => migrations.call_downgrade(store, step.revision.as_str()),
            }
        })?;
        answer.map_err(|problem| CallError::Problem(printable_problem_from_guest(problem)))
    }
}

#[cfg(test)]
mod tests;
