//! `host`: the log, and what the host knows about the call in hand.

use crate::model::text::printable;
use crate::runtime::bindings::tenon::plugin::host::Host;
use crate::runtime::bindings::tenon::plugin::types::Attribute;
use crate::runtime::error::Stop;
use crate::runtime::generator;
use crate::runtime::limits::QUOTE_BYTES;
use crate::runtime::request::Refused;
use crate::runtime::state::{HostState, Task};

use super::values::attributes;

impl HostState {
    /// Asks the request's context what cannot be refused.
    fn told<R>(
        &mut self,
        function: &str,
        question: impl FnOnce(&mut dyn crate::runtime::request::RequestContext) -> R,
    ) -> wasmtime::Result<R> {
        let answer = self.ask_request(function, |context| Ok::<_, Refused>(question(context)))?;
        Ok(answer.map_err(|problem| Stop::Host(problem.to_string()))?)
    }
}

impl Host for HostState {
    fn log(&mut self, level: String, message: String, fields: Vec<Attribute>) -> wasmtime::Result<()> {
        Ok(self.journal.log(&level, &message, &attributes(fields))?)
    }

    fn now(&mut self) -> wasmtime::Result<u64> {
        if let Task::Handle(_) = self.task {
            return self.told("host.now", |context| context.now_ms());
        }
        Ok(self.migration("host.now")?.generator.now_ms())
    }

    fn random(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        if let Task::Handle(_) = self.task {
            return Ok(generator::unpredictable(length)?);
        }
        Ok(self.migration("host.random")?.generator.random(length)?)
    }

    fn new_id(&mut self) -> wasmtime::Result<String> {
        if let Task::Handle(_) = self.task {
            return self.told("host.new-id", |context| context.new_id());
        }
        Ok(self.migration("host.new-id")?.generator.new_id()?)
    }

    fn setting(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        let known = self.told("host.setting", |context| context.setting(&key))?;
        let undeclared = || Stop::Misuse(format!("host.setting: the plugin declares no setting {:?}", printable(&key, QUOTE_BYTES)));
        Ok(known.ok_or_else(undeclared)?)
    }

    fn request_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.request_task("host.request-id")?.incoming.id.clone())
    }

    fn caller(&mut self) -> wasmtime::Result<Option<String>> {
        // This version knows no callers: everybody is anonymous.
        self.request_task("host.caller")?;
        Ok(None)
    }

    fn claim(&mut self, _: String) -> wasmtime::Result<Option<String>> {
        self.request_task("host.claim")?;
        Ok(None)
    }

    fn may(&mut self, _: String) -> wasmtime::Result<bool> {
        // Where nobody is asked who they are, everybody may do everything.
        self.request_task("host.may")?;
        Ok(true)
    }
}
