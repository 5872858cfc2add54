//! `database`: SQL, for handlers.

use wasmtime::component::Resource;

use crate::model::Value;
use crate::runtime::bindings::tenon::plugin::database::Host;
use crate::runtime::bindings::tenon::plugin::types::{Problem as WitProblem, Value as WitValue};
use crate::runtime::documents::Document;
use crate::runtime::request::{About, Found};
use crate::runtime::state::HostState;

use super::values::values;

type Answer<T> = wasmtime::Result<Result<T, WitProblem>>;

impl Host for HostState {
    fn query(&mut self, sql: String, params: Vec<WitValue>) -> Answer<Resource<Document>> {
        match self.ask_for("database.query", |context| context.query(&sql, &values(params)))? {
            Ok((json, rows)) => self.hand(Found { body: Some(json.into()), about: About { rows: Some(rows), ..About::default() } }),
            Err(problem) => Ok(Err(problem)),
        }
    }

    fn row(&mut self, sql: String, params: Vec<WitValue>) -> Answer<Option<Vec<WitValue>>> {
        let row = self.ask_for("database.row", |context| context.row(&sql, &values(params)))?;
        Ok(row.map(|row| row.map(|cells: Vec<Value>| cells.into_iter().map(WitValue::from).collect())))
    }

    fn execute(&mut self, sql: String, params: Vec<WitValue>) -> Answer<u64> {
        self.ask_for("database.execute", |context| context.execute(&sql, &values(params)))
    }

    fn execute_many(&mut self, sql: String, rows: Vec<Vec<WitValue>>) -> Answer<u64> {
        self.ask_for("database.execute-many", |context| {
            let rows: Vec<Vec<Value>> = rows.into_iter().map(values).collect();
            context.execute_many(&sql, &rows)
        })
    }
}
