//! What is renamed, and what may be.

use super::sql::{Database, declaring, found, told};
use super::*;

const T: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)";

#[test]
fn a_table_and_its_column_are_renamed_in_one_revision() {
    let settings = settings();
    let before = declaring(&[T, "CREATE INDEX ix_t_a ON t (a)", "CREATE TABLE u (t_id INTEGER REFERENCES t (id))"]);
    let after = declaring(&[
        "CREATE TABLE s (id INTEGER PRIMARY KEY, c TEXT, b TEXT)",
        "CREATE INDEX ix_s_c ON s (c)",
        "CREATE TABLE u (t_id INTEGER REFERENCES s (id))",
    ]);
    let after = after.renamed("s", "t").renamed("s.c", "a");
    let mut database = Database::new(&settings, &before);
    database.fill("INSERT INTO t VALUES (1, 'x', 'y')");
    let found = database.detect(&after).unwrap();
    assert_eq!(
        told(&found),
        ["renamed table t to s", "renamed column s.a to c", "removed index ix_t_a of s", "added index ix_s_c on s (c)"]
    );
    assert!(found.look_alikes.is_empty());
    database.run(&after, &found.upgrade).unwrap();
    assert_eq!(database.values("s", &["c", "b"]), ["c 'x', b 'y'"]);
    database.run(&after, &found.downgrade).unwrap();
    assert_eq!(database.values("t", &["a", "b"]), ["a 'x', b 'y'"]);
}

#[test]
fn whatever_names_what_is_renamed_follows_it() {
    let around = |table: &str, column: &str| {
        [
            format!(
                "CREATE TABLE {table} (id INTEGER PRIMARY KEY, {column} TEXT, b TEXT AS (lower({column})) STORED, CHECK ({column} <> 'a'), UNIQUE ({column}, id))"
            ),
            format!("CREATE INDEX ix ON {table} ({column} COLLATE NOCASE DESC, ({column} || 'a')) WHERE {column} > ''"),
            format!("CREATE VIEW v AS SELECT x.{column}, count(*) AS n FROM {table} AS x WHERE {column} IS NOT NULL GROUP BY x.{column}"),
            format!(
                "CREATE TRIGGER tr AFTER UPDATE OF {column} ON {table} FOR EACH ROW WHEN new.{column} <> old.{column} BEGIN UPDATE {table} SET {column} = 'a' WHERE id = new.id; END"
            ),
            format!(
                "CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES {table} (id), a TEXT, FOREIGN KEY (a, t) REFERENCES {table} ({column}, id))"
            ),
        ]
    };
    let of = |texts: [String; 5]| declaring(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let after = of(around("\"order\"", "\"group\"")).renamed("order", "t").renamed("order.group", "a");
    assert_eq!(told(&found(&of(around("t", "a")), &after).unwrap()), ["renamed table t to order", "renamed column order.a to group"]);
}

#[test]
fn what_takes_a_name_that_another_leaves_comes_after_it() {
    let settings = settings();
    let after = declaring(&["CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT, c TEXT)"]).renamed("t.b", "a").renamed("t.c", "b");
    let mut database = Database::new(&settings, &declaring(&[T]));
    database.fill("INSERT INTO t VALUES (1, 'was a', 'was b')");
    let found = database.detect(&after).unwrap();
    assert_eq!(told(&found), ["renamed column t.b to c", "renamed column t.a to b"]);
    database.run(&after, &found.upgrade).unwrap();
    assert_eq!(database.values("t", &["b", "c"]), ["b 'was a', c 'was b'"]);
    assert!(database.detect(&after).unwrap().detected.is_empty(), "what is done is not done again");
    database.run(&after, &found.downgrade).unwrap();
    assert_eq!(database.values("t", &["a", "b"]), ["a 'was a', b 'was b'"]);
}

#[test]
fn a_name_that_is_left_and_taken_anew_is_a_rename_and_an_addition() {
    let settings = settings();
    let (before, after) = ("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)", T);
    let after = declaring(&[after]).renamed("t.b", "a");
    let mut database = Database::new(&settings, &declaring(&[before]));
    database.fill("INSERT INTO t VALUES (1, 'was a')");
    let written = database.detect(&after).unwrap();
    assert_eq!(told(&written), ["renamed column t.a to b", "added column t.a"]);
    database.run(&after, &written.upgrade).unwrap();
    assert_eq!(database.values("t", &["b"]), ["b 'was a'"]);
    assert!(database.detect(&after).unwrap().detected.is_empty());
    let tables = declaring(&["CREATE TABLE u (id INTEGER PRIMARY KEY, x TEXT)", "CREATE TABLE t (id INTEGER PRIMARY KEY, y TEXT)"]);
    let before = declaring(&["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)"]);
    assert_eq!(told(&found(&before, &tables.renamed("u", "t")).unwrap()), ["renamed table t to u", "added table t"]);
}

#[test]
fn two_that_change_names_are_refused_for_nobody_can_tell_whether_they_have() {
    let after = declaring(&[T]).renamed("t.a", "b").renamed("t.b", "a");
    let error = found(&declaring(&[T]), &after).unwrap_err().to_string();
    assert!(error.contains("column t.a: it and b were renamed from each other"), "{error}");
    assert!(error.contains("take both renamed_from away"), "{error}");
    let itself = declaring(&[T]).renamed("t.a", "A");
    assert!(found(&declaring(&[T]), &itself).unwrap().detected.is_empty());
}

#[test]
fn what_goes_while_something_alike_comes_is_told_once() {
    let after = declaring(&["CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y INTEGER)"]);
    let found = found(&declaring(&[T]), &after).unwrap();
    let alike: Vec<String> = found.look_alikes.iter().map(ToString::to_string).collect();
    assert!(alike[0].starts_with("column t.a goes and t.x of the same make comes"), "{alike:?}");
}

/// What is taken for a rename that nobody said.
#[track_caller]
fn alike(before: &[&str], after: &[&str]) -> Vec<String> {
    found(&declaring(before), &declaring(after)).unwrap().look_alikes.iter().map(ToString::to_string).collect()
}

const OWN: &str = "id VARCHAR(26) NOT NULL PRIMARY KEY, created_at DATETIME DEFAULT (CURRENT_TIMESTAMP) NOT NULL, \
                   updated_at DATETIME DEFAULT (CURRENT_TIMESTAMP) NOT NULL, tags JSON DEFAULT '[]' NOT NULL";

#[test]
fn a_table_that_is_renamed_with_one_of_its_columns_is_not_lost_without_a_word() {
    let of = |table: &str, columns: &str| format!("CREATE TABLE {table} ({columns}, {OWN})");
    for (old, new) in [
        ("title VARCHAR, body TEXT, pinned BOOLEAN", "heading VARCHAR, body TEXT, pinned BOOLEAN"),
        ("title VARCHAR, body TEXT", "title VARCHAR(80), body VARCHAR, pinned BOOLEAN"),
        ("title VARCHAR, body TEXT", "title VARCHAR, text TEXT"),
    ] {
        let told = alike(&[&of("notes", old)], &[&of("memos", new)]);
        assert_eq!(told.len(), 1, "{old} and {new}: {told:?}");
        assert!(told[0].starts_with("table notes goes and memos of the same make comes"), "{told:?}");
    }
    for (old, new) in [
        ("title VARCHAR, body TEXT", "amount INTEGER, paid BOOLEAN"),
        ("a INTEGER, b INTEGER, c INTEGER, d TEXT", "d TEXT, x INTEGER, y TEXT"),
    ] {
        assert_eq!(alike(&[&of("notes", old)], &[&of("bills", new)]), Vec::<String>::new(), "{old} and {new}");
    }
    let bare = |table: &str| format!("CREATE TABLE {table} ({OWN})");
    assert_eq!(alike(&[&bare("one")], &[&of("other", "title VARCHAR, body TEXT")]), Vec::<String>::new());
    assert_eq!(alike(&[&of("other", "title VARCHAR, body TEXT")], &[&bare("one")]), Vec::<String>::new());
    assert_eq!(alike(&[&bare("one")], &[&bare("other")]), Vec::<String>::new(), "what every entity has says nothing");
}

#[test]
fn a_column_that_is_renamed_and_gets_a_shorter_type_is_not_lost_without_a_word() {
    let told = |old: &str, new: &str| {
        alike(&[&format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {old})")], &[&format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {new})")])
    };
    for (old, new) in [
        ("phone VARCHAR", "telephone VARCHAR(20)"),
        ("phone VARCHAR(10)", "telephone TEXT"),
        ("n INTEGER", "m BIGINT"),
        ("n DECIMAL_TEXT(8,2)", "m DECIMAL_TEXT(12,4)"),
    ] {
        assert_eq!(told(old, new).len(), 1, "{old} and {new}");
    }
    for (old, new) in [("phone VARCHAR", "age INTEGER"), ("n BOOLEAN", "m DATETIME"), ("phone VARCHAR", "owner VARCHAR(26)")] {
        assert_eq!(told(old, new), Vec::<String>::new(), "{old} and {new}");
    }
}
