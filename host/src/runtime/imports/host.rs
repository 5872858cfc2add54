//! `host`: the log, and what the host knows about the call in hand.

use crate::runtime::bindings::tenon::plugin::host::Host;
use crate::runtime::bindings::tenon::plugin::types::Attribute;
use crate::runtime::error::Stop;
use crate::runtime::state::HostState;

use super::values::attributes;

/// What only a request has. Migrations and `describe` must not depend on it.
fn only_in_a_request<T>(function: &str) -> wasmtime::Result<T> {
    Err(Stop::Misuse(format!(
        "host.{function} may be called only while a request is handled: neither a migration nor `describe` may depend on it"
    ))
    .into())
}

impl Host for HostState {
    fn log(&mut self, level: String, message: String, fields: Vec<Attribute>) -> wasmtime::Result<()> {
        Ok(self.journal.log(&level, &message, &attributes(fields))?)
    }

    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.migration("host.now")?.generator.now_ms())
    }

    fn random(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        Ok(self.migration("host.random")?.generator.random(length)?)
    }

    fn new_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.migration("host.new-id")?.generator.new_id()?)
    }

    fn setting(&mut self, _: String) -> wasmtime::Result<Option<String>> {
        only_in_a_request("setting")
    }

    fn request_id(&mut self) -> wasmtime::Result<String> {
        only_in_a_request("request-id")
    }

    fn caller(&mut self) -> wasmtime::Result<Option<String>> {
        only_in_a_request("caller")
    }

    fn claim(&mut self, _: String) -> wasmtime::Result<Option<String>> {
        only_in_a_request("claim")
    }

    fn may(&mut self, _: String) -> wasmtime::Result<bool> {
        only_in_a_request("may")
    }
}
