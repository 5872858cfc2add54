//! Until when a statement may run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many virtual machine steps pass between two looks at the clock: some 10 to 100 µs of work, a look costs 30 ns.
pub(super) const STEPS: i32 = 1_000;

/// A moment, shared with the connection's progress handler, which stops the statement in hand once it has passed.
///
/// It does not stop what is a single step of SQLite's machine, such as `count(*)` over a table; an interrupt from another thread does.
#[derive(Debug, Clone)]
pub(super) struct Deadline {
    start: Instant,
    /// Nanoseconds after `start`; `NONE` for never.
    at: Arc<AtomicU64>,
}

const NONE: u64 = u64::MAX;

impl Default for Deadline {
    fn default() -> Self {
        Self { start: Instant::now(), at: Arc::new(AtomicU64::new(NONE)) }
    }
}

impl Deadline {
    /// Sets or removes it.
    pub(super) fn set(&self, deadline: Option<Instant>) {
        let nanoseconds = |at: Instant| u64::try_from(at.saturating_duration_since(self.start).as_nanos()).unwrap_or(NONE);
        // One writer and one reader, on the same thread: the handler runs inside the statement.
        self.at.store(deadline.map_or(NONE, nanoseconds), Ordering::Relaxed);
    }

    /// Whether it has passed.
    pub(super) fn passed(&self) -> bool {
        match self.at.load(Ordering::Relaxed) {
            NONE => false,
            at => self.start.elapsed() >= Duration::from_nanos(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_the_past_has_passed_and_none_never_does() {
        let deadline = Deadline::default();
        assert!(!deadline.passed());
        deadline.set(Some(Instant::now()));
        assert!(deadline.passed());
        deadline.set(Some(Instant::now() + Duration::from_secs(3600)));
        assert!(!deadline.passed());
        deadline.set(None);
        assert!(!deadline.passed());
    }
}
