//! The machine's clock, and ids from it.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ulid::{Generator, Ulid};

use crate::records::Clock;

/// The machine's clock. Its ids grow, within one millisecond too.
#[derive(Debug, Default)]
pub struct SystemClock {
    ids: Mutex<Generator>,
}

impl SystemClock {
    /// A clock whose first id is of now.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn new_id(&self) -> String {
        // After 2^80 ids in one millisecond order is given up, uniqueness is not.
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).generate().unwrap_or_else(|_| Ulid::generate()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow() {
        let clock = SystemClock::new();
        let ids: Vec<String> = (0..1000).map(|_| clock.new_id()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 26));
    }
}
