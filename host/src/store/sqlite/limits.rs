//! How large, deep and long things may be inside SQLite, each with its reason.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use rusqlite::limits::Limit;

use super::Database;

/// Bytes in one value or row, on statements of the host's: the largest thing it stores is a compressed component.
const HOST_LENGTH: i32 = 256 * 1024 * 1024;

/// Bytes in one value or row, on statements of a plugin's.
///
/// What a function of SQL can be made to compute in one step, which nothing interrupts, grows with the length of its arguments:
/// `instr` of 1 MB in 2 MB ran 27 seconds.
pub(super) const PLUGIN_LENGTH: i32 = 1024 * 1024;

/// Bytes in one value or row while the host changes a table on a plugin's behalf. Eight times what a client's body has by default, which
/// is the longest that rows have unless somebody put longer ones there; a row is in memory a few times while it is copied.
pub(super) const ON_BEHALF_LENGTH: i32 = 8 * 1024 * 1024;

/// What holds meanwhile. The patterns are those of CHECKs too, which have the host's length.
pub(super) const ON_BEHALF: [(Limit, i32); 1] = [(Limit::SQLITE_LIMIT_LENGTH, ON_BEHALF_LENGTH)];

/// Bytes in the pattern of LIKE and GLOB, on statements of a plugin's: matching takes time exponential in the number of `%`.
pub(super) const PLUGIN_LIKE_PATTERN: i32 = 100;

/// The same on statements of the host's, which run what plugins wrote into CHECKs and triggers. Long enough for a GLOB that spells out
/// every digit of a UUID; at the default of 50,000, matching one long value takes hours, and nothing interrupts it.
const HOST_LIKE_PATTERN: i32 = 1_000;

/// Depth of an expression in a text of a plugin's: the compiler recurses on it.
const PLUGIN_EXPRESSION_DEPTH: i32 = 100;

/// Arguments of one function, in a text of a plugin's: `json_set` walks through its document once for each path.
const PLUGIN_ARGUMENTS: i32 = 100;

/// Steps of the program of a text of a plugin's. Some 10,000 for one of 64 KiB, unless it is made to grow when it is compiled.
const PLUGIN_STEPS: i32 = 25_000;

/// Columns of a result, an ORDER BY and the like, in a text of a plugin's: each may hold a value of [`PLUGIN_LENGTH`], and SQLite keeps
/// all of a row at once. 1,900 of them took 4.5 GiB.
const PLUGIN_COLUMNS: i32 = 200;

/// SELECTs joined by UNION and the like in a text of a plugin's: compiling takes time that grows faster than their number.
const PLUGIN_COMPOUND_SELECT: i32 = 50;

/// Pages of 4 KiB that a database in memory may have: 256 MiB. Replays run in one, and a plugin that inserts without end must not take
/// the machine's memory; its own file, from which honest rows come, may have 32 MiB.
pub(super) const MEMORY_PAGES: u32 = 65_536;

/// What holds for the whole life of a connection.
const CONNECTION: [(Limit, i32); 5] = [
    (Limit::SQLITE_LIMIT_LENGTH, HOST_LENGTH),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, HOST_LIKE_PATTERN),
    // ATTACH is refused by the authorizer; this is the second lock. VACUUM attaches internally, so whoever adds one raises it first.
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    // Rows of one insert are bound, and a table has far fewer columns.
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 4_096),
    // One connection, one thread.
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// What holds while a text of a plugin's is compiled. SQLite computes constant expressions then, so the running ones hold too.
pub(super) const COMPILING: [(Limit, i32); 7] = [
    (Limit::SQLITE_LIMIT_LENGTH, PLUGIN_LENGTH),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PLUGIN_LIKE_PATTERN),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, PLUGIN_EXPRESSION_DEPTH),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, PLUGIN_COMPOUND_SELECT),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, PLUGIN_ARGUMENTS),
    (Limit::SQLITE_LIMIT_VDBE_OP, PLUGIN_STEPS),
    (Limit::SQLITE_LIMIT_COLUMN, PLUGIN_COLUMNS),
];

/// What holds while a plugin's statement runs whose values may have so many bytes.
pub(super) fn running(longest: i32) -> [(Limit, i32); 2] {
    [(Limit::SQLITE_LIMIT_LENGTH, longest), (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PLUGIN_LIKE_PATTERN)]
}

/// How many bytes a value may have at this moment, for functions of ours: they cannot ask SQLite.
#[derive(Debug, Clone)]
pub(super) struct ValueLength(Arc<AtomicUsize>);

impl Default for ValueLength {
    fn default() -> Self {
        let length = Self(Arc::default());
        length.set(HOST_LENGTH);
        length
    }
}

impl ValueLength {
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, length: i32) {
        // Read by the thread that set it: functions run inside a statement.
        self.0.store(usize::try_from(length).unwrap_or(0), Ordering::Relaxed);
    }
}

/// Sets what holds for the whole life of a connection.
pub(super) fn set(connection: &Connection) -> rusqlite::Result<()> {
    CONNECTION.iter().try_for_each(|(limit, value)| connection.set_limit(*limit, *value).map(drop))
}

/// Lowers some limits until it is dropped.
pub(super) struct Lowered<'a, const N: usize> {
    database: &'a Database,
    before: [(Limit, i32); N],
    count: usize,
}

impl<'a, const N: usize> Lowered<'a, N> {
    /// Sets `limits` and remembers what held before.
    pub(super) fn enter(database: &'a Database, limits: &[(Limit, i32); N]) -> rusqlite::Result<Self> {
        let mut lowered = Self { database, before: *limits, count: 0 };
        for (limit, value) in &mut lowered.before {
            *value = set_one(database, *limit, *value)?;
            lowered.count += 1;
        }
        Ok(lowered)
    }
}

impl<const N: usize> Lowered<'_, N> {
    /// Lets them be lower until [`restore`] gets what is answered.
    pub(super) fn leave_lowered(self) -> [(Limit, i32); N] {
        ManuallyDrop::new(self).before
    }
}

impl<const N: usize> Drop for Lowered<'_, N> {
    fn drop(&mut self) {
        restore(self.database, &self.before[..self.count]);
    }
}

/// Sets limits to what they were.
pub(super) fn restore(database: &Database, before: &[(Limit, i32)]) {
    for (limit, value) in before {
        // Fails only for a limit that SQLite does not know, and then it was not set either.
        let _ = set_one(database, *limit, *value);
    }
}

/// Sets one limit; answers what it was.
fn set_one(database: &Database, limit: Limit, value: i32) -> rusqlite::Result<i32> {
    if matches!(limit, Limit::SQLITE_LIMIT_LENGTH) {
        database.longest.set(value);
    }
    database.connection.set_limit(limit, value)
}
