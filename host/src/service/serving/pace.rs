//! Letting others in: SQLite has no queue for its write lock.
//!
//! Who waits for the lock looks again and again whether it is free. A writer that takes it anew within microseconds keeps everybody else
//! out for as long as it has work, `tenon upgrade` in another process above all. So the writer rests between two transactions.

use std::time::{Duration, Instant};

/// How long the writer works before it rests.
const WORK: Duration = Duration::from_millis(20);

/// How long it rests.
const REST: Duration = Duration::from_micros(200);

/// When the writer rested last.
#[derive(Debug)]
pub(super) struct Pace {
    rested: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { rested: Instant::now() }
    }

    /// Waits for work by `wait`; a wait that is long enough is a rest.
    pub(super) fn waiting<T>(&mut self, wait: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = wait();
        if began.elapsed() >= REST {
            self.rested = Instant::now();
        }
        result
    }

    /// Rests, if it is time. To be called while no transaction is open.
    pub(super) fn keep(&mut self) {
        if self.rested.elapsed() >= WORK {
            std::thread::sleep(REST);
            self.rested = Instant::now();
        }
    }
}
