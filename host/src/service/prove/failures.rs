//! Proofs that failed: one may take minutes, and fails again for as long as the same files lie there. Known until the process ends, or the plugin's
//! file is read anew.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::ContentHash;

/// So many are known. More come together where somebody drops one broken file after another for days.
const MOST: usize = 1_000;

/// All that a proof was tried on: the keys of the orders in which its revisions can run.
pub(super) type Tried = Vec<ContentHash>;

/// Whose proofs failed and why, by what they were tried on.
#[derive(Debug, Default)]
pub(in crate::service) struct Failures(Mutex<HashMap<Tried, (ContentHash, String)>>);

impl Failures {
    fn lock(&self) -> MutexGuard<'_, HashMap<Tried, (ContentHash, String)>> {
        // Whoever panicked with it left it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the same failed before, if it did.
    pub(super) fn of(&self, tried: &Tried) -> Option<String> {
        self.lock().get(tried).map(|(_, why)| why.clone())
    }

    /// Forgets a component's: somebody may have mended what was wrong with the machine.
    pub(in crate::service) fn forget(&self, component: ContentHash) {
        self.lock().retain(|_, (other, _)| *other != component);
    }

    pub(super) fn note(&self, tried: Tried, component: ContentHash, why: String) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(tried, (component, why));
    }
}
