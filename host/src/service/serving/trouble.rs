//! What is served does not follow the plugins folder or the database at this moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is wrong, for whoever asks for the service's health; none where all is well. The log has the reasons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Troubles {
    /// With the plugins folder.
    pub plugins_folder: Option<&'static str>,
    /// With what the database says is applied.
    pub ledger: Option<&'static str>,
}

/// The same, as the threads share it that look and that are asked.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Troubles>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Troubles> {
        // Whoever panicked with it left it whole: each part is set at once.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
