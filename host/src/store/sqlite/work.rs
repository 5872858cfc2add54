//! How much a plugin's statement can compute between two moments at which it can be stopped.
//!
//! SQLite looks at the interrupt flag where its program jumps back, not between the steps of one long expression. And one short text can
//! become a long program: `SELECT a + a + … FROM (SELECT f(x) AS a FROM t)` calls `f` for every `a`. 64 KiB of text made some 20,000
//! calls, each of some milliseconds for a value of 1 MiB, 80 seconds stopped by nothing. So the longer the program, the shorter the
//! values that it may work on: the product is bounded. See `docs/decisions/0019-what-a-statement-may-cost.md`.

use rusqlite::Connection;

use super::limits::PLUGIN_LENGTH;

/// What one step weighs, about the milliseconds that it takes at most for values of [`PLUGIN_LENGTH`]: a text becomes a number in 1 ms.
const STEP: u64 = 1;

/// What calling a function weighs. The slowest for their arguments: `strftime` 14 ms, those that parse JSON 12 ms.
const CALL: u64 = 15;

/// What LIKE and GLOB weigh: 90 to 170 ms, with the longest pattern.
const MATCH: u64 = 150;

/// Up to which weight values may have [`PLUGIN_LENGTH`] bytes: half a second. Few statements that somebody wrote by hand weigh more, and
/// fewer of those have values that long.
const FREE: u64 = 500;

/// Functions that take less than a millisecond whatever they are given, by how SQLite begins to write them.
const QUICK: [&str; 6] = ["length(", "octet_length(", "typeof(", "abs(", "round(", "sign("];

/// What a program can take until it is looked at, in milliseconds, for values of [`PLUGIN_LENGTH`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    /// All of it.
    weight: u64,
    /// The functions that it calls.
    pub(super) calls: u64,
}

impl Work {
    /// Weighs the program of a text, with what it fires.
    pub(super) fn of(connection: &Connection, sql: &str) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
        // Whatever its parameters are: nothing of it runs.
        let mut steps = statement.raw_query();
        let mut work = Self { weight: 0, calls: 0 };
        while let Some(step) = steps.next()? {
            let function = step.get_ref("p4")?.as_bytes_or_null()?.unwrap_or_default();
            let called = match step.get_ref("opcode")?.as_str()? {
                "Function" | "PureFunc" if QUICK.iter().any(|name| function.starts_with(name.as_bytes())) => 0,
                "Function" | "PureFunc" if function.starts_with(b"like(") || function.starts_with(b"glob(") => MATCH,
                "Function" | "PureFunc" | "AggStep" | "AggInverse" | "AggValue" | "AggFinal" => CALL,
                _ => 0,
            };
            work.calls += called;
            work.weight += called.max(STEP);
        }
        Ok(work)
    }

    /// Bytes that a value may have while it runs: [`PLUGIN_LENGTH`], or less if the program is long.
    pub(super) fn longest_value(self) -> i32 {
        let length = u64::from(PLUGIN_LENGTH.unsigned_abs()) * FREE / self.weight.max(FREE);
        i32::try_from(length).unwrap_or(PLUGIN_LENGTH)
    }
}
