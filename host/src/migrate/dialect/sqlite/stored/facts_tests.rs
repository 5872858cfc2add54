use proptest::prelude::*;
use rusqlite::Connection;

use super::facts::facts;
use super::tests::{made, tables};
use crate::migrate::difference::{Facts, differences};
use crate::model::ObjectKind;

/// What is asked for by one text and not said by the other, and the other way round.
fn compared(asked: &str, found: &str) -> (Vec<String>, Vec<String>) {
    let of = |text: &str| Facts::from([((ObjectKind::Table, "t".parse().unwrap()), facts(text).unwrap())]);
    match differences(&of(asked), &of(found)).pop() {
        Some(difference) => (difference.missing, difference.surplus),
        None => (vec![], vec![]),
    }
}

#[track_caller]
fn same(one: &str, other: &str) {
    assert_eq!(compared(one, other), (vec![], vec![]));
}

#[test]
fn what_means_the_same_is_the_same() {
    same("CREATE TABLE t (a INTEGER, b TEXT)", "CREATE TABLE \"t\" ( b text /* x */, [A] integer )");
    same(
        "CREATE TABLE t (a UNIQUE REFERENCES o (id) ON DELETE CASCADE)",
        "CREATE TABLE t (a, UNIQUE (a), FOREIGN KEY (\"a\") REFERENCES o(id) ON DELETE CASCADE)",
    );
    same("CREATE TABLE t (id INTEGER NOT NULL, PRIMARY KEY (id))", "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    same("CREATE TABLE t (a TEXT, PRIMARY KEY (a)) WITHOUT ROWID", "CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID");
    same("CREATE TABLE t (a DEFAULT (1 + 2), b DEFAULT ((5)), c DEFAULT NULL)", "CREATE TABLE t (a DEFAULT ( 1+2 ), b DEFAULT 5, c)");
    same("CREATE TABLE t (a COLLATE BINARY CHECK (a > 0) ON CONFLICT ABORT)", "CREATE TABLE t (a, CHECK (\"a\" > 0))");
    same("CREATE TABLE t (a AS (b), b)", "CREATE TABLE t (b, a GENERATED ALWAYS AS (b) VIRTUAL)");
    same(
        "CREATE TABLE t (a REFERENCES o ON DELETE NO ACTION NOT DEFERRABLE)",
        "CREATE TABLE t (a REFERENCES o MATCH SIMPLE ON UPDATE NO ACTION)",
    );
    same("CREATE TABLE t (a, PRIMARY KEY (a ASC))", "CREATE TABLE t (a, PRIMARY KEY (a))");
    same("CREATE INDEX i ON t (a) WHERE a > 0", "CREATE INDEX i ON \"t\"(\"a\") where a > 0");
}

#[test]
fn what_does_not_mean_the_same_is_told() {
    let told = |one: &str, other: &str| compared(&format!("CREATE TABLE t ({one})"), &format!("CREATE TABLE t ({other})"));
    let both = |missing: &str, surplus: &str| (vec![missing.to_owned()], vec![surplus.to_owned()]);
    assert_eq!(told("a VARCHAR(20)", "a VARCHAR(30)"), both("a VARCHAR(20)", "a VARCHAR(30)"));
    assert_eq!(told("a DEFAULT 'X'", "a DEFAULT 'x'"), both("a DEFAULT 'X'", "a DEFAULT 'x'"));
    assert_eq!(told("a NOT NULL", "a"), both("a NOT NULL", "a"));
    assert_eq!(told("a UNIQUE ON CONFLICT IGNORE", "a UNIQUE"), both("UNIQUE (a) ON CONFLICT IGNORE", "UNIQUE (a)"));
    assert_eq!(told("a INTEGER PRIMARY KEY AUTOINCREMENT", "a INTEGER PRIMARY KEY").0, ["PRIMARY KEY (a) AUTOINCREMENT"]);
    assert_eq!(told("a, b, UNIQUE (a, b)", "a, b, UNIQUE (b, a)"), both("UNIQUE (a, b)", "UNIQUE (b, a)"));
    assert_eq!(told("a, UNIQUE (a COLLATE NOCASE)", "a, UNIQUE (a)").0, ["UNIQUE (a COLLATE NOCASE)"]);
    assert_eq!(told("a, CONSTRAINT x CHECK (a > 0)", "a, CHECK (a > 0)").0, ["CONSTRAINT x CHECK (a > 0)"]);
    assert_eq!(told("a REFERENCES o ON DELETE CASCADE", "a REFERENCES o").1, ["FOREIGN KEY (a) REFERENCES o"]);
    assert_eq!(told("a AS (1) STORED", "a AS (1)").1, ["a GENERATED ALWAYS AS (1) VIRTUAL"]);
    assert_eq!(told("a DEFAULT \"5\"", "a DEFAULT 5").1, ["a DEFAULT 5"]);
    assert_eq!(told("a, \"current_date\", CHECK (a > \"current_date\")", "a, \"current_date\", CHECK (a > current_date)").0.len(), 1);
    assert_eq!(told("\"a integer\"", "a INTEGER").1, ["a INTEGER"]);
    assert_eq!(compared("CREATE TABLE t (a) STRICT", "CREATE TABLE t (a)").0, ["STRICT"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_table_is_itself_also_after_its_name_changed(text in tables()) {
        let Some((connection, stored)) = made(&text) else { return Ok(()) };
        prop_assert_eq!(compared(&stored, &stored), (vec![], vec![]));
        let renamed = |connection: &Connection| connection.execute_batch("ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t");
        if renamed(&connection).is_ok() {
            let again: String = connection.query_row("SELECT sql FROM sqlite_schema WHERE name = 't'", [], |row| row.get(0)).unwrap();
            prop_assert_eq!(compared(&stored, &again), (vec![], vec![]));
        }
    }
}
