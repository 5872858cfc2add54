//! The one engine: how guests are compiled, where they live, and the clock that ends them.
//!
//! Synchronous throughout (no fibers, no boxed futures): the thread that owns the database connection runs the guest itself. Memory
//! comes from a pool, reset by copy-on-write; where the pool's address space cannot be had, instances are made one by one, which is
//! slower and otherwise the same. `pagemap_scan` stays off (wasmtime#14357: the next instance may read the last one's data), and so do
//! memory protection keys (experimental), threads and GC: their cargo features are not even compiled in.

use std::hash::{Hash as _, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use sha2::{Digest as _, Sha256};
use wasmtime::{Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use super::error::RuntimeError;
use super::limits::{IDLE_TICK, KEEP_RESIDENT_BYTES, KEEP_TABLE_BYTES, Limits, TICK, WARM_SLOTS};

/// How instances get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// From slots reserved when the host started.
    Pooled,
    /// One by one, because the reservation failed. Slower, not weaker.
    OnDemand,
}

/// Makes the engine and starts its clock.
///
/// The pool reserves its whole address space here, so making the engine is the probe: a container or a `ulimit -v` that does not allow
/// it is answered by instances on demand and one warning.
pub(super) fn build(limits: &Limits) -> Result<(Engine, Allocation, Activity), RuntimeError> {
    let mut config = config(limits);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    let (engine, allocation) = match Engine::new(&config) {
        Ok(engine) => (engine, Allocation::Pooled),
        Err(error) => {
            tracing::warn!(
                "instances are made on demand, which is slower: the pool could not be reserved ({error:#}); is there a limit on address space (`ulimit -v`)?"
            );
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            (Engine::new(&config).map_err(RuntimeError::Engine)?, Allocation::OnDemand)
        }
    };
    let activity = Activity::default();
    start_ticker(engine.weak(), activity.clone())?;
    Ok((engine, allocation, activity))
}

fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        .memory_init_cow(true)
        .cranelift_opt_level(OptLevel::Speed)
        // On the one thread that `compiler` can give up on, instead of on a pool that a bad file would block for good.
        .parallel_compilation(false)
        .gc_support(false)
        .shared_memory(false)
        // A guest has one memory of 32 bits; more would only widen what has to be right.
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_custom_page_sizes(false)
        // Its answers differ between machines; a migration must not.
        .wasm_relaxed_simd(false);
    config
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.live_instances)
        .total_core_instances(limits.live_instances.saturating_mul(limits.core_instances))
        .total_memories(limits.live_instances.saturating_mul(limits.memories))
        .total_tables(limits.live_instances.saturating_mul(limits.tables))
        .max_core_instances_per_component(limits.core_instances)
        .max_memories_per_component(limits.memories)
        .max_tables_per_component(limits.tables)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .max_unused_warm_slots(WARM_SLOTS)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_TABLE_BYTES)
        .pagemap_scan(Enabled::No);
    pool
}

/// Tells engines apart of which one cannot run what was compiled for the other.
pub(super) type Fingerprint = [u8; 32];

/// That of an engine: its compatibility hash as SHA-256, for the standard hashers are neither stable nor long enough.
pub(super) fn fingerprint(engine: &Engine) -> Fingerprint {
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            // Nobody asks: the digest is taken whole.
            0
        }
    }
    let mut hasher = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// Whether guests run, for the clock that stops them.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Activity {
    /// A guest runs as long as the guard lives.
    pub(super) fn begin(&self) -> impl Drop + use<> {
        struct Running(Activity);
        impl Drop for Running {
            fn drop(&mut self) {
                self.0.0.ended.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        Running(self.clone())
    }

    /// How many calls have begun, and whether one of them goes on.
    fn seen(&self) -> (u64, bool) {
        let ended = self.0.ended.load(Ordering::Relaxed);
        let begun = self.0.begun.load(Ordering::Relaxed);
        (begun, begun != ended)
    }
}

/// Starts the thread that advances the epoch. An OS thread of its own: a deadline must not wait for an executor that the late guest
/// itself is blocking. It holds the engine weakly and ends one tick after it. While nothing runs it wakes up rarely; a guest that begins
/// in such a pause may run until its end before anybody looks.
fn start_ticker(engine: EngineWeak, activity: Activity) -> Result<(), RuntimeError> {
    let tick = move || {
        let mut last = 0;
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            let (begun, running) = activity.seen();
            thread::sleep(if running || begun != last { TICK } else { IDLE_TICK });
            last = begun;
        }
    };
    thread::Builder::new().name("tenon-epochs".to_owned()).spawn(tick).map(drop).map_err(RuntimeError::Ticker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_cannot_be_had_falls_back_to_instances_on_demand() {
        // More address space than 47 bits hold.
        let limits = Limits { live_instances: 1 << 20, ..Limits::default() };
        let (_, allocation, _) = build(&limits).unwrap();
        assert_eq!(allocation, Allocation::OnDemand);
    }
}
