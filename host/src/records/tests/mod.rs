//! The engine against a real SQLite database.

mod bodies;
mod lists;
mod round_trip;
mod rows;

use serde_json::Value as Json;

use super::testing::{TestClock, TestRows, compile};
use super::{Collection, ListQuery, RecordError, create, get, list};
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

    fn create(&mut self, collection: &Collection, body: &str) -> Result<Json, Problem> {
        create(collection, body.as_bytes(), &mut self.clock, &mut self.rows).map(|created| json(&created.body)).map_err(problem)
    }

    fn replace(&mut self, collection: &Collection, key: &str, body: &str) -> Result<Json, Problem> {
        super::replace(collection, key, body.as_bytes(), &mut self.clock, &mut self.rows).map(|body| json(&body)).map_err(problem)
    }

    fn update(&mut self, collection: &Collection, key: &str, body: &str) -> Result<Json, Problem> {
        super::update(collection, key, body.as_bytes(), &mut self.clock, &mut self.rows).map(|body| json(&body)).map_err(problem)
    }

    fn get(&mut self, collection: &Collection, key: &str) -> Result<Json, Problem> {
        get(collection, key, &mut self.rows).map(|body| json(&body)).map_err(problem)
    }

    fn delete(&mut self, collection: &Collection, key: &str) -> Result<(), Problem> {
        super::delete(collection, key, &mut self.rows).map_err(problem)
    }

    fn list(&mut self, collection: &Collection, query: &str) -> Result<(Json, Option<String>), Problem> {
        let query = ListQuery::parse(collection, query)?;
        list(collection, &query, &mut self.rows).map(|listing| (json(&listing.body), listing.next)).map_err(problem)
    }
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
    let table = super::testing::users();
    (Desk::new(&[&table]), compile(&table))
}
