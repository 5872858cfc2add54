//! Sends statements that would take minutes, gigabytes or for ever, and passes over their problems: `GET queries-without-end/{which}`, and
//! `POST queries-without-end/{which}` for those that write, which add a row first. Its table has no rows but those that a test puts there.
//! A read says that it begins: it may be begun more than once.

use tenon_sdk::{
    Document, Handlers, Manifest, Method, Migrations, NoContent, Path, Plugin, Problem, Result, Value, database, host, log, params,
};
use tenon_test_guests::served;

struct Guest;

const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";

/// So many texts of a megabyte at the same time.
fn large(texts: usize) -> String {
    (0..texts).map(|number| format!("?1 || {number}")).collect::<Vec<_>>().join(", ")
}

/// A query that takes more memory than it may, and reads a table meanwhile.
fn much() -> String {
    format!("SELECT length(max({})) AS n FROM (SELECT count(*) FROM queries)", large(80))
}

fn megabyte() -> Value {
    Value::Text("a".repeat(1_000_000))
}

fn read(Path(which): Path<String>) -> Result<Document> {
    log::info("begins");
    let text = |length: usize| "a".repeat(length);
    match which.as_str() {
        "count" => database::query("SELECT count(*) AS n FROM queries", params![]),
        // Each count is one step of SQLite's machine, and all are fewer than lie between two looks of its progress handler.
        "counts" => {
            let counts = vec!["(SELECT count(*) FROM queries)"; 100].join(", ");
            database::query(&format!("SELECT max({counts}) AS n"), params![])
        }
        "instr" => database::query("SELECT instr(?, ?) AS n", params![text(1 << 20), text(1 << 19) + "b"]),
        "replace" => database::query("SELECT length(replace(?, ?, 'x')) AS n", params![text(1 << 20), text(1 << 19) + "b"]),
        "longer-than-a-value" => database::query("SELECT instr(?, 'b') AS n", params![text(2 << 20)]),
        "replace-grows" => database::query("SELECT replace(?, 'a', ?) AS n", params![text(1 << 19), text(1 << 19)]),
        "randomblob" => database::query("SELECT randomblob(1000000000) AS n", params![]),
        "many-blobs" => database::query(&format!("{ENDLESS} SELECT count(hex(zeroblob(400000))) AS n FROM n"), params![]),
        "endless-query" => database::query(&format!("{ENDLESS} SELECT i FROM n"), params![]),
        "endless-count" => database::query(&format!("{ENDLESS} SELECT count(*) AS n FROM n"), params![]),
        "endless-row" => {
            database::row::<Vec<Value>>(&format!("{ENDLESS} SELECT max(i) FROM n"), params![])?;
            Err(Problem::internal("it came to an end"))
        }
        "cross-join" => {
            database::query("SELECT a.id FROM queries a, queries b, queries c ORDER BY a.note || b.note || c.note LIMIT 1", params![])
        }
        "large-result" => database::query("SELECT id, note, (SELECT hex(zeroblob(500))) AS z FROM queries", params![]),
        "memory" => database::query(&much(), &[megabyte()]),
        "memory-passed-over" => {
            let _ = database::query(&much(), &[megabyte()]);
            database::query("SELECT 1 AS n", params![])
        }
        "again-and-again" => loop {
            // Each of them is quick.
            let _ = database::query("SELECT 1 AS n", params![]);
        },
        "after-it" => {
            let _ = database::query(&format!("{ENDLESS} SELECT count(*) AS n FROM n"), params![]);
            database::query("SELECT 1 AS n", params![])
        }
        _ => Err(Problem::not_found("there is no such query")),
    }
}

fn write(Path(which): Path<String>) -> Result<NoContent> {
    served::write("queries", "half done")?;
    if which == "memory" {
        let sql = format!("INSERT INTO queries (id, note) VALUES (?2, length(max({})))", large(80));
        let _ = database::execute(&sql, &[megabyte(), Value::Text(host::new_id().to_string())]);
        return Ok(NoContent);
    }
    let statement = match which.as_str() {
        "insert" => format!("{ENDLESS} INSERT INTO queries (id, note) SELECT printf('%026d', i), 'endless' FROM n"),
        "update" => format!("UPDATE queries SET note = ({ENDLESS} SELECT max(i) FROM n)"),
        _ => return Err(Problem::not_found("there is no such statement")),
    };
    let _ = database::execute(&statement, params![]);
    Ok(NoContent)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("queries")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "queries");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("read", Method::Get, "/queries-without-end/{which}", read);
        on.route("write", Method::Post, "/queries-without-end/{which}", write);
    }
}

tenon_sdk::plugin!(Guest, name = "queries-without-end");
