//! The language-neutral cases of autogenerate, on SQLite's own texts.

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use super::*;
use crate::migrate::dialect::alteration::{Abilities, AlterStep, Copy};
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::shape::Shapes;
use crate::model::{Name, Operation, StoredTexts, Table};

fn strings(json: &Json) -> Vec<&str> {
    json.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn database(statements: &[&str]) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    statements.iter().for_each(|sql| connection.execute_batch(sql).unwrap());
    connection
}

fn texts(connection: &Connection, of: &str) -> Vec<(Name, String)> {
    let mut statement =
        connection.prepare(&format!("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND {of} ORDER BY rowid")).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?.parse().unwrap(), row.get(1)?));
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

/// A plugin's objects: what another system keeps its books in is nobody's.
fn shapes(connection: &Connection) -> Shapes {
    let mut shapes = Shapes::default();
    for (name, sql) in texts(connection, "name NOT LIKE 'alembic%'") {
        shapes.add(name, SQLITE.shape(&sql).unwrap());
    }
    shapes
}

fn run(connection: &Connection, operation: &Operation) {
    let (table, changes) = match operation.clone() {
        Operation::AlterTable { table, changes, .. } => (table, changes),
        Operation::AddColumn { table, column, .. } => {
            (table, vec![crate::model::Change::AddColumn { column, position: None, if_not_exists: false }])
        }
        Operation::DropColumn { table, name, .. } => (table, vec![crate::model::Change::DropColumn { name, if_exists: false }]),
        Operation::RenameColumn { table, name, to } => (table, vec![crate::model::Change::RenameColumn { name, to }]),
        other => return SQLITE.statements(&other).unwrap().iter().for_each(|sql| connection.execute_batch(sql).unwrap()),
    };
    let text = |of: &str| {
        texts(connection, &format!("{of} AND tbl_name = '{table}' COLLATE NOCASE")).into_iter().map(|(_, sql)| sql).collect::<Vec<_>>()
    };
    let stored = StoredTexts { table: text("type = 'table'").remove(0), others: text("type <> 'table'") };
    let plan = SQLITE.alter(&table, &stored, &changes, false, Abilities::Bundled).unwrap();
    for step in plan.steps {
        match step {
            AlterStep::Run(sql) | AlterStep::Restore(sql) | AlterStep::Copy(Copy { sql, .. }) => connection.execute_batch(&sql).unwrap(),
            AlterStep::Swap { statements, .. } => statements.iter().for_each(|sql| connection.execute_batch(sql).unwrap()),
        }
    }
}

/// The tables of a schema as a plugin would declare them, with what a case says of renames.
fn declared(asked: &Shapes, notes: &str) -> Vec<Table> {
    let Some((_, hint)) = notes.split_once("'rename':{'") else { return Vec::new() };
    let table = |one: Detected| match one {
        Detected::AddTable(table) => Some(table),
        _ => None,
    };
    let mut tables: Vec<Table> = compare(asked, &Shapes::default()).unwrap().into_iter().filter_map(table).collect();
    let parts: Vec<&str> = hint.split(['\'', '.', ':']).filter(|part| !part.is_empty()).collect();
    let [table, old, _, new, ..] = parts[..] else { panic!("{notes}") };
    let table = tables.iter_mut().find(|one| one.name == *table).unwrap();
    table.columns.iter_mut().find(|column| column.name == *new).unwrap().renamed_from = Some(old.parse().unwrap());
    tables
}

#[test]
fn every_shared_case_is_detected_and_done_and_undone() {
    let lines = include_str!("../../../tests/data/migration-cases.jsonl").lines();
    let cases: Vec<Json> =
        lines.map(|line| serde_json::from_str(line).unwrap()).filter(|case: &Json| case["kind"] == "autogenerate").collect();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let live = database(&strings(&case["input"]["live_sql"]));
        let asked = shapes(&database(&strings(&case["input"]["target_sql"])));
        let before = shapes(&live);
        let renamed = renames(&declared(&asked, case["notes"].as_str().unwrap_or_default()), &before).unwrap();
        operations(&renamed).iter().for_each(|operation| run(&live, operation));
        let found = shapes(&live);
        let detected = compare(&asked, &found).unwrap();
        let told: Vec<Json> = renamed.iter().chain(&detected).map(Detected::to_json).collect();
        assert_eq!(Json::from(told), case["expect"]["diffs"], "{id}");
        let alike = look_alikes(&detected, &asked, &found);
        assert_eq!(!alike.is_empty(), case["notes"].as_str().is_some_and(|notes| notes.contains("--accept-drop-add")), "{id}: {alike:?}");
        operations(&detected).iter().for_each(|operation| run(&live, operation));
        assert_eq!(compare(&asked, &shapes(&live)), Ok(vec![]), "{id}");
        let now = shapes(&live);
        way_back(&compare(&before, &now).unwrap_or_default(), &now, &before).operations.iter().for_each(|operation| run(&live, operation));
        assert_eq!(compare(&before, &shapes(&live)), Ok(vec![]), "{id}, and back");
    }
}

#[test]
fn what_no_operation_does_is_told_with_its_name() {
    let differ = |asked: &str, found: &str| compare(&shapes(&database(&[asked])), &shapes(&database(&[found]))).unwrap_err().to_string();
    for (asked, found, part) in [
        ("CREATE TABLE t (a TEXT COLLATE NOCASE)", "CREATE TABLE t (a TEXT)", "column t.a: its collation changes"),
        ("CREATE TABLE t (a TEXT) STRICT", "CREATE TABLE t (a TEXT)", "table t: STRICT is part of how"),
        ("CREATE TABLE t (a TEXT, b \"odd type\")", "CREATE TABLE t (a TEXT)", "column t.b: it has the type"),
        (
            "CREATE TABLE t (a TEXT)",
            "CREATE TABLE t (a TEXT UNIQUE ON CONFLICT IGNORE)",
            "a constraint of t: it has a constraint with ON CONFLICT",
        ),
    ] {
        let error = differ(asked, found);
        assert!(error.contains(part) && error.contains("by hand"), "{part:?} is not in: {error}");
    }
}

#[test]
fn views_and_triggers_stand_around_the_tables_that_they_name() {
    let asked = [
        "CREATE TABLE t (a TEXT, b TEXT)",
        "CREATE VIEW one AS SELECT b FROM t",
        "CREATE VIEW a_second AS SELECT * FROM one",
        "CREATE TRIGGER tr AFTER UPDATE OF \"a\" ON t FOR EACH ROW WHEN new.a > 0 BEGIN DELETE FROM t WHERE a = 'x'; SELECT 1; END",
    ];
    let there = ["CREATE TABLE t (a TEXT)", "CREATE VIEW one AS SELECT a FROM t", "CREATE VIEW a_second AS SELECT a FROM one"];
    let (asked, live) = (shapes(&database(&asked)), database(&there));
    let detected = compare(&asked, &shapes(&live)).unwrap();
    let told: Vec<Json> = detected.iter().map(Detected::to_json).collect();
    let wanted = json!([
        ["remove_view", "a_second"],
        ["remove_view", "one"],
        ["add_column", "t", "b"],
        ["add_view", "one"],
        ["add_view", "a_second"],
        ["add_trigger", "t", "tr"]
    ]);
    assert_eq!(Json::from(told), wanted);
    operations(&detected).iter().for_each(|operation| run(&live, operation));
    assert_eq!(compare(&asked, &shapes(&live)), Ok(vec![]));
}
