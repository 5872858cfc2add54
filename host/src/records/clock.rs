//! Time and new ids, given by whoever runs a verb: the engine has no clock of its own, so a test's answers are always the same.

use std::fmt;

/// What a write needs besides its body.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch; the same for the whole of one verb.
    fn now_ms(&self) -> i64;

    /// A new ULID, 26 upper-case characters.
    fn new_id(&self) -> String;
}

impl fmt::Debug for dyn Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
