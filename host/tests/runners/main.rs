//! Several runs at once on one file, with changes in place, copies of a table and rows: each revision is taken once, by one of them. And one
//! that Ctrl-C ends in its midst, in `interrupt`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

#[cfg(unix)]
mod interrupt;
#[path = "../support/mod.rs"]
mod support;

use std::process::Stdio;

use support::{Said, TestHost, rows};

/// Starts as many runs at once, and answers what each said.
fn at_once(host: &TestHost, number: usize, arguments: &str) -> Vec<Said> {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let start = |_| host.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..number).map(start).collect();
    children.into_iter().map(|child| Said::from(child.wait_with_output().unwrap())).collect()
}

/// What lasts: the plugin's objects and rows, and the ledger without its times.
fn lasting(host: &TestHost) -> Vec<String> {
    let database = host.database();
    assert_eq!(rows(&database, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&database, "PRAGMA foreign_key_check"), Vec::<String>::new());
    let mut found = rows(&database, "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'tenon%' AND sql IS NOT NULL ORDER BY name");
    found.extend(rows(&database, "SELECT seq, plugin, revision, digest FROM tenon_ledger ORDER BY seq"));
    found.extend(rows(&database, "SELECT * FROM tenon_objects ORDER BY name"));
    if host.tables().contains(&"items".to_owned()) {
        found.extend(rows(&database, "SELECT * FROM items ORDER BY id"));
    }
    found
}

fn begun() -> TestHost {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@start").done();
    host.database()
        .execute_batch(
            "WITH RECURSIVE n(i) AS (VALUES (100) UNION ALL SELECT i + 1 FROM n WHERE i < 600) INSERT INTO items (id) SELECT i FROM n",
        )
        .unwrap();
    host
}

fn race(number: usize) {
    let alone = begun();
    alone.run("upgrade head").done();
    let expected = lasting(&alone);
    let host = begun();
    for said in at_once(&host, number, "-q upgrade head") {
        said.done();
    }
    assert_eq!(lasting(&host), expected, "each revision was taken once");
    host.run("drift").done();
    alone.run("downgrade base").done();
    for said in at_once(&host, number, "-q downgrade base") {
        let excused = said.code == Some(1) && said.err.contains("another process changed what is applied");
        assert!(said.code == Some(0) || excused, "{said:?}");
    }
    assert_eq!(lasting(&host), lasting(&alone));
    assert!(host.ledger().is_empty() && host.tables().is_empty());
}

#[test]
fn of_two_runs_each_revision_is_taken_by_one() {
    race(2);
}

#[test]
fn of_eight_runs_each_revision_is_taken_by_one() {
    race(8);
}
