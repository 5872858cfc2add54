//! What becomes of rows.

use super::sql::{Database, declaring};
use super::*;

#[test]
fn columns_that_take_no_null_are_written_with_a_word_of_what_to_do_and_refused_on_rows() {
    let settings = settings();
    let before = declaring(&["CREATE TABLE t (a TEXT)"]);
    let after = declaring(&["CREATE TABLE t (a TEXT, b TEXT NOT NULL, c INTEGER NOT NULL)"]);
    let mut database = Database::new(&settings, &before);
    let found = database.detect(&after).unwrap();
    assert!(found.warnings[0].contains("column t.b takes no NULL and has no default"), "{:?}", found.warnings);
    assert!(found.warnings[1].contains("column t.c takes no NULL and has no default"), "{:?}", found.warnings);
    database.fill("INSERT INTO t VALUES ('x')");
    let refused = database.run(&after, &found.upgrade).unwrap_err().to_string();
    assert!(refused.contains("column t.b"), "{refused}");
    let stricter = declaring(&["CREATE TABLE t (a TEXT NOT NULL)"]);
    let warnings = database.detect(&stricter).unwrap().warnings;
    assert!(warnings[0].contains("column t.a takes no NULL any more") && warnings[0].contains("backfill"), "{warnings:?}");
}

#[test]
fn tables_that_refer_to_each_other_and_to_themselves_come_and_go_with_rows() {
    let settings = settings();
    let circle = declaring(&[
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id), a INTEGER REFERENCES a (id) ON DELETE CASCADE)",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id))",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id), a INTEGER REFERENCES a (id))",
    ]);
    let nothing = declaring(&[]);
    let mut database = Database::new(&settings, &nothing);
    let found = database.detect(&circle).unwrap();
    database.run(&circle, &found.upgrade).unwrap();
    database.fill("INSERT INTO a VALUES (1, NULL, 1), (2, NULL, 1)");
    database.fill("INSERT INTO b VALUES (1, 1)");
    database.fill("INSERT INTO c VALUES (1, 1, 2)");
    database.fill("UPDATE a SET b = 1");
    database.run(&circle, &found.downgrade).unwrap();
    let found = database.detect(&circle).unwrap();
    assert_eq!(found.upgrade.iter().filter(|operation| matches!(operation, Operation::CreateTable { .. })).count(), 3, "all are gone");
}

#[test]
fn a_table_that_is_made_anew_by_hand_leaves_nothing_to_write() {
    let settings = settings();
    let before = declaring(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
        "CREATE TABLE child (t INTEGER REFERENCES t (id) ON DELETE CASCADE)",
    ]);
    let after = declaring(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE)",
        "CREATE TABLE child (t INTEGER REFERENCES t (id) ON DELETE CASCADE)",
    ]);
    let mut database = Database::new(&settings, &before);
    database.fill("INSERT INTO t VALUES (1, 'x')");
    database.fill("INSERT INTO child VALUES (1)");
    let anew = Table { name: name("t_new"), ..after.tables.iter().find(|table| table.name == *"t").unwrap().clone() };
    database.run(&after, &[Operation::CreateTable { table: anew, if_not_exists: false }]).unwrap();
    database.fill("INSERT INTO t_new SELECT * FROM t");
    let swap = [
        Operation::DropTable { name: name("t"), if_exists: false, detach: true },
        Operation::RenameTable { name: name("t_new"), to: name("t") },
    ];
    database.run(&after, &swap).unwrap();
    assert!(database.detect(&after).unwrap().detected.is_empty());
    assert_eq!(database.values("child", &["t"]).len(), 1);
}
