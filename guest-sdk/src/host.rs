//! What the host knows about the call in hand. Nothing else tells a plugin the time or gives it randomness.

use std::str::FromStr;

use serde::de::DeserializeOwned;

use crate::bindings::tenon::plugin::host;
use crate::error::{Problem, Result};
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

/// A setting that the plugin declared, as the operator gave it or by its default. Only in a handler.
pub fn setting(key: &str) -> Option<String> {
    host::setting(key)
}

/// A setting as a value: `host::setting_as::<u16>("port")?`. None where it was not given and has no default. Only in a handler.
///
/// # Errors
/// `internal`: what was given is no `T`. The text, which may be secret, is not told.
pub fn setting_as<T: FromStr>(key: &str) -> Result<Option<T>> {
    let unfit = |_| Problem::internal(format!("the setting {key} is no {}", std::any::type_name::<T>()));
    setting(key).map(|text| text.parse().map_err(unfit)).transpose()
}

/// The id of the request in hand, as the answer's header `x-request-id` has it. Only in a handler.
pub fn request_id() -> String {
    host::request_id()
}

/// Who is calling; none for an anonymous caller. Only in a handler.
pub fn caller() -> Option<String> {
    host::caller()
}

/// A claim of the caller's token: `host::claim::<Vec<String>>("groups")?`. Only in a handler.
///
/// # Errors
/// `claim` (403): there is such a claim, and it is no `T`.
pub fn claim<T: DeserializeOwned>(name: &str) -> Result<Option<T>> {
    let unfit = |error| Problem::new(403, "claim", format!("the claim {name} does not fit: {error}"));
    host::claim(name).map(|text| serde_json::from_str(&text).map_err(unfit)).transpose()
}

/// Whether the caller may do this: `host::may("orders.delete")`. Only in a handler.
pub fn may(operation: &str) -> bool {
    host::may(operation)
}
