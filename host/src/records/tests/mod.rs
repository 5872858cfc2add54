//! The engine against a real SQLite database.

mod bodies;
pub(crate) mod fixtures;
mod lists;
mod round_trip;
mod rows;

use serde_json::Value as Json;

use self::fixtures::{TestClock, TestRows, compile};
use super::{Collection, Draft, ListQuery, RecordError, Written, get, list};
use crate::model::{Problem, Table};

/// A table as a collection, with its database.
struct Desk {
    rows: TestRows,
    clock: TestClock,
}

impl Desk {
    fn new(tables: &[&Table]) -> Self {
        Self { rows: TestRows::with(tables), clock: TestClock::new() }
    }

    /// Reads a draft and applies it.
    fn write(&mut self, collection: &Collection, draft: Result<Draft, Problem>) -> Result<Written, Problem> {
        draft?.apply(collection, &mut self.clock, &mut self.rows).map_err(problem)
    }

    fn create(&mut self, collection: &Collection, body: &str) -> Result<Json, Problem> {
        self.write(collection, Draft::create(collection, body.as_bytes())).map(row)
    }

    fn replace(&mut self, collection: &Collection, key: &str, body: &str) -> Result<Json, Problem> {
        self.write(collection, Draft::replace(collection, key, body.as_bytes())).map(row)
    }

    fn update(&mut self, collection: &Collection, key: &str, body: &str) -> Result<Json, Problem> {
        self.write(collection, Draft::update(collection, key, body.as_bytes())).map(row)
    }

    fn get(&mut self, collection: &Collection, key: &str) -> Result<Json, Problem> {
        get(collection, key, &mut self.rows).map(|body| json(&body)).map_err(problem)
    }

    fn delete(&mut self, collection: &Collection, key: &str) -> Result<(), Problem> {
        self.write(collection, Draft::delete(collection, key)).map(drop)
    }

    fn list(&mut self, collection: &Collection, query: &str) -> Result<(Json, Option<String>), Problem> {
        let query = ListQuery::parse(collection, query)?;
        list(collection, &query, &mut self.rows).map(|listing| (json(&listing.body), listing.next)).map_err(problem)
    }
}

fn row(written: Written) -> Json {
    json(&written.body.unwrap())
}

fn json(body: &[u8]) -> Json {
    serde_json::from_slice(body).unwrap()
}

fn problem(error: RecordError) -> Problem {
    match error {
        RecordError::Problem(problem) => problem,
        other => panic!("{other:?}"),
    }
}

/// Where and why, for comparison.
fn reasons(problem: &Problem) -> Vec<(&str, &str)> {
    problem.errors.iter().map(|reason| (reason.at.as_str(), reason.code.as_str())).collect()
}

fn users() -> (Desk, Collection) {
    let table = fixtures::users();
    (Desk::new(&[&table]), compile(&table))
}
