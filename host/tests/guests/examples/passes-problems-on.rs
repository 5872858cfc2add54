//! Sends statements that are no SQL and passes on what it is told, in some way or other: `POST passes-problems-on/{how}`. Each has the word
//! `s3cret` in it.

use tenon_sdk::{Handlers, Manifest, Method, Migrations, NoContent, Path, Plugin, Problem, Reason, Result, database, params};
use tenon_test_guests::served;

struct Guest;

/// What it is told of a statement that asks for a column which is not there.
fn told(column: &str) -> Problem {
    let answer = database::query(&format!("SELECT \"{column}\" FROM passed"), params![]);
    answer.err().unwrap_or_else(|| Problem::internal("there is such a column"))
}

fn pass(Path(how): Path<String>) -> Result<NoContent> {
    served::write("passed", "half done")?;
    Err(match how.as_str() {
        "lines" => told("s3cret\nof two lines\u{1b}[2J"),
        "long" => told(&format!("s3cret{}", "x".repeat(10_000))),
        "first" => {
            let first = told("s3cret");
            told("another");
            first
        }
        "one-of-many" => {
            let first = told("s3cret0");
            (1..200).for_each(|number| drop(told(&format!("s3cret{number}"))));
            first
        }
        "last-of-many" => {
            (0..200).for_each(|number| drop(told(&format!("another{number}"))));
            told("s3cret")
        }
        "in-words" => Problem::internal(format!("it could not be saved: {}", told("s3cret\n").detail)),
        "as-a-conflict" => Problem { status: 409, code: "conflict".to_owned(), ..told("s3cret") },
        "in-a-reason" => Problem::validation(vec![Reason::body("/note", "broken", told("s3cret").detail)]),
        "in-a-member" => Problem::conflict("it could not be saved").with("because", told("s3cret").detail),
        // In words of its own, whatever it was told before.
        "own-words" => {
            told("s3cret");
            Problem::conflict("it could not be saved")
        }
        _ => Problem::not_found("there is no such way"),
    })
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("passed")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "passed");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("pass", Method::Post, "/passes-problems-on/{how}", pass);
    }
}

tenon_sdk::plugin!(Guest, name = "passes-problems-on");
