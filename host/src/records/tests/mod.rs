//! The engine against a real SQLite database.

mod bodies;
pub(crate) mod fixtures;
mod lists;
pub(crate) mod round_trip;
mod rows;

use std::ops::ControlFlow;

use serde_json::Value as Json;

use self::fixtures::{TestClock, TestRows, compile};
use super::{Collection, Draft, ListQuery, RecordError, Removal, Written, get, list, stream};
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
        draft?.apply(collection, &self.clock, &mut self.rows).map_err(problem)
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
        Removal::of(collection, key)?.apply(collection, &mut self.rows).map_err(problem)
    }

    fn list(&mut self, collection: &Collection, query: &str) -> Result<(Json, Option<String>), Problem> {
        let query = ListQuery::parse(collection, query)?;
        let whole = list(collection, &query, usize::MAX, &mut self.rows).map_err(problem)?.expect("nothing is larger than that");
        // However it is sent, it is the same.
        let (mut head, mut body) = (None, Vec::new());
        let sent = stream(collection, &query, &mut self.rows, |next| head = next, &mut |piece| {
            body.extend(piece);
            ControlFlow::Continue(())
        });
        sent.map_err(problem)?;
        assert_eq!((&body, &head), (&whole.body, &whole.next));
        Ok((json(&whole.body), whole.next))
    }
}

fn row(written: Written) -> Json {
    json(&written.body)
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
