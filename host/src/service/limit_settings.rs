//! What plugins may use up, as the operator decided: `[limits]` of `tenon.toml` for all, `[plugins.NAME.limits]` for one.
//!
//! The defaults and their reasons are in `runtime/limits.rs`, and here for what is not of one call's own code.

use std::num::NonZero;
use std::time::Duration;

use serde::Deserialize;

use super::serving::HandlerTimes;
use crate::runtime::Limits;
use crate::store::MAX_RESULT_BYTES;

/// What one plugin may use up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLimits {
    /// Of one call of its code.
    pub runtime: Limits,
    /// How long one statement of its may run in a migration. A data step over some 10 million rows takes minutes and is honest; one
    /// without an end would hold the write lock for ever.
    pub statement_time: Duration,
    /// How long one request may take that it handles.
    pub times: HandlerTimes,
    /// Bytes in the answer to one query of its. The answer lies in memory as a whole, and a guest's whole memory is of the same order.
    pub result_bytes: usize,
    /// Bytes in the body of one answer to a client. It lies in memory until the client has taken it.
    pub answer_bytes: usize,
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            runtime: Limits::default(),
            statement_time: Duration::from_secs(600),
            times: HandlerTimes::default(),
            result_bytes: MAX_RESULT_BYTES,
            answer_bytes: 8 << 20,
        }
    }
}

/// `[limits]`: the limits that an operator may have a reason to move, and those that are no plugin's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GlobalLimitSettings {
    /// Time of a plugin's own code in one `describe`. Until it is over nobody knows which plugin it is.
    describe_time_ms: Option<NonZero<u64>>,
    /// How long a command waits for another process that writes to the database.
    pub(super) lock_wait_ms: Option<NonZero<u64>>,
    /// Size of a plugin's file, in MiB.
    component_mib: Option<NonZero<u16>>,
    /// Stack of a plugin's code, in KiB; every thread that calls plugins sets as much aside.
    stack_kib: Option<NonZero<u16>>,
    step_time_ms: Option<NonZero<u64>>,
    work_time_ms: Option<NonZero<u64>>,
    statement_time_ms: Option<NonZero<u64>>,
    read_time_ms: Option<NonZero<u64>>,
    write_time_ms: Option<NonZero<u64>>,
    memory_mib: Option<NonZero<u16>>,
    table_elements: Option<NonZero<u32>>,
    host_call_kib: Option<NonZero<u32>>,
    handles: Option<NonZero<u32>>,
    log_lines: Option<NonZero<u32>>,
    result_kib: Option<NonZero<u32>>,
    answer_kib: Option<NonZero<u32>>,
}

/// `[plugins.NAME.limits]`: what holds for one plugin instead of what holds for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitSettings {
    /// Time of its own code in one `upgrade` or `downgrade`; SQL does not count.
    step_time_ms: Option<NonZero<u64>>,
    /// Time of all its operations in one revision, together.
    work_time_ms: Option<NonZero<u64>>,
    /// Time of one SQL statement of its in a migration.
    statement_time_ms: Option<NonZero<u64>>,
    /// Time of one request that it handles and that reads, SQL included.
    read_time_ms: Option<NonZero<u64>>,
    /// Time of one request that it handles and that writes, SQL included.
    write_time_ms: Option<NonZero<u64>>,
    /// Memory of one call, in MiB.
    memory_mib: Option<NonZero<u16>>,
    /// Elements of one of its WebAssembly tables.
    table_elements: Option<NonZero<u32>>,
    /// What it may hand over in one host call, in KiB.
    host_call_kib: Option<NonZero<u32>>,
    /// Handles that it may hold at one time.
    handles: Option<NonZero<u32>>,
    /// Log lines of one call.
    log_lines: Option<NonZero<u32>>,
    /// The answer to one query, in KiB.
    result_kib: Option<NonZero<u32>>,
    /// The body of one answer to a client, in KiB.
    answer_kib: Option<NonZero<u32>>,
}

/// Longer than anything that anybody waits for; SQLite counts milliseconds in 31 bits, which is 24 days.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// A time from the configuration.
pub(super) fn millis(ms: NonZero<u64>) -> Duration {
    Duration::from_millis(ms.get()).min(LONGEST)
}

impl GlobalLimitSettings {
    /// What holds for all plugins.
    pub(super) fn limits(&self) -> PluginLimits {
        let mut limits = self.of_each().over(&PluginLimits::default());
        if let Some(ms) = self.describe_time_ms {
            limits.runtime.describe_time = millis(ms);
        }
        if let Some(mib) = self.component_mib {
            limits.runtime.component_bytes = u64::from(mib.get()) << 20;
        }
        if let Some(kib) = self.stack_kib {
            limits.runtime.stack_bytes = (usize::from(kib.get()) << 10).min(crate::runtime::MOST_STACK_BYTES);
        }
        limits
    }

    fn of_each(&self) -> LimitSettings {
        LimitSettings {
            step_time_ms: self.step_time_ms,
            work_time_ms: self.work_time_ms,
            statement_time_ms: self.statement_time_ms,
            read_time_ms: self.read_time_ms,
            write_time_ms: self.write_time_ms,
            memory_mib: self.memory_mib,
            table_elements: self.table_elements,
            host_call_kib: self.host_call_kib,
            handles: self.handles,
            log_lines: self.log_lines,
            result_kib: self.result_kib,
            answer_kib: self.answer_kib,
        }
    }
}

impl LimitSettings {
    /// These limits, and where nothing is said those.
    pub fn over(&self, others: &PluginLimits) -> PluginLimits {
        let mut limits = others.clone();
        let time = |limit: &mut Duration, ms: Option<NonZero<u64>>| *limit = ms.map_or(*limit, millis);
        let bytes = |limit: &mut usize, kib: Option<NonZero<u32>>| *limit = kib.map_or(*limit, |kib| number(kib).saturating_mul(1 << 10));
        let count = |limit: &mut usize, given: Option<NonZero<u32>>| *limit = given.map_or(*limit, number);
        time(&mut limits.runtime.step_time, self.step_time_ms);
        time(&mut limits.runtime.work_time, self.work_time_ms);
        time(&mut limits.statement_time, self.statement_time_ms);
        time(&mut limits.times.read, self.read_time_ms);
        time(&mut limits.times.write, self.write_time_ms);
        bytes(&mut limits.runtime.host_call_bytes, self.host_call_kib);
        bytes(&mut limits.result_bytes, self.result_kib);
        bytes(&mut limits.answer_bytes, self.answer_kib);
        count(&mut limits.runtime.table_elements, self.table_elements);
        count(&mut limits.runtime.handles, self.handles);
        if let Some(mib) = self.memory_mib {
            limits.runtime.memory_bytes = usize::from(mib.get()) << 20;
        }
        if let Some(lines) = self.log_lines {
            limits.runtime.log_lines = lines.get();
        }
        limits
    }
}

fn number(given: NonZero<u32>) -> usize {
    usize::try_from(given.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(text: &str) -> Result<PluginLimits, toml::de::Error> {
        toml::from_str::<GlobalLimitSettings>(text).map(|settings| settings.limits())
    }

    #[test]
    fn limits_are_moved_one_by_one_and_never_to_nothing() {
        let moved = global("step-time-ms = 250\nread-time-ms = 18446744073709551615\nmemory-mib = 8").unwrap();
        let mut expected = PluginLimits::default();
        (expected.runtime.step_time, expected.times.read, expected.runtime.memory_bytes) = (Duration::from_millis(250), LONGEST, 8 << 20);
        assert_eq!(moved, expected);
        for nothing in ["step-time-ms = 0", "memory-mib = 0", "lock-wait-ms = -1", "component-mib = 70000", "patience = 1"] {
            assert!(global(nothing).is_err(), "{nothing}");
        }
    }

    #[test]
    fn what_is_said_of_one_plugin_wins_and_the_rest_is_as_for_all() {
        let all = global("step-time-ms = 250\nhandles = 10").unwrap();
        let one: LimitSettings = toml::from_str("handles = 20\nresult-kib = 1").unwrap();
        let limits = one.over(&all);
        assert_eq!((limits.runtime.handles, limits.runtime.step_time, limits.result_bytes), (20, Duration::from_millis(250), 1024));
        for no_plugins_own in ["describe-time-ms", "lock-wait-ms", "component-mib", "stack-kib"] {
            assert!(toml::from_str::<LimitSettings>(&format!("{no_plugins_own} = 1")).is_err(), "{no_plugins_own}");
        }
    }
}
