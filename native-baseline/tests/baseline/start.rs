//! Starting: what it makes, and what it says when it cannot.

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Process, Server};

/// What Tenon makes for its plugin shop is what is recorded of the seed; a comparison on other tables would mean nothing.
#[test]
fn its_tables_are_those_that_tenon_makes() {
    let server = Server::new();
    let recorded = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../host/tests/data/seed/custom_only.json")).unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let recorded = recorded["sqlite_master"].as_array().unwrap().iter().filter(|object| object["tbl_name"] != "alembic_version");
    let recorded: Vec<(String, Option<String>)> =
        recorded.map(|object| (object["name"].as_str().unwrap().to_owned(), object["sql"].as_str().map(str::to_owned))).collect();
    assert_eq!(recorded.len(), 7);
    let connection = Connection::open(server.database()).unwrap();
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY rowid").unwrap();
    let made = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(made.collect::<Result<Vec<(String, Option<String>)>, _>>().unwrap(), recorded);
}

#[test]
fn a_start_that_fails_says_why() {
    let server = Server::new();
    let folder = tempfile::tempdir().unwrap();
    let (missing, text, other) = (folder.path().join("no/such.db"), folder.path().join("text"), folder.path().join("other.db"));
    std::fs::write(&text, "no database, but longer than the hundred bytes of a header, so that nobody takes it for a new one: ".repeat(3))
        .unwrap();
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY)").unwrap();
    let fine = folder.path().join("fine.db");
    for (database, port, said) in [
        (folder.path(), "0", "cannot be used: unable to open database file"),
        (&missing, "0", "cannot be used: unable to open database file"),
        (&text, "0", "cannot be used: file is not a database"),
        (&other, "0", "no such column"),
        (&fine, server.port(), "cannot listen on 127.0.0.1:"),
    ] {
        let refused = Process::start(database, port, "full").unwrap_err();
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.starts_with("error: ") && refused.err.contains(said) && refused.err.lines().count() == 1, "{refused:?}");
    }
    assert_eq!(Process::start(&fine, "x", "full").unwrap_err().code, Some(2));
}
