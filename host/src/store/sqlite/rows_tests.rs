//! Questions of the record engine, at real tables.

use std::ops::ControlFlow;

use super::Database;
use super::testing::name;
use crate::model::query::{Cell, Comparator, Condition, Constraint, Count, Order, Row, Select, Violation, Write};
use crate::model::{Name, Value};
use crate::store::StorageError;

fn database() -> Database {
    let mut database = Database::in_memory().unwrap();
    database
        .run_script(
            "CREATE TABLE \"Order Lines\" (id TEXT PRIMARY KEY, \"select\" INTEGER, note TEXT COLLATE NOCASE, raw BLOB, price REAL);
             INSERT INTO \"Order Lines\" VALUES ('b', 2, 'two', x'00ff', 0.5), ('a', 1, NULL, NULL, 9e999), ('c', 2, 'Three', x'', -1);
             CREATE TABLE pairs (x INTEGER, y TEXT, n INTEGER, PRIMARY KEY (y, x)) WITHOUT ROWID;
             INSERT INTO pairs VALUES (2, 'a', 1), (1, 'b', 2), (1, 'a', 3);
             CREATE TABLE hiding (rowid TEXT, oid TEXT, n INTEGER);
             INSERT INTO hiding VALUES ('z', 'z', 1), ('a', 'a', 2);
             CREATE VIEW cheap AS SELECT id, price FROM \"Order Lines\" WHERE price < 1;
             CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (length(name) < 10));
             CREATE TABLE child (id INTEGER PRIMARY KEY, hidden INTEGER NOT NULL REFERENCES parent (id) ON DELETE SET NULL);
             CREATE TABLE only_id (id INTEGER PRIMARY KEY)",
        )
        .unwrap();
    database
}

fn names(columns: &[&str]) -> Vec<Name> {
    columns.iter().map(|column| name(column)).collect()
}

fn select(table: &str, columns: &[&str]) -> Select {
    Select { table: name(table), columns: names(columns), conditions: vec![], order: Order::Insertion, limit: None, offset: 0 }
}

fn shown(database: &mut Database, select: &Select) -> String {
    let mut lines = Vec::new();
    let columns = select.columns.len().max(1);
    let mut each = |row: &dyn Row| {
        let cells = (0..columns).map(|index| match row.cell(index) {
            Cell::Null => "null".to_owned(),
            Cell::Integer(number) => number.to_string(),
            Cell::Real(number) => format!("{number:?}"),
            Cell::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Cell::Bytes(bytes) => format!("{bytes:?}"),
        });
        lines.push(cells.collect::<Vec<_>>().join(","));
        assert_eq!(row.cell(columns), Cell::Null);
        ControlFlow::Continue(())
    };
    database.select(select, &mut each).unwrap();
    lines.join(" | ")
}

#[test]
fn rows_come_in_the_order_of_their_insertion() {
    let mut database = database();
    assert_eq!(shown(&mut database, &select("order lines", &["id", "raw", "price"])), "b,[0, 255],0.5 | a,null,inf | c,[],-1.0");
    assert_eq!(shown(&mut database, &select("pairs", &["n"])), "3 | 1 | 2", "a table without row numbers comes by its key");
    assert_eq!(shown(&mut database, &select("hiding", &["rowid", "n"])), "z,1 | a,2", "columns may hide the row number's names");
    assert_eq!(shown(&mut database, &select("cheap", &["id"])), "b | c");
    assert_eq!(shown(&mut database, &select("only_id", &[])), "");
}

#[test]
fn rows_come_in_a_given_order_and_by_pages() {
    let mut database = database();
    let ordered = Select {
        order: Order::Columns(vec![(name("select"), true), (name("id"), false)]),
        limit: Some(2),
        offset: 1,
        ..select("Order Lines", &["id", "select"])
    };
    assert_eq!(shown(&mut database, &ordered), "c,2 | a,1");
    let rest = Select { limit: None, offset: 2, ..select("Order Lines", &["id"]) };
    assert_eq!(shown(&mut database, &rest), "c");
    let none = Select { limit: Some(0), ..rest.clone() };
    assert_eq!(shown(&mut database, &none), "");
    let all = Select { limit: Some(u64::MAX), offset: 0, ..rest };
    assert_eq!(shown(&mut database, &all), "b | a | c");
}

#[test]
fn conditions_are_joined_and_null_equals_null() {
    let mut database = database();
    let mut ids = |conditions: Vec<Condition>| shown(&mut database, &Select { conditions, ..select("Order Lines", &["id"]) });
    let compare = |column: &str, comparator, value: Value| Condition { column: name(column), comparator, value };
    assert_eq!(ids(vec![Condition::equal(name("note"), Value::Null)]), "a");
    assert_eq!(ids(vec![Condition::equal(name("note"), "TWO".into())]), "b", "the column's own collation");
    assert_eq!(ids(vec![Condition::equal(name("select"), Value::Integer(2)), compare("id", Comparator::Greater, "b".into())]), "c");
    assert_eq!(ids(vec![compare("price", Comparator::Less, Value::Real(0.5))]), "c");
    assert_eq!(ids(vec![compare("note", Comparator::Greater, Value::Null)]), "");
    assert_eq!(ids(vec![Condition::equal(name("id"), "x' OR 1 --".into())]), "");
    let count = Count { table: name("Order Lines"), conditions: vec![Condition::equal(name("select"), Value::Integer(2))] };
    assert_eq!(database.count(&count).unwrap(), 2);
}

#[test]
fn rows_are_written_and_counted() {
    let mut database = database();
    let table = name("parent");
    let cells = |id: i64, text: &str| vec![(name("id"), Value::Integer(id)), (name("name"), text.into())];
    let insert = |id, text| Write::Insert { table: table.clone(), cells: cells(id, text) };
    assert_eq!(database.write_rows(&insert(1, "one")).unwrap(), 1);
    assert_eq!(database.write_rows(&insert(2, "two")).unwrap(), 1);
    let by_id = |id: i64| vec![Condition::equal(name("id"), Value::Integer(id))];
    let update = |id, cells| Write::Update { table: table.clone(), cells, conditions: by_id(id) };
    assert_eq!(database.write_rows(&update(1, vec![(name("name"), "uno".into())])).unwrap(), 1);
    assert_eq!(database.write_rows(&update(9, vec![(name("name"), "x".into())])).unwrap(), 0);
    assert_eq!(database.write_rows(&update(2, vec![])).unwrap(), 1, "an update of nothing says how many rows it meant");
    assert_eq!(shown(&mut database, &select("parent", &["id", "name"])), "1,uno | 2,two");
    assert_eq!(database.write_rows(&Write::Delete { table: table.clone(), conditions: by_id(1) }).unwrap(), 1);
    assert_eq!(database.write_rows(&Write::Delete { table, conditions: vec![] }).unwrap(), 1);
    assert_eq!(database.write_rows(&Write::Insert { table: name("only_id"), cells: vec![] }).unwrap(), 1);
}

#[test]
fn a_broken_rule_names_the_tables_own_columns_and_changes_nothing() {
    let mut database = database();
    let mut write = |write: Write| match database.write_rows(&write) {
        Err(StorageError::Violation(Violation { kind, columns })) => (kind, columns.join(",")),
        other => panic!("{other:?}"),
    };
    let insert = |table: &str, id: i64, column: &str, value: Value| Write::Insert {
        table: name(table),
        cells: vec![(name("id"), Value::Integer(id)), (name(column), value)],
    };
    let parent = |id, text: &str| insert("Parent", id, "name", text.into());
    write(parent(1, "far too long a name"));
    assert_eq!(write(insert("parent", 1, "name", Value::Null)), (Constraint::NotNull, "name".into()));
    assert_eq!(write(insert("child", 1, "hidden", Value::Integer(5))), (Constraint::ForeignKey, String::new()));
    database.write_rows(&parent(1, "one")).unwrap();
    database.write_rows(&insert("child", 1, "hidden", Value::Integer(1))).unwrap();
    let mut write = |write: Write| match database.write_rows(&write) {
        Err(StorageError::Violation(Violation { kind, columns })) => (kind, columns.join(",")),
        other => panic!("{other:?}"),
    };
    assert_eq!(write(parent(1, "two")), (Constraint::Unique, "id".into()));
    assert_eq!(write(parent(2, "one")), (Constraint::Unique, "name".into()));
    assert_eq!(write(Write::Delete { table: name("parent"), conditions: vec![] }), (Constraint::NotNull, String::new()));
    assert_eq!(shown(&mut database, &select("parent", &["id"])), "1");
}

#[test]
fn a_table_or_column_that_is_not_there_is_refused() {
    let mut database = database();
    for missing in [select("nowhere", &["id"]), select("parent", &["nothing"])] {
        assert!(matches!(database.select(&missing, &mut |_| panic!("no row")), Err(StorageError::Refused(_))));
    }
}

#[test]
fn a_table_that_was_rebuilt_behind_our_back_is_looked_at_again() {
    let mut database = database();
    let pairs = select("pairs", &["n"]);
    let only_id = select("only_id", &["id"]);
    assert_eq!(shown(&mut database, &only_id), "");
    assert_eq!(shown(&mut database, &pairs), "3 | 1 | 2");
    database.run_script("DROP TABLE only_id; CREATE TABLE only_id (key TEXT PRIMARY KEY, id INTEGER) WITHOUT ROWID; INSERT INTO only_id VALUES ('b', 1), ('a', 2)").unwrap();
    assert_eq!(shown(&mut database, &only_id), "2 | 1");
}
