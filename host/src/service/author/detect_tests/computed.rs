//! Columns that are computed otherwise, or come to be, with all that stands on them; and views that stand on views.

use super::sql::{Database, declaring};
use super::*;

/// From one schema to the other and back on rows of table t, both ways; answers the values that t has at the end of each.
#[track_caller]
fn goes_and_comes_back(before: &[&str], after: &[&str], rows: &str) {
    let settings = settings();
    for (from, to) in [(before, after), (after, before)] {
        let (from, to) = (declaring(from), declaring(to));
        let found = sql::found(&from, &to).unwrap_or_else(|error| panic!("{}", crate::service::load::causes(&error)));
        let mut database = Database::new(&settings, &from);
        database.fill(rows);
        let told = |way: &str, error: &AuthorError| panic!("{way}: {error}\n{:#?}\n{:#?}", found.upgrade, found.downgrade);
        database.run(&to, &found.upgrade).unwrap_or_else(|error| told("there", &error));
        assert!(sql::found(&to, &to).unwrap().detected.is_empty());
        database.run(&to, &found.downgrade).unwrap_or_else(|error| told("back", &error));
        assert_eq!(database.values("t", &["a"]), ["a 'x'", "a 'y'"]);
    }
}

/// A table whose column b is so, with columns a and n, and more.
fn t(b: &str, more: &str) -> String {
    format!("CREATE TABLE t (a TEXT, n INTEGER, b {b}{more})")
}

const ROWS: &str = "INSERT INTO t (a, n) VALUES ('x', 1), ('y', 2)";

/// Ways in which a column may be computed, or not.
const MAKES: [&str; 4] = ["TEXT", "TEXT AS (a) VIRTUAL", "TEXT AS (a || 'x') VIRTUAL", "VARCHAR AS (a || n) STORED"];

#[test]
fn what_stands_on_a_column_that_is_computed_otherwise_is_made_anew() {
    let all: [(&str, &[&str]); 14] = [
        ("", &["CREATE INDEX ix ON t (b)"]),
        ("", &["CREATE INDEX ix ON t (n, (lower(b)))", "CREATE UNIQUE INDEX iy ON t (n) WHERE b <> 'c'"]),
        (", CHECK (b <> 'z')", &[]),
        (", CONSTRAINT ck CHECK (b <> 'z' AND n > 0), CHECK (n < 9)", &[]),
        (" CHECK (b <> 'z')", &[]),
        (" UNIQUE", &[]),
        (", UNIQUE (b)", &[]),
        (", CONSTRAINT uq UNIQUE (n, b), UNIQUE (n)", &[]),
        (", c TEXT AS (b || 'c') VIRTUAL, d TEXT AS (c || 'd') STORED, CHECK (d <> 'd')", &["CREATE INDEX ix ON t (c)"]),
        (", d TEXT AS (c) VIRTUAL, c TEXT AS (b) VIRTUAL", &[]),
        ("", &["CREATE VIEW v AS SELECT b FROM t", "CREATE VIEW w AS SELECT * FROM v", "CREATE VIEW z AS SELECT 1 AS one FROM w"]),
        ("", &["CREATE TRIGGER tr AFTER UPDATE OF n ON t FOR EACH ROW WHEN new.b > 9 BEGIN DELETE FROM t WHERE n > 9; END"]),
        ("", &["CREATE TABLE l (b TEXT)", "CREATE TRIGGER tr AFTER INSERT ON l FOR EACH ROW BEGIN INSERT INTO l SELECT b FROM t; END"]),
        (
            "",
            &[
                "CREATE VIEW v AS SELECT b FROM t",
                "CREATE TRIGGER tr INSTEAD OF DELETE ON v FOR EACH ROW BEGIN DELETE FROM t WHERE a = old.b; END",
            ],
        ),
    ];
    for (more, others) in all {
        let pairs = MAKES.iter().enumerate().flat_map(|(place, one)| MAKES[..place].iter().map(move |other| (one, other)));
        for (one, other) in pairs {
            let (one, other) = (t(one, more), t(other, more));
            goes_and_comes_back(&[&[&*one], others].concat(), &[&[&*other], others].concat(), ROWS);
        }
    }
}

#[test]
fn a_view_that_reads_a_view_that_goes_makes_way_with_it() {
    let before = [
        "CREATE TABLE t (a TEXT, n INTEGER, b TEXT)",
        "CREATE VIEW one AS SELECT a, n, b FROM t",
        "CREATE VIEW other AS SELECT a, n FROM one",
        "CREATE VIEW another AS SELECT a FROM other",
        "CREATE TRIGGER tr INSTEAD OF DELETE ON another FOR EACH ROW BEGIN DELETE FROM t WHERE a = old.a; END",
        "CREATE TABLE l (a TEXT)",
        "CREATE TRIGGER tt AFTER INSERT ON l FOR EACH ROW BEGIN DELETE FROM l WHERE a IN (SELECT a FROM one); END",
    ];
    let mut after = before;
    (after[0], after[1]) = ("CREATE TABLE t (a TEXT, n INTEGER)", "CREATE VIEW one AS SELECT a, n FROM t");
    goes_and_comes_back(&before, &after, ROWS);
}

#[test]
fn what_a_computed_column_was_before_has_its_value_before_its_rules() {
    let after = ["CREATE TABLE t (a TEXT, b TEXT AS (a))"];
    for before in [
        "CREATE TABLE t (a TEXT, k TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (k))",
        "CREATE TABLE t (a TEXT, b TEXT NOT NULL, PRIMARY KEY (b))",
        "CREATE TABLE t (a TEXT, b TEXT NOT NULL DEFAULT 'new', c TEXT NOT NULL AS (b || 'c') STORED, k INTEGER NOT NULL, UNIQUE (k, b))",
        "CREATE TABLE t (a TEXT, k TEXT NOT NULL UNIQUE, b TEXT NOT NULL)",
    ] {
        let (settings, before, after) = (settings(), declaring(&[before]), declaring(&after));
        let found = sql::found(&before, &after).unwrap();
        let mut database = Database::new(&settings, &after);
        database.fill("INSERT INTO t (a) VALUES ('x'), ('y')");
        database.run(&after, &found.downgrade).unwrap_or_else(|error| panic!("{error}\n{:#?}\n{:#?}", found.warnings, found.downgrade));
        assert_eq!(database.values("t", &["a"]), ["a 'x'", "a 'y'"]);
    }
}
