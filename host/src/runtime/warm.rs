//! Instances that are kept between requests, for plugins that the operator trusts with it.
//!
//! A fresh instance per request is the default: nothing of one call is there in the next. A warm one saves its making, and keeps what the
//! guest itself keeps in its memory. What the *host* gave it does not outlive the call: an instance that still holds a handle when its
//! call ends is dropped, and so is one that trapped, ran late, was used often enough, or has less than half of its memory left: a guest
//! that forgets to let go would otherwise fail a request now and then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::instance::Instance;
use super::limits::Limits;

/// How far the requests of one plugin are from each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Each has an instance of its own.
    #[default]
    Fresh,
    /// One after another may share an instance.
    Warm,
}

/// Requests that one instance answers before it makes place for a new one: a leak in a guest is forgotten in time.
const MOST_USES: u32 = 10_000;

/// How long an instance that nobody asks for keeps its place when another wants it.
const MOST_IDLE: Duration = Duration::from_secs(10);

/// Kept instances of all plugins together: never so many that fresh ones find no place in the pool.
#[derive(Clone)]
pub(super) struct WarmSlots(Arc<Slots>);

struct Slots {
    free: AtomicUsize,
    /// What each plugin keeps.
    kept: Mutex<Vec<Weak<Idle>>>,
}

impl WarmSlots {
    /// Half of what may live at one time.
    pub(super) fn of(limits: &Limits) -> Self {
        Self(Arc::new(Slots { free: AtomicUsize::new(limits.live_instances as usize / 2), kept: Mutex::default() }))
    }

    fn take(&self) -> Option<Slot> {
        self.take_free().or_else(|| {
            self.free_idle(Instant::now());
            self.take_free()
        })
    }

    fn take_free(&self) -> Option<Slot> {
        let taken = self.0.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1));
        taken.ok().map(|_| Slot(Arc::clone(&self.0)))
    }

    /// Drops the instances that nobody asked for lately, whosever they are.
    fn free_idle(&self, now: Instant) {
        let mut dropped = Vec::new();
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|idle| {
            let Some(idle) = idle.upgrade() else { return false };
            dropped.extend(idle.instances().extract_if(.., |kept| now.saturating_duration_since(kept.since) > MOST_IDLE));
            true
        });
    }

    fn register(&self, idle: &Arc<Idle>) {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(idle));
    }
}

/// A place for one kept instance.
struct Slot(Arc<Slots>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::Relaxed);
    }
}

/// The instances of one plugin that wait for a request, last used last.
#[derive(Default)]
struct Idle(Mutex<Vec<Kept>>);

impl Idle {
    fn instances(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance that waits for its next request.
pub(super) struct Kept {
    pub(super) instance: Instance,
    uses: u32,
    since: Instant,
    slot: Slot,
}

/// The kept instances of one plugin.
pub(super) struct Warm {
    isolation: Isolation,
    slots: WarmSlots,
    idle: Arc<Idle>,
}

impl Warm {
    pub(super) fn new(isolation: Isolation, slots: WarmSlots) -> Self {
        let idle = Arc::default();
        if isolation == Isolation::Warm {
            slots.register(&idle);
        }
        Self { isolation, slots, idle }
    }

    pub(super) fn slots(&self) -> WarmSlots {
        self.slots.clone()
    }

    /// A kept instance, if there is one.
    pub(super) fn take(&self) -> Option<Kept> {
        match self.isolation {
            Isolation::Fresh => None,
            Isolation::Warm => self.idle.instances().pop(),
        }
    }

    /// Keeps an instance that ended its call well and holds nothing of it.
    pub(super) fn keep(&self, instance: Instance, before: Option<Before>) {
        if self.isolation == Isolation::Fresh {
            return;
        }
        let before = before.or_else(|| Some(Before { uses: 0, slot: self.slots.take()? }));
        let Some(Before { uses, slot }) = before.filter(|before| before.uses < MOST_USES) else { return };
        self.idle.instances().push(Kept { instance, uses: uses + 1, since: Instant::now(), slot });
    }
}

/// What is known of an instance that was kept before.
pub(super) struct Before {
    uses: u32,
    slot: Slot,
}

impl Kept {
    /// Takes it out for a call.
    pub(super) fn out(self) -> (Instance, Before) {
        (self.instance, Before { uses: self.uses, slot: self.slot })
    }
}

#[cfg(test)]
mod tests {
    use super::super::component::Component;
    use super::super::journal::Journal;
    use super::super::state::{HostState, Stopwatch, Task};
    use super::super::testing::component;
    use super::*;

    fn instance(component: &Component) -> Instance {
        let loaded = &*component.0;
        let journal = Journal::new("guest".to_owned(), "orders.list".to_owned(), 0);
        let stopwatch = Stopwatch::new(Duration::from_secs(60), Duration::from_secs(60));
        let state = HostState::new(&loaded.limits, journal, stopwatch, Task::Idle);
        Instance::new(&loaded.pre, &loaded.limits, &loaded.activity, state).unwrap()
    }

    #[test]
    fn places_that_one_plugin_leaves_unused_are_given_to_another() {
        let component = component();
        let slots = WarmSlots::of(&Limits { live_instances: 4, ..Limits::default() });
        let [one, other] = [(); 2].map(|()| Warm::new(Isolation::Warm, slots.clone()));
        one.keep(instance(&component), None);
        one.keep(instance(&component), None);
        other.keep(instance(&component), None);
        assert!(other.take().is_none(), "all places are taken, and were lately used");
        slots.free_idle(Instant::now() + MOST_IDLE * 2);
        assert!(one.take().is_none(), "nobody asked for them");
        other.keep(instance(&component), None);
        assert!(other.take().is_some());
    }
}
