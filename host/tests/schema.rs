//! The plugins make exactly the tables that the seed's migrations make, as SQLite itself reports them.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use rusqlite::Connection;
use serde_json::{Value, json};
use support::TestHost;

fn rows(database: &Connection, sql: &str, names: &[&str]) -> Vec<Value> {
    let mut statement = database.prepare(sql).unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        let cell = |(i, name): (usize, &&str)| {
            let value = match row.get::<_, rusqlite::types::Value>(i).unwrap() {
                rusqlite::types::Value::Null => Value::Null,
                rusqlite::types::Value::Integer(n) => json!(n),
                rusqlite::types::Value::Text(text) => json!(text),
                other => panic!("{other:?}"),
            };
            ((*name).to_owned(), value)
        };
        Ok(Value::Object(names.iter().enumerate().map(cell).collect()))
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// What the recorded file says of each table, asked of a live database.
fn describe(database: &Connection, table: &str) -> Value {
    let xinfo = ["cid", "name", "type", "notnull", "dflt_value", "pk", "hidden"];
    let columns = rows(database, &format!("PRAGMA table_xinfo({table})"), &xinfo);
    let mut indexes = rows(database, &format!("PRAGMA index_list({table})"), &["seq", "name", "unique", "origin", "partial"]);
    for index in &mut indexes {
        let sql = format!("SELECT name FROM pragma_index_info('{}') ORDER BY seqno", index["name"].as_str().unwrap());
        index["columns"] = rows(database, &sql, &["name"]).iter().map(|row| row["name"].clone()).collect();
    }
    let keys = ["id", "seq", "table", "from", "to", "on_update", "on_delete", "match"];
    let keys = rows(database, &format!("PRAGMA foreign_key_list({table})"), &keys);
    json!({ "table_xinfo": columns, "index_list": indexes, "foreign_key_list": keys })
}

/// What was recorded, less Alembic's own table: what `describe` answers for each, and the objects with their text.
struct Recorded {
    tables: serde_json::Map<String, Value>,
    objects: Vec<Value>,
}

fn recorded(file: &str) -> Recorded {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seed").join(file);
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut tables = all["tables"].as_object().unwrap().clone();
    tables.remove("alembic_version").expect("the recording has it");
    let objects = all["sqlite_master"].as_array().unwrap().iter().filter(|object| object["tbl_name"] != "alembic_version").cloned();
    Recorded { tables, objects: in_order(objects.collect()) }
}

fn in_order(mut objects: Vec<Value>) -> Vec<Value> {
    objects.sort_by_key(|object| object["name"].as_str().map(str::to_owned));
    objects
}

fn assert_same(host: &TestHost, file: &str) {
    let database = host.database();
    let recorded = recorded(file);
    for (table, expected) in &recorded.tables {
        assert_eq!(describe(&database, table), *expected, "table {table}");
    }
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'tenon\\_%' ESCAPE '\\'";
    let objects = in_order(rows(&database, sql, &["type", "name", "tbl_name", "sql"]));
    assert_eq!(objects, recorded.objects, "these objects and no others, with the same text");
}

#[test]
fn shop_alone_makes_the_custom_tables_of_the_seed() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    assert_same(&host, "custom_only.json");
}

#[test]
fn shop_and_chapkit_make_all_tables_of_the_seed() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    host.run("upgrade head").done();
    assert_same(&host, "option1.json");
}

#[test]
fn helpers_in_a_plugins_own_migration_make_the_same_tables_as_the_chapkit_plugin() {
    let host = TestHost::new().plugin("shop").plugin("helpers");
    host.run("upgrade head").done();
    assert_same(&host, "option1.json");
}
