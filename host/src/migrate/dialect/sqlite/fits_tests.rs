//! What `set-type` lets pass, what it makes of it, and what it asks of rows whose values change on the way.

use rusqlite::Connection;

use super::alter_tests::{alter, database, rows, set_type};
use crate::migrate::samples::{column, key, name, names};
use crate::model::{Change, Check, Default, ReferenceAction, Unique, Value};

fn with_value(declared: &str, value: &str) -> Connection {
    database(&format!("CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared}); INSERT INTO t (v) VALUES ({value})"))
}

#[test]
fn a_value_fits_a_type_only_if_it_means_the_same_there() {
    let uuid = "'0123abcd-0123-abcd-0123-0123456789ab'";
    let cases: [(&str, &str, &[&str], &[&str]); 18] = [
        ("TEXT", "integer", &["'22'", "'-7'", "NULL"], &["'007'", "'8.0'", "'1e3'", "'x'", "x'31'", "''", "' 5'", "'5' || char(0)"]),
        (
            "TEXT",
            "float",
            &["'1.5'", "'22'", "'-0.25'"],
            &["'9007199254740993'", "'0.1234567890123456789'", "'1e400'", "'nan'", "' 5'", "'5 '", "'5' || char(0) || 'x'"],
        ),
        (
            "NUMERIC",
            "float",
            &["9007199254740992", "-9007199254740992", "9007199254740994", "-9223372036854775808", "0.1", "NULL"],
            &["9007199254740993", "-9007199254740993", "9223372036854775807", "'1.5x'", "x'01'"],
        ),
        ("NUMERIC", "text", &["5", "0.5", "'x'", "NULL"], &["x'00'"]),
        ("NUMERIC", "integer", &["5", "NULL"], &["5.5", "1e300", "x'05'"]),
        ("NUMERIC", "decimal(4,2)", &["12.25", "-7", "NULL"], &["123", "1.125", "1e10", "x'01'"]),
        ("BLOB", "bytes", &["x'00'", "NULL"], &["1", "'x'", "0.5"]),
        (
            "TEXT",
            "json",
            &["'{}'", "'1'", "'-1.5'", "'\"1\"'", "'[1e400]'", "NULL"],
            &["'{'", "x'00'", "'12345678901234567890'", "'0.1234567890123456789'", "'1e400'", "' 5'", "'5' || char(0)"],
        ),
        ("TEXT", "ulid", &["'01ARZ3NDEKTSV4RRFFQ69G5FAV'"], &["'01ARZ3NDEKTSV4RRFFQ69G5FAU'", "'01arz3ndektsv4rrffq69g5fav'", "x'30'"]),
        ("TEXT", "ulid", &["'7ZZZZZZZZZZZZZZZZZZZZZZZZZ'"], &["'8ZZZZZZZZZZZZZZZZZZZZZZZZZ'"]),
        ("TEXT", "uuid", &[uuid], &["'------------------------------------'", "upper('0123abcd-0123-abcd-0123-0123456789ab')"]),
        ("TEXT COLLATE NOCASE", "enum(a,b)", &["'a'"], &["'A'", "x'61'"]),
        ("TEXT", "decimal(4,2)", &["'12.34'", "'7'", "'-0.5'", "'1.200'"], &["'123.4'", "'1.234'", "'1e2'", "'x'", "'-0'", "' 7'", "'07'"]),
        ("TEXT", "string(3)", &["'äöü'"], &["'abcd'", "'abc' || char(0) || 'd'"]),
        ("TEXT", "boolean", &["'1'", "0"], &["'true'", "2"]),
        (
            "TEXT",
            "timestamp",
            &["'2024-02-29 10:00:00'", "'2024-01-01 10:00:00.123'"],
            &["'2024-02-31 10:00:00'", "'2024-01-01'", "'2024-01-01T10:00:00Z'", "'2024-01-01 10:00:00+02:00'", "'2024-01-01 24:00:00'"],
        ),
        ("TEXT", "date", &["'2024-02-29'"], &["'2023-02-29'", "'2024-2-9'", "'2024-02-29 10:00:00'"]),
        ("TEXT", "time", &["'10:30:00'", "'10:30:00.500'"], &["'24:00'", "'24:00:00'", "'10:30'", "'10:30:00+02:00'"]),
    ];
    for (declared, data_type, fit, unfit) in cases {
        for (values, fits) in [(fit, true), (unfit, false)] {
            for value in values {
                let changed = alter(&with_value(declared, value), "t", &[set_type("v", data_type)]);
                assert_eq!(changed.is_ok(), fits, "{value} as {data_type}: {changed:?}");
            }
        }
    }
}

#[test]
fn what_has_one_spelling_in_the_new_type_gets_it() {
    for (declared, value, data_type, spelled) in [
        ("NUMERIC", "5", "decimal(12,2)", "'5.00'"),
        ("NUMERIC", "12.5", "decimal(12,2)", "'12.50'"),
        ("REAL", "-0.5", "decimal(12,2)", "'-0.50'"),
        ("TEXT", "'12.5000'", "decimal(12,2)", "'12.50'"),
        ("TEXT", "'1200'", "decimal(12,2)", "'1200.00'"),
        ("REAL", "1200.0", "decimal(12,0)", "'1200'"),
        ("TEXT", "'10:30:00'", "time", "'10:30:00.000'"),
        ("TEXT", "'10:30:00.500'", "time", "'10:30:00.500'"),
        ("TEXT", "'1'", "boolean", "1"),
        ("TEXT", "NULL", "decimal(12,2)", "NULL"),
        ("INTEGER", "7", "float", "7.0"),
        ("INTEGER", "7", "text", "'7'"),
    ] {
        let connection = with_value(declared, value);
        alter(&connection, "t", &[set_type("v", data_type)]).unwrap();
        assert_eq!(rows(&connection, "SELECT quote(v) FROM t"), [format!("Text({spelled:?})")], "{value} as {data_type}");
    }
}

fn refusal(connection: &Connection, changes: &[Change]) -> String {
    alter(connection, "t", changes).expect_err("it must be refused")
}

fn using(column: &str, data_type: &str, expression: &str) -> Change {
    Change::SetType { name: name(column), data_type: data_type.parse().unwrap(), using: Some(expression.to_owned()) }
}

fn check(expression: &str) -> Change {
    Change::AddCheck { check: Check { name: None, expression: expression.to_owned() }, if_not_exists: false }
}

fn unique(column: &str) -> Change {
    Change::AddUnique { unique: Unique { name: None, columns: names([column]) }, if_not_exists: false }
}

#[test]
fn rows_are_asked_as_they_will_be() {
    let text = |more: &str| {
        database(&format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT{more}); INSERT INTO t (a) VALUES ('1.5'), ('1.50'), (NULL)"))
    };
    for (connection, changes, rule) in [
        (text(" UNIQUE"), vec![set_type("a", "float")], "UNIQUE (a) of table t allows each only once: 2"),
        (text(""), vec![set_type("a", "float"), unique("a")], "UNIQUE (a) of table t allows each only once: 2"),
        (text(""), vec![using("a", "integer", "CAST(a AS INTEGER)"), unique("a")], "UNIQUE (a) of table t allows each only once: 2"),
        (text(" UNIQUE"), vec![using("a", "integer", "CAST(a AS INTEGER)")], "UNIQUE (a) of table t allows each only once: 2"),
        (text(", CONSTRAINT big CHECK (a > 1)"), vec![set_type("a", "float"), check("a < 1.5")], "the CHECK of table t holds"),
        (text(""), vec![set_type("a", "float"), check("a > 2")], "the CHECK of table t holds for every row: 2"),
        (
            database("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL); INSERT INTO t (a) VALUES ('x')"),
            vec![using("a", "integer", "nullif(a, 'x')")],
            "column t.a takes no NULL: 1",
        ),
        (
            database(
                "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
                      CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t (a) VALUES ('1'), ('2')",
            ),
            vec![set_type("a", "integer"), Change::AddForeignKey { key: key("a", "p", ReferenceAction::NoAction), if_not_exists: false }],
            "foreign key (a) of table t leads to a row of table p: 1",
        ),
    ] {
        let said = refusal(&connection, &changes);
        assert!(said.contains(rule), "{rule:?} is not in: {said}");
    }
}

#[test]
fn what_is_right_once_it_is_converted_is_not_refused() {
    let ten = || database("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t (a) VALUES ('10')");
    alter(&ten(), "t", &[set_type("a", "integer"), check("a > 3")]).unwrap();
    alter(&ten(), "t", &[using("a", "integer", "a"), check("a > 3")]).unwrap();
    let gaps = database("CREATE TABLE t (n INTEGER, code TEXT); INSERT INTO t VALUES (1, NULL), (2, 'b')");
    let backfill = Some(Default::Value(Value::Text("a".into())));
    let filled = Change::SetNullable { name: name("code"), nullable: false, backfill };
    let keyed = Change::SetPrimaryKey { columns: names(["code"]), autoincrement: false };
    alter(&gaps, "t", &[filled, keyed]).unwrap();
    assert_eq!(rows(&gaps, "SELECT code FROM t ORDER BY code"), ["Text(\"a\")", "Text(\"b\")"]);
    let added = Change::AddColumn { column: column("b", "integer").null().or(5), position: None, if_not_exists: false };
    alter(&ten(), "t", &[added.clone(), check("b > 3")]).unwrap();
    assert!(refusal(&ten(), &[added, check("b > 7")]).contains("the CHECK of table t holds for every row: 1"));
}

#[test]
fn not_null_is_said_once_and_taken_back_whole() {
    let says = |connection: &Connection| rows(connection, "SELECT \"notnull\" FROM pragma_table_info('t') WHERE name = 'a'");
    let nullable = |nullable| Change::SetNullable { name: name("a"), nullable, backfill: None };
    let twice = database("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL NOT NULL)");
    assert!(alter(&twice, "t", &[nullable(true)]).unwrap().is_some());
    assert_eq!(says(&twice), ["Integer(0)"]);
    let connection = database("CREATE TABLE t (a TEXT)");
    alter(&connection, "t", &[nullable(false), Change::SetPrimaryKey { columns: names(["a"]), autoincrement: false }]).unwrap();
    let text = rows(&connection, "SELECT sql FROM sqlite_schema WHERE name = 't'").remove(0);
    assert_eq!(text.matches("NOT NULL").count(), 1, "{text}");
}

#[test]
fn a_key_that_is_no_rowid_any_more_still_takes_no_null() {
    for data_type in ["bigint", "text"] {
        let connection = database("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (7, 'x')");
        alter(&connection, "t", &[set_type("id", data_type)]).unwrap();
        let refused = connection.execute("INSERT INTO t (a) VALUES ('y')", []).unwrap_err().to_string();
        assert!(refused.contains("NOT NULL constraint failed: t.id"), "{refused}");
    }
    let counting = || database("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT); INSERT INTO t VALUES (7, 'x')");
    let connection = counting();
    alter(&connection, "t", &[set_type("id", "bigint")]).unwrap();
    connection.execute("INSERT INTO t (a) VALUES ('y')", []).unwrap();
    assert_eq!(rows(&connection, "SELECT id FROM t"), ["Integer(7)", "Integer(8)"]);
    assert!(refusal(&counting(), &[set_type("id", "text")]).contains("cannot count by itself"));
}

#[test]
fn a_column_that_a_trigger_waits_for_is_not_dropped() {
    let setup = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
                 CREATE TRIGGER tr AFTER UPDATE OF b, \"A\" ON t BEGIN DELETE FROM t WHERE id = 0; END";
    let connection = database(setup);
    let drop = |column: &str| Change::DropColumn { name: name(column), if_exists: false };
    assert!(refusal(&connection, &[drop("a")]).contains("trigger tr, which acts when it is updated"));
    assert!(refusal(&connection, &[drop("b")]).contains("trigger tr"));
    connection.execute_batch("DROP TRIGGER tr; CREATE TRIGGER tr AFTER UPDATE ON t BEGIN DELETE FROM t WHERE id = 0; END").unwrap();
    alter(&connection, "t", &[drop("a")]).unwrap();
}
