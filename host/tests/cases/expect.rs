//! Whether a database is as a case expects it.

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value as Json, json};

use crate::support::rows;
use crate::texts;

/// A cell as the cases write it.
fn cell(value: Cell) -> Json {
    match value {
        Cell::Null => Json::Null,
        Cell::Integer(number) => number.into(),
        Cell::Real(number) => number.into(),
        Cell::Text(text) => text.into(),
        Cell::Blob(bytes) => format!("{bytes:?}").into(),
    }
}

pub(crate) fn query(database: &Connection, sql: &str) -> Json {
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let width = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..width).map(|place| row.get(place).map(cell)).collect::<rusqlite::Result<Vec<Json>>>();
    statement.query_map([], row).unwrap().map(Result::unwrap).map(Json::from).collect::<Vec<Json>>().into()
}

/// Without blanks, in lower case: the cases write expressions as people do.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_ascii_lowercase()
}

fn require_table(database: &Connection, name: &str, expected: &Json, id: &str) {
    let sql: String = database.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0)).unwrap();
    for (what, expected) in expected.as_object().unwrap() {
        let found = match what.as_str() {
            "columns" => {
                let found = query(database, &format!("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo('{name}') ORDER BY cid"));
                let row = |row: &Json| json!([row[0], row[1], row[2] == 1, row[3], row[4]]);
                found.as_array().unwrap().iter().map(row).collect::<Vec<_>>().into()
            }
            "column_order" => json!(rows(database, &format!("SELECT name FROM pragma_table_xinfo('{name}') ORDER BY cid"))),
            "pk" => json!(rows(database, &format!("SELECT name FROM pragma_table_xinfo('{name}') WHERE pk > 0 ORDER BY pk"))),
            "fks" => query(database, &format!("SELECT json_array(\"from\"), \"table\", json_array(\"to\"), on_delete, on_update FROM pragma_foreign_key_list('{name}')"))
                .as_array()
                .unwrap()
                .iter()
                .map(|row| {
                    let parsed = |at: usize| serde_json::from_str::<Json>(row[at].as_str().unwrap()).unwrap();
                    json!([parsed(0), row[1], parsed(2), row[3], row[4]])
                })
                .collect::<Vec<_>>()
                .into(),
            "uniques" => {
                let sql = format!(
                    "SELECT (SELECT json_group_array(i.name) FROM pragma_index_info(l.name) AS i) FROM pragma_index_list('{name}') AS l WHERE origin = 'u' ORDER BY seq DESC"
                );
                rows(database, &sql).iter().map(|text| serde_json::from_str::<Json>(text).unwrap()).collect::<Vec<_>>().into()
            }
            "checks" => {
                for check in texts(expected) {
                    assert!(plain(&sql).contains(&plain(&format!("CHECK ({check})"))), "{id}: no CHECK ({check}) in {sql}");
                }
                assert_eq!(plain(&sql).matches("check(").count(), texts(expected).len(), "{id}: {sql}");
                expected.clone()
            }
            "sql_contains" => {
                texts(expected).iter().for_each(|piece| assert!(sql.contains(piece), "{id}: no {piece} in {sql}"));
                expected.clone()
            }
            "indexes" => {
                let found = expected.as_array().unwrap().iter().map(|index| index_as_found(database, index));
                found.collect::<Vec<_>>().into()
            }
            other => panic!("{other} is nothing that these cases expect of a table"),
        };
        assert_eq!(&found, expected, "{id}: {what} of {name}: {sql}");
    }
}

fn index_as_found(database: &Connection, expected: &Json) -> Json {
    let name = expected["name"].as_str().unwrap();
    let sql: String =
        database.query_row("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1", [name], |row| row.get(0)).unwrap();
    let columns = query(database, &format!("SELECT name FROM pragma_index_info('{name}') ORDER BY seqno"));
    let columns: Vec<Json> = columns.as_array().unwrap().iter().map(|row| row[0].clone()).collect();
    let filter = sql.split_once(" WHERE ").map(|(_, filter)| filter.replace('"', ""));
    let mut found = json!({"name": name, "unique": sql.contains("UNIQUE"), "columns": columns, "partial": filter.is_some()});
    if let Some(filter) = filter.filter(|_| !expected["where"].is_null()) {
        found["where"] = filter.into();
    }
    found
}

pub(crate) fn fails(database: &Connection, sql: &str) -> bool {
    database.execute_batch("SAVEPOINT trial").unwrap();
    let failed = database.execute_batch(sql).is_err();
    database.execute_batch("ROLLBACK TO trial; RELEASE trial").unwrap();
    failed
}

pub(crate) fn require(case: &Json, database: &Connection) {
    let id = case["id"].as_str().unwrap();
    let expect = &case["expect"];
    for sql in texts(&case["after_sql"]) {
        database.execute_batch(&sql).unwrap();
    }
    for (name, expected) in expect["tables"].as_object().into_iter().flatten() {
        require_table(database, name, expected, id);
    }
    for pair in expect["rows"].as_array().into_iter().flatten() {
        assert_eq!(query(database, pair[0].as_str().unwrap()), pair[1], "{id}: {}", pair[0]);
    }
    for sql in texts(&expect["must_fail_sql"]) {
        assert!(fails(database, &sql), "{id}: {sql}");
    }
    for sql in texts(&expect["must_pass_sql"]) {
        assert!(!fails(database, &sql), "{id}: {sql}");
    }
    assert_eq!(query(database, "PRAGMA foreign_key_check"), json!([]), "{id}");
}
