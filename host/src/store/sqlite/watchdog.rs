//! One thread that interrupts statements at their deadline.
//!
//! A statement that is a single step of SQLite's machine (`count(*)` over a large table, a sort) is not stopped by the progress handler,
//! which is asked between steps. SQLite looks at the interrupt flag inside many of them, and between all of them.
//!
//! # No innocent statement
//! An interrupt stops whatever runs on the connection, and one that comes late would stop the next statement. So a deadline changes, and
//! an interrupt happens, only while the connection's limits are locked: once `set` has returned, no interrupt for what was before can come.
//! One that came before it, while nothing ran, is forgotten: SQLite clears the flag when a statement begins and none is active.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::deadline::{NEVER, Watched, moment};

/// Between two looks while there are deadlines: how much later than its deadline a statement is interrupted.
const TICK: Duration = Duration::from_millis(1);

/// How long it looks on after the last deadline was removed. Under load there is always another one soon, and to wake a thread that
/// sleeps costs whoever sets it some microseconds.
const LINGER: u32 = 100;

/// That a connection is looked after; ends when it is dropped.
pub(super) struct Registration(Arc<Watched>);

impl Registration {
    pub(super) fn new(watched: &Arc<Watched>) -> Self {
        WATCHDOG.connections().push(Arc::clone(watched));
        Self(Arc::clone(watched))
    }

    /// To be called after a deadline was set. Costs nothing while the watchdog is awake.
    pub(super) fn wake(&self) {
        if WATCHDOG.asleep.load(Ordering::SeqCst)
            && let Some(thread) = &WATCHDOG.thread
        {
            thread.unpark();
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        WATCHDOG.connections().retain(|watched| !Arc::ptr_eq(watched, &self.0));
    }
}

struct Watchdog {
    connections: Mutex<Vec<Arc<Watched>>>,
    /// Whether it sleeps until it is woken.
    asleep: AtomicBool,
    thread: Option<Thread>,
}

/// The one of this process, begun by the first deadline.
static WATCHDOG: LazyLock<Watchdog> = LazyLock::new(|| {
    let spawned = std::thread::Builder::new().name("tenon-watchdog".to_owned()).spawn(|| WATCHDOG.watch());
    let thread = match spawned {
        Ok(handle) => Some(handle.thread().clone()),
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "no thread could be started that interrupts statements; long ones may run past their deadline");
            None
        }
    };
    Watchdog { connections: Mutex::default(), asleep: AtomicBool::new(false), thread }
});

impl Watchdog {
    fn watch(&self) {
        let mut idle = 0;
        loop {
            idle = if self.look() { 0 } else { idle + 1 };
            if idle <= LINGER {
                std::thread::park_timeout(TICK);
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            // Who set a deadline before that did not see a sleeper to wake.
            if !self.look() {
                std::thread::park();
            }
            self.asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
    }

    /// Interrupts what is past its deadline; answers whether there is any deadline to look after.
    fn look(&self) -> bool {
        let now = moment(Instant::now());
        let mut any = false;
        for watched in self.connections().iter() {
            any |= match watched.soonest() {
                NEVER => false,
                soonest if now < soonest => true,
                _ => watched.interrupt_if_passed(now),
            };
        }
        any
    }

    fn connections(&self) -> MutexGuard<'_, Vec<Arc<Watched>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many connections are looked after.
#[cfg(test)]
pub(super) fn watched() -> usize {
    WATCHDOG.connections().len()
}
