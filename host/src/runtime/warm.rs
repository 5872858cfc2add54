//! Instances that are kept between requests, for plugins that the operator trusts with it.
//!
//! A fresh instance per request is the default: nothing of one call is there in the next. A warm one saves its making, and keeps what the
//! guest itself keeps in its memory. What the *host* gave it does not outlive the call: an instance that still holds a handle when its
//! call ends is dropped, and so is one that trapped, ran late, was used often enough, or has less than half of its memory left: a guest
//! that forgets to let go would otherwise fail a request now and then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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

/// Kept instances of all plugins together: never so many that fresh ones find no place in the pool.
#[derive(Debug, Clone)]
pub(super) struct WarmSlots(Arc<AtomicUsize>);

impl WarmSlots {
    /// Half of what may live at one time.
    pub(super) fn of(limits: &Limits) -> Self {
        Self(Arc::new(AtomicUsize::new(limits.live_instances as usize / 2)))
    }

    fn take(&self) -> Option<Slot> {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1));
        taken.ok().map(|_| Slot(Arc::clone(&self.0)))
    }
}

/// A place for one kept instance.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// An instance that waits for its next request.
pub(super) struct Kept {
    pub(super) instance: Instance,
    uses: u32,
    _slot: Slot,
}

/// The kept instances of one plugin.
pub(super) struct Warm {
    isolation: Isolation,
    slots: WarmSlots,
    /// Last used first.
    idle: Mutex<Vec<Kept>>,
}

impl Warm {
    pub(super) fn new(isolation: Isolation, slots: WarmSlots) -> Self {
        Self { isolation, slots, idle: Mutex::default() }
    }

    pub(super) fn slots(&self) -> WarmSlots {
        self.slots.clone()
    }

    /// A kept instance, if there is one.
    pub(super) fn take(&self) -> Option<Kept> {
        match self.isolation {
            Isolation::Fresh => None,
            Isolation::Warm => self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop(),
        }
    }

    /// Keeps an instance that ended its call well and holds nothing of it.
    pub(super) fn keep(&self, instance: Instance, before: Option<Before>) {
        if self.isolation == Isolation::Fresh {
            return;
        }
        let before = before.or_else(|| Some(Before { uses: 0, slot: self.slots.take()? }));
        let Some(Before { uses, slot }) = before.filter(|before| before.uses < MOST_USES) else { return };
        let kept = Kept { instance, uses: uses + 1, _slot: slot };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
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
        (self.instance, Before { uses: self.uses, slot: self._slot })
    }
}
