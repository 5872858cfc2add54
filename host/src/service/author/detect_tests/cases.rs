//! Changes that are easily got wrong, each there and back.

use super::sql::{declaring, found, told};
use crate::service::load::causes;

#[track_caller]
fn detected(before: &[&str], after: &[&str]) -> Vec<String> {
    told(&found(&declaring(before), &declaring(after)).unwrap())
}

#[test]
fn what_means_the_same_is_no_change() {
    for (before, after) in [
        ("CREATE TABLE t (a INTEGER, CHECK (a>0 AND \"a\" < 9))", "CREATE TABLE t (a INTEGER, CHECK ( A > 0  and a<9 ))"),
        ("CREATE TABLE t (a BOOLEAN DEFAULT '1')", "CREATE TABLE t (a BOOLEAN DEFAULT ('1'))"),
        ("CREATE TABLE t (a INTEGER, b INTEGER)", "CREATE TABLE t (b INTEGER, a INTEGER)"),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY)", "CREATE TABLE t (a INTEGER NOT NULL, PRIMARY KEY (a))"),
        ("CREATE TABLE t (a VARCHAR (9) DEFAULT NULL)", "CREATE TABLE T (A varchar(9))"),
        ("CREATE TABLE t (a INTEGER CONSTRAINT uq UNIQUE)", "CREATE TABLE t (a INTEGER, UNIQUE (a))"),
    ] {
        assert_eq!(detected(&[before], &[after]), Vec::<String>::new(), "{before} and {after}");
    }
}

#[test]
fn what_means_something_else_is_one() {
    const U: &str = "CREATE TABLE u (id INTEGER PRIMARY KEY)";
    for (before, after, expected) in [
        ("a TEXT DEFAULT '1'", "a TEXT DEFAULT 1", &["changed default of t.a"][..]),
        ("a TEXT, CHECK (a = 'x y')", "a TEXT, CHECK (a = 'x  y')", &["removed check of t: a = 'x y'", "added check of t: a = 'x  y'"]),
        (
            "a INTEGER REFERENCES u (id) ON DELETE CASCADE",
            "a INTEGER REFERENCES u (id) ON DELETE SET NULL",
            &["removed foreign key of t: a", "added foreign key of t: a"],
        ),
        ("a TEXT UNIQUE, b TEXT", "a TEXT, b TEXT UNIQUE", &["removed unique constraint of t: a", "added unique constraint of t: b"]),
        ("a TEXT, b TEXT AS (a) VIRTUAL", "a TEXT, b TEXT AS (a || 'x') VIRTUAL", &["added column t.b", "removed column t.b"]),
        ("a TEXT, b TEXT", "a TEXT, b TEXT AS (a) STORED", &["added column t.b", "removed column t.b"]),
        ("a TEXT, b TEXT AS (a) STORED", "a TEXT, b TEXT NOT NULL", &["added column t.b", "removed column t.b"]),
        ("a INTEGER, b INTEGER, PRIMARY KEY (a, b)", "a INTEGER, b INTEGER, PRIMARY KEY (b, a)", &["changed primary key of t"]),
        (
            "a INTEGER NOT NULL, b TEXT, PRIMARY KEY (a)",
            "a TEXT, b TEXT, PRIMARY KEY (b)",
            &["changed type of t.a to text", "changed primary key of t"],
        ),
        (
            "a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a)",
            "a INTEGER NOT NULL, b INTEGER NOT NULL",
            &["column t.a may no longer be NULL", "changed primary key of t"],
        ),
    ] {
        let table = |columns: &str| format!("CREATE TABLE t ({columns})");
        assert_eq!(detected(&[&table(before), U], &[&table(after), U]), expected, "{before} and {after}");
    }
}

#[test]
fn an_index_that_is_renamed_and_a_unique_that_becomes_one_are_made_anew() {
    let t = "CREATE TABLE t (a TEXT)";
    assert_eq!(
        detected(&[t, "CREATE INDEX one ON t (a)"], &[t, "CREATE INDEX other ON t (a)"]),
        ["removed index one of t", "added index other on t (a)"]
    );
    assert_eq!(
        detected(&["CREATE TABLE t (a TEXT UNIQUE)"], &[t, "CREATE UNIQUE INDEX ux ON t (a)"]),
        ["removed unique constraint of t: a", "added unique index ux on t (a)"]
    );
}

#[test]
fn what_goes_comes_back_as_it_was() {
    let before = declaring(&[
        "CREATE TABLE a (id INTEGER, b INTEGER, PRIMARY KEY (id), UNIQUE (id, b), FOREIGN KEY (id, b) REFERENCES b (id, a))",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER, UNIQUE (id, a), FOREIGN KEY (id, a) REFERENCES a (id, b))",
        "CREATE INDEX ix ON b (((a)) DESC, (a + (1)))",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, UNIQUE (x, y), FOREIGN KEY (x, y) REFERENCES a (id, b))",
    ]);
    let gone = found(&before, &declaring(&["CREATE TABLE c (id INTEGER PRIMARY KEY)"])).unwrap();
    assert_eq!(told(&gone).len(), 7, "{:?}", told(&gone));
    assert_eq!(told(&found(&declaring(&[]), &before).unwrap()).last().unwrap(), "added foreign key of b: id,a");
}

#[test]
fn words_of_sql_and_of_rust_are_names_like_others() {
    let before = ["CREATE TABLE \"order\" (\"group\" INTEGER PRIMARY KEY, \"type\" TEXT)"];
    let after = [
        "CREATE TABLE \"order\" (\"group\" INTEGER PRIMARY KEY, \"match\" TEXT, \"fn\" TEXT DEFAULT 'a\"b\\c', CHECK (\"match\" <> \"fn\"))",
        "CREATE INDEX \"index\" ON \"order\" (\"match\" COLLATE NOCASE DESC, (\"fn\" || \"match\")) WHERE \"fn\" IS NOT NULL",
        "CREATE TABLE \"struct\" (\"self\" INTEGER REFERENCES \"order\" (\"group\"))",
    ];
    let found = found(&declaring(&before), &declaring(&after)).unwrap();
    assert_eq!(told(&found).len(), 6, "{:?}", told(&found));
}

#[test]
fn what_no_operation_does_leaves_the_rest_to_be_written_and_says_so() {
    let before = ["CREATE TABLE t (a TEXT)", "CREATE TABLE u (a TEXT)"];
    let changed = ["CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT)", "CREATE INDEX ix ON t (b)"];
    let rest = "CREATE TABLE u (a TEXT, b TEXT)";
    let partly = found(&declaring(&before), &declaring(&[changed[0], changed[1], rest])).unwrap();
    assert_eq!(told(&partly), ["added column u.b"]);
    assert!(partly.warnings[0].starts_with("left out: column t.a: its collation changes"), "{:?}", partly.warnings);
    let nothing_else = found(&declaring(&before), &declaring(&[changed[0], before[1]])).unwrap_err().to_string();
    assert!(nothing_else.contains("column t.a: its collation changes") && nothing_else.contains("by hand"), "{nothing_else}");
    let view = "CREATE VIEW v AS SELECT b FROM t";
    let needed = causes(&found(&declaring(&before), &declaring(&[changed[0], rest, view])).unwrap_err());
    assert!(needed.starts_with(&nothing_else) && needed.contains("the rest cannot be written without that"), "{needed}");
    assert!(needed.contains("no such column: b"), "{needed}");
}

#[test]
fn a_view_follows_only_what_its_query_reads() {
    let views = [
        "CREATE VIEW a AS SELECT x, 'b' AS t, 'from b where' AS u FROM t",
        "CREATE VIEW b AS SELECT x FROM a",
        "CREATE VIEW \"c d\" AS SELECT x FROM e",
        "CREATE VIEW e AS SELECT x FROM t",
    ];
    let table = "CREATE TABLE t (x TEXT)";
    let all: Vec<&str> = std::iter::once(table).chain(views).collect();
    assert_eq!(detected(&[table], &all), ["added view a", "added view b", "added view e", "added view c d"]);
    assert_eq!(detected(&all, &[table]), ["removed view c d", "removed view e", "removed view b", "removed view a"]);
}

#[test]
fn an_index_is_told_with_what_it_is_over() {
    let table = "CREATE TABLE t (a TEXT, b TEXT)";
    let index = "CREATE UNIQUE INDEX ix ON t (a COLLATE NOCASE DESC, (lower(b))) WHERE b IS NOT NULL";
    assert_eq!(
        detected(&[table, "CREATE INDEX ix ON t (a)"], &[table, index]),
        ["removed index ix of t", "added unique index ix on t (a COLLATE NOCASE DESC, (lower(b))) WHERE b IS NOT NULL"]
    );
}
