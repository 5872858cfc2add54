//! Foreign keys and what they lead to, changed in one revision, on rows, there and back.

use super::sql::{Database, declaring};
use super::*;

/// From one schema to another and back, on rows, whichever of the two tables comes first by its name.
#[track_caller]
fn goes_and_comes_back(before: &[&str], rows: &[&str], after: &[&str]) {
    for (child, parent) in [("a", "b"), ("b", "a")] {
        let named = |sql: &&str| sql.replace("CHILD", child).replace("PARENT", parent);
        let texts = |all: &[&str]| all.iter().map(named).collect::<Vec<_>>();
        let manifest = |all: &[&str]| declaring(&texts(all).iter().map(String::as_str).collect::<Vec<_>>());
        let (settings, from, to) = (settings(), manifest(before), manifest(after));
        for (from, to) in [(&from, &to), (&to, &from)] {
            let mut database = Database::new(&settings, from);
            texts(rows).iter().for_each(|sql| database.fill(sql));
            let found = sql::found(from, to).unwrap();
            let read = |database: &mut Database<'_>| [database.values(child, &["n"]), database.values(parent, &["n"])];
            let there = read(&mut database);
            let told =
                |way: &str, error: &AuthorError| panic!("{way}, child {child}: {error}\n{:#?}\n{:#?}", found.upgrade, found.downgrade);
            database.run(to, &found.upgrade).unwrap_or_else(|error| told("there", &error));
            assert_eq!(read(&mut database), there);
            database.run(to, &found.downgrade).unwrap_or_else(|error| told("back", &error));
            assert_eq!(read(&mut database), there);
        }
    }
}

const LED: &[&str] = &["INSERT INTO PARENT (n, code) VALUES (1, 'x'), (2, 'y')", "INSERT INTO CHILD (n, ref) VALUES (1, 'y'), (2, NULL)"];

#[test]
fn a_key_comes_after_what_makes_its_target_unique_and_goes_before_it() {
    const BARE: &str = "CREATE TABLE PARENT (n INTEGER, code TEXT)";
    let before = [BARE, "CREATE TABLE CHILD (n INTEGER, ref TEXT)"];
    const KEY: &str = "CREATE TABLE CHILD (n INTEGER, ref TEXT REFERENCES PARENT (code))";
    goes_and_comes_back(&before, LED, &["CREATE TABLE PARENT (n INTEGER, code TEXT UNIQUE)", KEY]);
    goes_and_comes_back(&before, LED, &[BARE, "CREATE UNIQUE INDEX ux ON PARENT (code)", KEY]);
    goes_and_comes_back(&before, LED, &["CREATE TABLE PARENT (n INTEGER, code TEXT NOT NULL PRIMARY KEY)", KEY]);
    // A column that comes back in the same downgrade gets its value while the key is gone.
    let more = [BARE, "CREATE TABLE CHILD (n INTEGER, ref TEXT, more TEXT NOT NULL DEFAULT 'x')"];
    goes_and_comes_back(&more, LED, &[BARE, "CREATE UNIQUE INDEX ux ON PARENT (code)", KEY]);
}

#[test]
fn a_key_and_its_target_may_both_be_new() {
    let before = ["CREATE TABLE PARENT (n INTEGER)", "CREATE TABLE CHILD (n INTEGER)"];
    let rows = ["INSERT INTO PARENT (n) VALUES (1), (2)", "INSERT INTO CHILD (n) VALUES (1), (2)"];
    let child = "CREATE TABLE CHILD (n INTEGER, ref TEXT REFERENCES PARENT (code))";
    goes_and_comes_back(&before, &rows, &["CREATE TABLE PARENT (n INTEGER, code TEXT UNIQUE)", child]);
    goes_and_comes_back(&before, &rows, &["CREATE TABLE PARENT (n INTEGER, code TEXT)", "CREATE UNIQUE INDEX ux ON PARENT (code)", child]);
    let more = ["CREATE TABLE PARENT (n INTEGER)", "CREATE TABLE CHILD (n INTEGER, more TEXT NOT NULL)"];
    let rows = ["INSERT INTO PARENT (n) VALUES (1), (2)"];
    goes_and_comes_back(&more, &rows, &["CREATE TABLE PARENT (n INTEGER, code TEXT)", "CREATE UNIQUE INDEX ux ON PARENT (code)", child]);
}

#[test]
fn a_key_of_a_table_to_itself_waits_for_its_own_table() {
    const OTHER: &str = "CREATE TABLE PARENT (n INTEGER)";
    let (before, rows) = (
        [OTHER, "CREATE TABLE CHILD (n INTEGER, code TEXT, ref TEXT)"],
        ["INSERT INTO CHILD (n, code, ref) VALUES (1, 'x', 'y'), (2, 'y', NULL)"],
    );
    goes_and_comes_back(&before, &rows, &[OTHER, "CREATE TABLE CHILD (n INTEGER, code TEXT UNIQUE, ref TEXT REFERENCES CHILD (code))"]);
    const KEY: &str = "CREATE TABLE CHILD (n INTEGER, code TEXT, ref TEXT REFERENCES CHILD (code))";
    goes_and_comes_back(&before, &rows, &[OTHER, KEY, "CREATE UNIQUE INDEX ux ON CHILD (code)"]);
    let unique = "CREATE TABLE CHILD (n INTEGER, code TEXT UNIQUE, ref TEXT REFERENCES CHILD (code))";
    goes_and_comes_back(&[OTHER, unique], &rows, &[OTHER, KEY, "CREATE UNIQUE INDEX ux ON CHILD (code)"]);
    let empty = ([OTHER, "CREATE TABLE CHILD (n INTEGER)"], ["INSERT INTO CHILD (n) VALUES (1), (2)"]);
    goes_and_comes_back(&empty.0, &empty.1, &[OTHER, unique]);
}

#[test]
fn a_key_that_stays_finds_its_target_unique_all_the_time() {
    const INDEX: &str = "CREATE UNIQUE INDEX ux ON PARENT (code)";
    let child = |more: &str| format!("CREATE TABLE CHILD (n INTEGER, ref TEXT REFERENCES PARENT (code){more})");
    let unique = ["CREATE TABLE PARENT (n INTEGER, code TEXT UNIQUE)", &child("")];
    goes_and_comes_back(&unique, LED, &["CREATE TABLE PARENT (n INTEGER, code TEXT)", INDEX, &child(", CHECK (n > 0)")]);
    goes_and_comes_back(&unique, LED, &["CREATE TABLE PARENT (n INTEGER, code TEXT PRIMARY KEY)", &child(", UNIQUE (n)")]);
    // An index that compares otherwise than the column does makes no target of it, though it is there all the time.
    const OTHER: &str = "CREATE UNIQUE INDEX other ON PARENT (code COLLATE NOCASE)";
    let after = ["CREATE TABLE PARENT (n INTEGER, code TEXT)", OTHER, INDEX, &child(", CHECK (n > 0)")];
    goes_and_comes_back(&[unique[0], OTHER, unique[1]], LED, &after);
}

#[test]
fn a_key_whose_rows_led_somewhere_before_is_no_risk() {
    let warnings = |before: &[&str], after: &[&str]| sql::found(&declaring(before), &declaring(after)).unwrap().warnings;
    let (parent, index) = ("CREATE TABLE p (code TEXT)", "CREATE UNIQUE INDEX ux ON p (code)");
    let t = |more: &str| format!("CREATE TABLE t (ref TEXT REFERENCES p (code){more})");
    let kept = warnings(&["CREATE TABLE p (code TEXT UNIQUE)", &t("")], &[parent, index, &t(" ON DELETE CASCADE")]);
    assert!(kept.iter().all(|one| !one.contains("foreign key")), "{kept:?}");
    let told = warnings(&[parent, index, "CREATE TABLE t (ref TEXT)"], &[parent, index, &t("")]);
    assert!(told[0].contains("foreign key (ref) of table t comes"), "{told:?}");
}

#[test]
fn a_key_is_held_against_the_values_that_its_target_will_have() {
    let text = ["CREATE TABLE PARENT (n INTEGER, code TEXT)", "CREATE TABLE CHILD (n INTEGER, ref TEXT)"];
    let rows = ["INSERT INTO PARENT VALUES (1, '7')", "INSERT INTO CHILD VALUES (1, '7')"];
    let number = [
        "CREATE TABLE PARENT (n INTEGER, code INTEGER PRIMARY KEY)",
        "CREATE TABLE CHILD (n INTEGER, ref INTEGER REFERENCES PARENT (code))",
    ];
    goes_and_comes_back(&text, &rows, &number);
    let text =
        ["CREATE TABLE PARENT (n INTEGER, code TEXT PRIMARY KEY)", "CREATE TABLE CHILD (n INTEGER, ref TEXT REFERENCES PARENT (code))"];
    goes_and_comes_back(&text, &rows, &number);
}

#[test]
fn a_new_table_may_lead_to_what_becomes_unique_with_it() {
    let before = ["CREATE TABLE b (n INTEGER, code TEXT)", "CREATE TABLE old (ref TEXT, n INTEGER)"];
    let after = ["CREATE TABLE b (n INTEGER, code TEXT UNIQUE)", "CREATE TABLE a (ref TEXT REFERENCES b (code), n INTEGER)"];
    let (settings, from, to) = (settings(), declaring(&before), declaring(&after));
    let mut database = Database::new(&settings, &from);
    database.fill("INSERT INTO b VALUES (1, 'x')");
    let found = database.detect(&to).unwrap();
    database.run(&to, &found.upgrade).unwrap();
    database.fill("INSERT INTO a VALUES ('x', 1)");
    database.run(&to, &found.downgrade).unwrap();
    assert_eq!(database.values("b", &["n"]), ["n 1"]);
}
