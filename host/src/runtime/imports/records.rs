//! `records`: the record engine, for handlers. This version calls no handlers, so every call comes at the wrong time.

use wasmtime::component::Resource;

use crate::runtime::bindings::tenon::plugin::records::Host;
use crate::runtime::bindings::tenon::plugin::types::{Attribute, Problem, Response};
use crate::runtime::documents::Document;
use crate::runtime::error::Stop;
use crate::runtime::state::HostState;

type Answer<T> = wasmtime::Result<Result<T, Problem>>;

fn only_in_a_handler<T>(function: &str) -> Answer<T> {
    Err(Stop::Misuse(format!(
        "records.{function} may be called only while a request is handled, which this version of tenon does not do yet; in a migration use operations.query and operations.insert-rows"
    ))
    .into())
}

impl Host for HostState {
    fn forward(&mut self, _: Option<Resource<Document>>) -> Answer<Response> {
        only_in_a_handler("forward")
    }

    fn list(&mut self, _: String, _: String) -> Answer<Resource<Document>> {
        only_in_a_handler("list")
    }

    fn get(&mut self, _: String, _: String) -> Answer<Resource<Document>> {
        only_in_a_handler("get")
    }

    fn create(&mut self, _: String, _: Resource<Document>) -> Answer<Resource<Document>> {
        only_in_a_handler("create")
    }

    fn replace(&mut self, _: String, _: String, _: Resource<Document>, _: Vec<Attribute>) -> Answer<Resource<Document>> {
        only_in_a_handler("replace")
    }

    fn update(&mut self, _: String, _: String, _: Resource<Document>, _: Vec<Attribute>) -> Answer<Resource<Document>> {
        only_in_a_handler("update")
    }

    fn delete(&mut self, _: String, _: String, _: Vec<Attribute>) -> Answer<()> {
        only_in_a_handler("delete")
    }
}
