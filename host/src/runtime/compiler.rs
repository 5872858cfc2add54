//! From WebAssembly to machine code: out of the cache, or by the compiler, on a thread that can be given up.
//!
//! The compiler reads hostile bytes. It has panicked on some before (zed#10370), and there are shapes of code that it needs hours for. Both
//! end with the thread that it runs on: a panic is that thread's end and the file's, not the host's; a file that takes too long is
//! refused while the thread goes on in vain. That costs a core until the process ends, so a file is given up only once. A server compiles in
//! a process of its own instead, which costs a start of the program and leaves nothing.

mod child;
mod confine;

use std::any::Any;
use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::model::ContentHash;

pub use self::child::{COMMAND, work};
use self::child::{Children, NoCode};
use super::cache::Cache;
use super::error::ComponentError;
use super::limits::{COMPILER_STACK_BYTES, Limits, QUOTE_BYTES};
use crate::model::text::printable;

/// Compiles for one engine.
pub(super) struct Compiler {
    engine: Engine,
    cache: Option<Cache>,
    /// Where it is not done in this process.
    children: Option<Children>,
    /// Held while a child compiles: they are many megabytes each.
    one: Mutex<()>,
    time: Duration,
    /// What took too long, so that asking again costs neither another thread nor the same time.
    given_up: Mutex<HashSet<ContentHash>>,
}

impl Compiler {
    /// Opens the cache, if there is to be one. One that cannot be used is a warning: everything works without.
    ///
    /// `program` is this program, where files are to be compiled in processes of their own; `limits` are those that the engine was made with.
    pub(super) fn new(engine: &Engine, cache: Option<&Path>, program: Option<&Path>, limits: &Limits) -> Self {
        let cache = cache.and_then(|directory| {
            let opened = Cache::open(directory, engine);
            let warn = |error| {
                tracing::warn!("plugins are compiled at every start: the compile cache {} cannot be used: {error}", directory.display())
            };
            opened.map_err(warn).ok()
        });
        let children = program.map(|program| Children::new(program, engine, limits));
        Self { engine: engine.clone(), cache, children, one: Mutex::default(), time: limits.compile_time, given_up: Mutex::default() }
    }

    /// Where what was proven of components is kept, if anywhere.
    pub(super) fn proofs(&self) -> Option<Cache> {
        self.cache.as_ref().map(Cache::of_proofs)
    }

    /// The component made of a file. Validates it, unless its machine code is in the cache.
    pub(super) fn compiled(&self, hash: ContentHash, wasm: &[u8]) -> Result<Component, ComponentError> {
        if let Some(compiled) = self.cached(hash) {
            return Ok(compiled);
        }
        let (_one, waited) = if self.children.is_some() { self.alone() } else { (None, false) };
        // What was waited for may have been just that.
        if let Some(compiled) = waited.then(|| self.cached(hash)).flatten() {
            return Ok(compiled);
        }
        let code = self.compile(hash, wasm)?;
        // What a compiler for this engine made is refused only when it does not fit into the pool.
        let too_demanding = |error| ComponentError::TooDemanding { reason: printable(&format!("{error:#}"), QUOTE_BYTES) };
        let compiled = self.adopt(&code).map_err(too_demanding)?;
        if let Some(cache) = &self.cache {
            cache.write(hash, &code);
        }
        Ok(compiled)
    }

    /// Waits until no child compiles, and says whether one did.
    fn alone(&self) -> (Option<MutexGuard<'_, ()>>, bool) {
        match self.one.try_lock() {
            Ok(one) => (Some(one), false),
            // Who panicked in here left nothing half done.
            Err(TryLockError::Poisoned(poisoned)) => (Some(poisoned.into_inner()), false),
            Err(TryLockError::WouldBlock) => (Some(self.one.lock().unwrap_or_else(PoisonError::into_inner)), true),
        }
    }

    fn cached(&self, hash: ContentHash) -> Option<Component> {
        let code = self.cache.as_ref()?.read(hash)?;
        let unused = |error| tracing::debug!("compile cache: the entry of {} is not used: {error:#}", hash.short());
        self.adopt(&code).map_err(unused).ok()
    }

    fn compile(&self, hash: ContentHash, wasm: &[u8]) -> Result<Vec<u8>, ComponentError> {
        let too_slow = || ComponentError::TooSlow { limit: self.time };
        let give_up = || {
            // A poisoned lock means that another load panicked while it noted a hash: the set is whole all the same.
            self.given_up.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
            too_slow()
        };
        let failed = |reason: &str| ComponentError::Compiler { reason: printable(reason, QUOTE_BYTES) };
        let broken_off = |reason: &str| ComponentError::BrokenOff { reason: printable(reason, QUOTE_BYTES) };
        if self.given_up.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash) {
            return Err(too_slow());
        }
        match self.children.as_ref().map(|children| children.compile(wasm, self.time)) {
            Some(Ok(code)) => return Ok(code),
            Some(Err(NoCode::Invalid(reason))) => return Err(ComponentError::Invalid { reason: printable(&reason, QUOTE_BYTES) }),
            Some(Err(NoCode::TooSlow)) => return Err(give_up()),
            Some(Err(NoCode::Died(status))) => return Err(failed(&format!("it ended with {status}"))),
            Some(Err(NoCode::BrokenOff(reason))) => return Err(broken_off(&reason)),
            Some(Err(NoCode::Unusable(error))) => {
                tracing::warn!("plugins are compiled in the server itself, which keeps more memory then: {error}");
            }
            None => {}
        }
        let (done, answer) = sync_channel(1);
        let (engine, wasm) = (self.engine.clone(), wasm.to_vec());
        let compile = move || {
            // Nobody may be waiting any more; then it was in vain.
            drop(done.send(engine.precompile_component(&wasm)));
        };
        let thread = thread::Builder::new().name("tenon-compiler".to_owned()).stack_size(COMPILER_STACK_BYTES).spawn(compile);
        let thread = thread.map_err(|error| broken_off(&error.to_string()))?;
        match answer.recv_timeout(self.time) {
            Ok(Ok(code)) => Ok(code),
            Ok(Err(error)) => Err(ComponentError::Invalid { reason: printable(&error.root_cause().to_string(), QUOTE_BYTES) }),
            Err(RecvTimeoutError::Timeout) => Err(give_up()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(failed(&thread.join().map_or_else(|panic| panic_message(&*panic), |()| "it ended without a word".to_owned())))
            }
        }
    }

    /// Turns machine code into a component.
    fn adopt(&self, code: &[u8]) -> wasmtime::Result<Component> {
        #[allow(unsafe_code, reason = "wasmtime cannot know who wrote the machine code; `compiled` does")]
        // SAFETY: `code` was made by `precompile_component`: either just now, here or by a child with an engine like this one, or earlier
        // under the seal that `Cache::read` has verified, whose key nobody else can read.
        unsafe {
            Component::deserialize(&self.engine, code)
        }
    }

    #[cfg(test)]
    pub(super) fn is_cached(&self, hash: ContentHash) -> bool {
        self.cache.as_ref().is_some_and(|cache| cache.read(hash).is_some())
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
