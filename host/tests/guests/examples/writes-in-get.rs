//! Writes in requests that only read: `GET writes-in-get/{how}`, and `GET gets`, a collection of which it handles the list.

use tenon_sdk::{Body, Document, Handlers, Manifest, Method, Migrations, Path, Plugin, Problem, Result, database, json, params, records};
use tenon_test_guests::served;

struct Guest;

const INSERT: &str = "INSERT INTO gets (id, note) VALUES ('01J0000000000000000000000A', 'written')";

fn record() -> Result<Document> {
    records::create("gets", &json!({ "note": "written" }))
}

fn get(Path(how): Path<String>) -> Result<Body<Vec<String>>> {
    let code = |result: Result<Document>| result.map_or_else(|problem| problem.code, |_| "written".to_owned());
    let execute = || database::execute(INSERT, params![]).map(|_| Document::new("application/json", b"{}"));
    Ok(Body(match how.as_str() {
        "record" => vec![code(Ok(record()?))],
        "execute" => vec![code(Ok(execute()?))],
        "query" => vec![code(Ok(database::query(&format!("{INSERT} RETURNING id"), params![])?))],
        // Passes over what it is told, and answers.
        "caught" => vec![code(record()), code(execute()), code(database::query("SELECT count(*) AS n FROM gets", params![]))],
        _ => return Err(Problem::not_found("there is no such way")),
    }))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("gets")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "gets");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("get", Method::Get, "/writes-in-get/{how}", get);
        on.handle("gets.list", record);
    }
}

tenon_sdk::plugin!(Guest, name = "writes-in-get");
