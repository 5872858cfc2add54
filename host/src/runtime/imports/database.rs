//! `database`: SQL, for handlers. This version calls no handlers, so every call comes at the wrong time.

use wasmtime::component::Resource;

use crate::runtime::bindings::tenon::plugin::database::Host;
use crate::runtime::bindings::tenon::plugin::types::{Problem, Value};
use crate::runtime::documents::Document;
use crate::runtime::error::Stop;
use crate::runtime::state::HostState;

type Answer<T> = wasmtime::Result<Result<T, Problem>>;

fn only_in_a_handler<T>(function: &str) -> Answer<T> {
    Err(Stop::Misuse(format!(
        "database.{function} may be called only while a request is handled, which this version of tenon does not do yet; in a migration use operations.execute, query and row"
    ))
    .into())
}

impl Host for HostState {
    fn query(&mut self, _: String, _: Vec<Value>) -> Answer<Resource<Document>> {
        only_in_a_handler("query")
    }

    fn row(&mut self, _: String, _: Vec<Value>) -> Answer<Option<Vec<Value>>> {
        only_in_a_handler("row")
    }

    fn execute(&mut self, _: String, _: Vec<Value>) -> Answer<u64> {
        only_in_a_handler("execute")
    }

    fn execute_many(&mut self, _: String, _: Vec<Vec<Value>>) -> Answer<u64> {
        only_in_a_handler("execute-many")
    }
}
