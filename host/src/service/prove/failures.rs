//! Proofs that failed: one may take minutes, and fails again for as long as the same files lie there. Known until the process ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::ContentHash;

/// So many are known. More come together where somebody drops one broken file after another for days.
const MOST: usize = 1_000;

/// All that a proof was tried on: the keys of the orders in which its revisions can run.
pub(super) type Tried = Vec<ContentHash>;

/// Why proofs failed, by what they were tried on.
#[derive(Debug, Default)]
pub(in crate::service) struct Failures(Mutex<HashMap<Tried, String>>);

impl Failures {
    fn lock(&self) -> MutexGuard<'_, HashMap<Tried, String>> {
        // Whoever panicked with it left it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the same failed before, if it did.
    pub(super) fn of(&self, tried: &Tried) -> Option<String> {
        self.lock().get(tried).cloned()
    }

    pub(super) fn note(&self, tried: Tried, why: String) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(tried, why);
    }
}
