//! What the host knows about the call in hand. Nothing else tells a plugin the time or gives it randomness.

use crate::bindings::tenon::plugin::host;
use crate::field::Ulid;

/// Milliseconds since the Unix epoch, the same for the whole of one call. In a migration: when the revision was created.
pub fn now_ms() -> u64 {
    host::now()
}

/// Random bytes, at most 4,096 a call. In a migration a rerun gets the same ones.
pub fn random(length: u32) -> Vec<u8> {
    host::random(length)
}

/// A new ULID, later than every one before it in the same call.
pub fn new_id() -> Ulid {
    host::new_id().into()
}
