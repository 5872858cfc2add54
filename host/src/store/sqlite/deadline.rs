//! Until when the statements of a connection may run.
//!
//! Three things hold a statement to it: none begins after it ([`Database::check_usable`](super::Database)), SQLite's progress handler
//! stops one that takes many steps, and the [`watchdog`](super::watchdog) interrupts one that takes a single long one.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::InterruptHandle;

use super::watchdog::Registration;

/// How many virtual machine steps pass between two looks at the clock: some 7 µs of plain work.
///
/// Every 100 steps would cost a plain scan 3 % (30 ms for a million rows, a look 25 ns), every 1,000 costs 0.3 %. What makes a step long
/// is what it computes, and such a statement is stopped by the watchdog, within a millisecond or two, at either number.
pub(super) const STEPS: i32 = 1_000;

/// The moment at which a connection must stop, and the way to stop it.
pub(super) struct Deadline {
    watched: Arc<Watched>,
    /// Made with the first deadline: most connections of commands never have one.
    registration: OnceCell<Registration>,
}

impl Deadline {
    pub(super) fn new(handle: InterruptHandle) -> Self {
        let watched = Watched { at: AtomicU64::new(NEVER), gate: Mutex::default(), handle };
        Self { watched: Arc::new(watched), registration: OnceCell::new() }
    }

    /// What the progress handler asks.
    pub(super) fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched)
    }

    /// Sets or removes it. A statement that begins after this returns is never interrupted for what was set before.
    pub(super) fn set(&self, deadline: Option<Instant>) {
        self.set_moment(deadline.map_or(NEVER, moment));
    }

    /// Whether it has passed.
    pub(super) fn passed(&self) -> bool {
        self.watched.passed()
    }

    /// Does `work` without a deadline: what ends a transaction must not be stopped in the middle.
    pub(super) fn suspended<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.watched.at.load(Ordering::Relaxed);
        if before == NEVER {
            return work();
        }
        self.set_moment(NEVER);
        let result = work();
        self.set_moment(before);
        result
    }

    fn set_moment(&self, at: u64) {
        self.watched.set(at);
        if at != NEVER {
            self.registration.get_or_init(|| Registration::new(&self.watched)).wake();
        }
    }
}

/// What the thread that runs statements and the watchdog share of one connection.
pub(super) struct Watched {
    /// When to stop, as a [`moment`]; [`NEVER`] when there is no deadline.
    at: AtomicU64,
    /// Held while the deadline changes and while the connection is interrupted, so that neither happens during the other.
    gate: Mutex<()>,
    handle: InterruptHandle,
}

impl Watched {
    fn set(&self, at: u64) {
        let _gate = self.lock();
        // Ordered with the watchdog's going to sleep: either it sees this, or it is seen to sleep.
        self.at.store(at, Ordering::SeqCst);
    }

    /// Whether the deadline has passed.
    pub(super) fn passed(&self) -> bool {
        match self.at.load(Ordering::Relaxed) {
            NEVER => false,
            at => moment(Instant::now()) >= at,
        }
    }

    /// When it must stop; [`NEVER`] when there is no deadline.
    pub(super) fn at(&self) -> u64 {
        self.at.load(Ordering::SeqCst)
    }

    /// Interrupts what runs on the connection, if its deadline lies before `now`.
    pub(super) fn interrupt_if_passed(&self, now: u64) {
        let _gate = self.lock();
        if self.at() <= now {
            self.handle.interrupt();
        }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The moment that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// Nanoseconds since this process first asked; 0 for everything before.
pub(super) fn moment(at: Instant) -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // One less than NEVER, which is 584 years away.
    u64::try_from(at.saturating_duration_since(*START).as_nanos()).unwrap_or(NEVER - 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn deadline() -> Deadline {
        Deadline::new(rusqlite::Connection::open_in_memory().unwrap().get_interrupt_handle())
    }

    #[test]
    fn a_deadline_in_the_past_has_passed_and_none_never_does() {
        let deadline = deadline();
        assert!(!deadline.passed());
        deadline.set(Some(Instant::now()));
        assert!(deadline.passed());
        deadline.set(Some(Instant::now() + Duration::from_secs(3600)));
        assert!(!deadline.passed());
        deadline.set(None);
        assert!(!deadline.passed());
    }

    #[test]
    fn a_suspended_deadline_comes_back() {
        let deadline = deadline();
        deadline.set(Some(Instant::now()));
        assert!(!deadline.suspended(|| deadline.passed()));
        assert!(deadline.passed());
    }
}
