//! A guest in a store of its own: made, called within its limits, and never called again once it trapped.

use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap, UpdateDeadline};

use super::bindings::{SchemaPlugin, SchemaPluginPre};
use super::engine::Activity;
use super::error::{CallError, LimitReached, Limited, Stop};
use super::limits::{LINE_BYTES, Limits};
use super::state::HostState;
use crate::model::text::printable;

/// A guest that can be called.
pub(super) struct Instance {
    store: Store<HostState>,
    plugin: SchemaPlugin,
}

impl Instance {
    /// Makes one. The module's start function is guest code as well, so the state is that of the call that it is made for.
    pub(super) fn new(pre: &SchemaPluginPre<HostState>, limits: &Limits, activity: &Activity, state: HostState) -> Result<Self, CallError> {
        let mut store = open(pre.engine(), limits, state);
        let _running = activity.begin();
        match pre.instantiate(&mut store) {
            Ok(plugin) => Ok(Self { store, plugin }),
            Err(error) => Err(verdict(&error, limits, store.data_mut())),
        }
    }

    /// Calls it. After an error it is of no use any more: a trap poisons the store.
    pub(super) fn call<R>(
        &mut self,
        limits: &Limits,
        activity: &Activity,
        function: impl FnOnce(&SchemaPlugin, &mut Store<HostState>) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let _running = activity.begin();
        function(&self.plugin, &mut self.store).map_err(|error| verdict(&error, limits, self.store.data_mut()))
    }

    /// What the host keeps beside it.
    pub(super) fn state(&mut self) -> &mut HostState {
        self.store.data_mut()
    }

    /// What the host kept beside it; the guest is gone.
    pub(super) fn into_state(self) -> HostState {
        self.store.into_data()
    }
}

fn open(engine: &Engine, limits: &Limits, state: HostState) -> Store<HostState> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits.host_call_bytes);
    store.set_max_component_handles(limits.handles);
    // Once per tick, and only when the guest itself runs: a host call is never cut short, it ends and the guest is stopped after it.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|context| {
        context.data().stopwatch.check()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

/// Whose fault it was.
fn verdict(error: &wasmtime::Error, limits: &Limits, state: &mut HostState) -> CallError {
    tracing::debug!(plugin = %state.journal.plugin, "call ended: {error:?}");
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Misuse(message) => CallError::Trap { message: printable(message, LINE_BYTES) },
            Stop::Limit(limit) => CallError::Limit(*limit),
            Stop::Deadline => CallError::Deadline { limit: state.stopwatch.limit() },
            Stop::Retired => CallError::Retired,
            Stop::Over => CallError::Over,
            Stop::Host(message) => CallError::Host(message.clone().into()),
        };
    }
    if let Some(limit) = error.downcast_ref::<LimitReached>() {
        return CallError::Limit(*limit);
    }
    if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return CallError::Saturated(full.to_string());
    }
    let cause = error.root_cause().to_string();
    if let Some(limit) = spent_in_wasmtime(&cause, limits) {
        return CallError::Limit(limit);
    }
    let trap = error.downcast_ref::<Trap>();
    if let Some(Trap::StackOverflow) = trap {
        return CallError::Limit(LimitReached { which: Limited::Stack, limit: limits.stack_bytes as u64 });
    }
    let cause = trap.map_or(cause, |trap| trap.to_string().trim_start_matches("wasm trap: ").to_owned());
    let message = match (trap, state.journal.take_last_error()) {
        // What a panic leaves behind: its message in the log, then `unreachable`.
        (Some(Trap::UnreachableCodeReached), Some(panic)) => panic,
        (_, Some(last)) => format!("{cause}; the last error that it logged: {last}"),
        (_, None) => cause,
    };
    CallError::Trap { message: printable(&message, LINE_BYTES) }
}

/// Limits that wasmtime itself counts and reports as text only; tests pin the words.
fn spent_in_wasmtime(cause: &str, limits: &Limits) -> Option<LimitReached> {
    if cause.contains("fuel allocated for hostcalls has been exhausted") {
        return Some(LimitReached { which: Limited::HostCallBytes, limit: limits.host_call_bytes as u64 });
    }
    let handles = cause.contains("store handle limit exceeded");
    handles.then_some(LimitReached { which: Limited::Handles, limit: limits.handles as u64 })
}
