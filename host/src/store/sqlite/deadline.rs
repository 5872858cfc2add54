//! Until when the statements of a connection may run.
//!
//! Three things hold a statement to it: none begins after it ([`Database::check_usable`](super::Database)), SQLite's progress handler
//! stops one that takes many steps, and the [`watchdog`](super::watchdog) interrupts one that takes a single long one.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::InterruptHandle;

use super::watchdog::Registration;
use crate::model;
use crate::model::time::{ThreadClock, processor_time};

/// How many virtual machine steps pass between two looks at the clock: some 7 µs of plain work.
///
/// Every 100 steps would cost a plain scan 3 % (30 ms for a million rows, a look 25 ns), every 1,000 costs 0.3 %. What makes a step long
/// is what it computes, and such a statement is stopped by the watchdog, within a millisecond or two, at either number.
pub(super) const STEPS: i32 = 1_000;

/// When a connection must stop, and the way to stop it.
pub(super) struct Deadline {
    watched: Arc<Watched>,
    /// Made with the first deadline: most connections of commands never have one.
    registration: OnceCell<Registration>,
}

impl Deadline {
    pub(super) fn new(handle: InterruptHandle) -> Self {
        let watched = Watched { soonest: AtomicU64::new(NEVER), limits: Mutex::default(), handle };
        Self { watched: Arc::new(watched), registration: OnceCell::new() }
    }

    /// What the progress handler asks.
    pub(super) fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched)
    }

    /// Sets or removes it. A statement that begins after this returns is never interrupted for what was set before.
    pub(super) fn set(&self, deadline: Option<model::Deadline>) {
        self.set_limits(deadline.map(Limits::of));
    }

    /// Whether it has passed.
    pub(super) fn passed(&self) -> bool {
        self.watched.passed()
    }

    /// Does `work` without a deadline: what ends a transaction must not be stopped in the middle.
    pub(super) fn suspended<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.watched.limits().clone();
        if before.is_none() {
            return work();
        }
        self.set_limits(None);
        let result = work();
        self.set_limits(before);
        result
    }

    fn set_limits(&self, limits: Option<Limits>) {
        let is_set = limits.is_some();
        self.watched.set(limits);
        if is_set {
            self.registration.get_or_init(|| Registration::new(&self.watched)).wake();
        }
    }
}

/// How long a statement runs before it is looked whether anybody wants it still.
const UNTIL_CUT: Duration = Duration::from_secs(1);

/// A deadline, as it is looked at.
#[derive(Clone)]
struct Limits {
    /// When to stop, as a [`moment`].
    at: u64,
    processor: Option<ProcessorLimit>,
    cut: Option<Arc<AtomicBool>>,
}

/// When to stop by the processor time of the thread that set it, and runs the statements.
#[derive(Clone, Copy)]
struct ProcessorLimit {
    time: Duration,
    clock: Option<ThreadClock>,
}

impl Limits {
    fn of(deadline: model::Deadline) -> Self {
        let processor = deadline.processor.map(|time| ProcessorLimit { time, clock: ThreadClock::current() });
        Self { at: moment(deadline.at), processor, cut: deadline.cut }
    }

    fn is_cut(&self) -> bool {
        self.cut.as_ref().is_some_and(|cut| cut.load(Ordering::Relaxed))
    }

    /// No moment before this one is too late: a thread works no faster than the clock.
    fn soonest(&self) -> u64 {
        let left = self.processor.as_ref().map(|limit| limit.time.saturating_sub(processor_time()));
        let left = left.into_iter().chain(self.cut.as_ref().map(|_| UNTIL_CUT)).min();
        left.map_or(self.at, |left| moment(Instant::now() + left).min(self.at))
    }
}

/// What the thread that runs statements and the watchdog share of one connection.
pub(super) struct Watched {
    /// No moment before this one is too late; [`NEVER`] when there is no deadline.
    soonest: AtomicU64,
    /// Held while the deadline changes and while the connection is interrupted, so that neither happens during the other.
    limits: Mutex<Option<Limits>>,
    handle: InterruptHandle,
}

impl Watched {
    fn set(&self, limits: Option<Limits>) {
        let soonest = limits.as_ref().map_or(NEVER, Limits::soonest);
        let mut held = self.limits();
        *held = limits;
        // Ordered with the watchdog's going to sleep: either it sees this, or it is seen to sleep.
        self.soonest.store(soonest, Ordering::SeqCst);
    }

    /// Whether the deadline has passed; to be asked by the thread that set it.
    pub(super) fn passed(&self) -> bool {
        let soonest = self.soonest.load(Ordering::Relaxed);
        if soonest == NEVER {
            return false;
        }
        let now = moment(Instant::now());
        let worked = |limits: &Limits| limits.processor.is_some_and(|limit| processor_time() >= limit.time);
        let is_over = |limits: &Limits| now >= limits.at || limits.is_cut() || worked(limits);
        now >= soonest && self.limits().as_ref().is_some_and(is_over)
    }

    /// No moment before this one is too late; [`NEVER`] when there is no deadline.
    pub(super) fn soonest(&self) -> u64 {
        self.soonest.load(Ordering::SeqCst)
    }

    /// Interrupts what runs on the connection, if its deadline has passed; answers whether it is still to be looked after.
    pub(super) fn interrupt_if_passed(&self, now: u64) -> bool {
        let held = self.limits();
        let Some(limits) = &*held else { return false };
        let spent = |limit: ProcessorLimit| limit.clock.and_then(ThreadClock::read).is_some_and(|time| time >= limit.time);
        if now >= limits.at || limits.is_cut() || limits.processor.is_some_and(spent) {
            self.handle.interrupt();
        }
        // A deadline that somebody forgot to remove is not looked after for ever.
        now < limits.at.saturating_add(INSIST)
    }

    fn limits(&self) -> MutexGuard<'_, Option<Limits>> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a connection is interrupted again and again after its deadline, in nanoseconds. No statement begins after it, but one may be
/// about to, and SQLite forgets an interrupt when a statement begins.
const INSIST: u64 = 1_000_000_000;

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
    use super::*;

    fn deadline() -> Deadline {
        Deadline::new(rusqlite::Connection::open_in_memory().unwrap().get_interrupt_handle())
    }

    #[test]
    fn a_deadline_in_the_past_has_passed_and_none_never_does() {
        let deadline = deadline();
        assert!(!deadline.passed());
        deadline.set(Some(Instant::now().into()));
        assert!(deadline.passed());
        deadline.set(Some((Instant::now() + Duration::from_secs(3600)).into()));
        assert!(!deadline.passed());
        deadline.set(None);
        assert!(!deadline.passed());
    }

    #[test]
    fn a_suspended_deadline_comes_back() {
        let deadline = deadline();
        deadline.set(Some(Instant::now().into()));
        assert!(!deadline.suspended(|| deadline.passed()));
        assert!(deadline.passed());
    }

    #[test]
    fn what_the_thread_worked_counts_and_what_it_waited_does_not() {
        let deadline = deadline();
        let far = Instant::now() + Duration::from_secs(3600);
        deadline.set(Some(model::Deadline { at: far, processor: Some(processor_time() + Duration::from_millis(5)), cut: None }));
        // The kernel wakes us at once or after the time; either way nothing was worked.
        let (_stays, waits) = std::sync::mpsc::channel::<()>();
        assert!(waits.recv_timeout(Duration::from_millis(20)).is_err());
        assert!(!deadline.passed());
        let began = processor_time();
        while !deadline.passed() {
            assert!(processor_time() < began + Duration::from_secs(1));
        }
        assert!(processor_time() >= began + Duration::from_millis(4));
    }
}
