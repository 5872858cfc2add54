//! Every limit that a plugin meets, with its unit and its reason. Nothing else in this room holds a number of its own.

use std::time::Duration;

/// What plugins may use up. The defaults fit plugins that somebody else wrote and nobody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of a component's file, in bytes. Compiling costs about a second per 2 MiB and core; Rust plugins have some ten kB, those that
    /// bring an interpreter along some 10 MiB.
    pub component_bytes: u64,

    /// Time to compile one component. A Rust plugin takes a tenth of a second; some shapes of code take the compiler the square of their
    /// size, 17 s for 30 kB of nested loops. Processor time where that can be limited: in a process of its own on Linux.
    pub compile_time: Duration,

    /// Guest time of one `describe`. It takes well below a millisecond; the rest is patience with a machine that is doing something else.
    pub describe_time: Duration,

    /// Guest time of one `upgrade` or `downgrade`. Time inside host calls, which is where SQL runs, does not count: a data step over
    /// millions of rows is slow and honest, a guest that computes for half a minute is neither.
    pub step_time: Duration,

    /// Time of all that one `upgrade` or `downgrade` asks the host for, together: SQL above all. The step in hand holds the database's write
    /// lock, so a plugin that asks without end must not have it for ever; one question that is being answered is not cut short.
    pub work_time: Duration,

    /// Linear memory and documents of one call together, in bytes. The Rust guests measured need 0.2 MiB.
    pub memory_bytes: usize,

    /// Stack of a guest, in bytes, taken from the thread that calls it; the same for all. wasmtime's default: the smallest thread (Rust's
    /// default, 2 MiB) leaves the host three quarters.
    pub stack_bytes: usize,

    /// Items of a component (imports, exports, aliases, instances, conversions), counted once for every time that its nested components
    /// are instantiated. A file of 1 kB can ask for a billion; large real ones have some thousands. Half a million take the compiler
    /// about half a second.
    pub unfolded_items: u64,

    /// Linear memories per component. Toolchains make one.
    pub memories: u32,

    /// Core instances per component: main module, shim and fix-up make three; adapters and linked libraries add some.
    pub core_instances: u32,

    /// Tables per component. Toolchains make two.
    pub tables: u32,

    /// Elements of one table. Function tables of large guests (C#, Go) have about 10,000 (wasmtime#8504).
    pub table_elements: usize,

    /// Instances alive at the same time, in all threads. Each reserves 4 GiB of address space (not memory) in the pool, so that bounds
    /// checks cost nothing: 64 are 0.25 TiB of the 128 that Linux gives a process.
    pub live_instances: u32,

    /// What a guest may hand over in one host call, in bytes. A large `insert-rows` document is the largest honest case.
    pub host_call_bytes: usize,

    /// Handles to documents and requests alive at the same time in one call. A guest that needs more has a leak.
    pub handles: usize,

    /// Log lines of one call. Further ones are dropped after one line that says so: a plugin cannot fill the operator's disk.
    pub log_lines: u32,

    /// Calls into `declare` during one `describe`. The largest schemas known to us have 2,000 tables.
    pub declarations: u32,

    /// What all declarations of one `describe` may weigh together, in bytes of text plus `RECORD_BYTES` per record. Stops a plugin
    /// that declares a table of a million columns.
    pub declared_bytes: usize,

    /// Mistakes kept of one `describe`. Nobody reads more, and an error made of a million lines is an attack.
    pub mistakes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 32 << 20,
            compile_time: Duration::from_secs(60),
            describe_time: Duration::from_secs(2),
            step_time: Duration::from_secs(30),
            work_time: Duration::from_secs(30 * 60),
            memory_bytes: 64 << 20,
            stack_bytes: 512 << 10,
            unfolded_items: 500_000,
            memories: 1,
            core_instances: 32,
            tables: 16,
            table_elements: 20_000,
            live_instances: 64,
            host_call_bytes: 8 << 20,
            handles: 256,
            log_lines: 1_000,
            declarations: 10_000,
            declared_bytes: 8 << 20,
            mistakes: 100,
        }
    }
}

/// How deep components, and types in them, may nest. Toolchains nest 4 deep; at 5,000 the parser that we depend on overflows its stack,
/// which no process survives, and 20,000 nested components (240 kB) take it half a minute.
pub(super) const NESTING: usize = 50;

/// Counts for one record in [`Limits::declared_bytes`]: about what a record without text costs the host.
pub(super) const RECORD_BYTES: usize = 64;

/// Counts for one regular expression of a declared JSON Schema in [`Limits::declared_bytes`]: what an ordinary one costs once it is
/// compiled. With it a plugin has at most 256.
pub(super) const PATTERN_BYTES: usize = 32 << 10;

/// How often the epoch advances while guests run: the resolution of every deadline. A request may run 2 ms where it is asked for.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// How often it advances while none does. Spin and SurrealDB use the same; a hundred wake-ups a second cost nothing that can be measured.
pub(super) const IDLE_TICK: Duration = Duration::from_millis(10);

/// Most stack that a guest can be given, in bytes: half of what Rust gives a thread, the other half is the host's.
pub const MOST_STACK_BYTES: usize = 1 << 20;

/// Stack of a thread that compiles, in bytes: four times what Rust gives a thread, because the compiler meets hostile code on it.
pub(super) const COMPILER_STACK_BYTES: usize = 8 << 20;

/// Memory that a process may take to compile, in bytes, besides what the engine reserves. The largest component has 32 MiB; what needs more
/// than this is made to.
#[cfg(target_os = "linux")]
pub(super) const COMPILER_DATA_BYTES: u64 = 2 << 30;

/// Linear memory that a pool slot keeps between two uses, in bytes. Measured on 3-page guests: resetting 192 KiB by hand beats `madvise`;
/// keeping 2 MiB made everything slower.
pub(super) const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// Pool slots that keep the memory of whom they served last while nobody is in them. As many plugins can be called in turn and find their
/// memory mapped. Each costs its plugin's memory, up to [`KEEP_RESIDENT_BYTES`]: a hundred plugins that were asked what they are would keep
/// 12 MiB for nothing.
pub(super) const WARM_SLOTS: u32 = 4;

/// Table memory that a pool slot keeps between two uses, in bytes: a function table of 2,000 elements.
pub(super) const KEEP_TABLE_BYTES: usize = 16 << 10;

/// Length of one log message or trap message, in bytes. Promised by `wit/v0.1/host.wit`.
pub(super) const LINE_BYTES: usize = 4 << 10;

/// Most bytes of one `host.random`. Promised by `wit/v0.1/host.wit`.
pub(super) const RANDOM_BYTES: u32 = 4_096;

/// Length of one mistake's reason and of a name quoted in a message, in bytes: enough to recognise it.
pub(super) const QUOTE_BYTES: usize = 500;

/// Bytes that the compile cache keeps, of machine code and proofs together; the oldest go first. A thousand plugins of some hundred kB have
/// room, and what a developer makes who rebuilds one all day.
pub(super) const CACHE_BYTES: u64 = 512 << 20;
