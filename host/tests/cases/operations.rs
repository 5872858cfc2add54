//! The operations of a case as calls of the plugin.

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::schema::data_type;
use crate::support::rows;

/// The calls of the plugin for a case's operations: those on one table, one after another, are one `alter-table`.
pub(crate) fn calls_of(case: &Json, database: &Connection) -> Vec<Json> {
    let mut calls: Vec<Json> = Vec::new();
    for operation in case["operations"].as_array().unwrap() {
        let text = |key: &str| operation[key].as_str().unwrap().to_owned();
        let own: Vec<Json> = match operation["op"].as_str().unwrap() {
            "execute" => {
                calls.push(json!({"call": "execute", "sql": text("sql")}));
                continue;
            }
            "rename_table" => {
                calls.push(json!({"call": "rename-table", "name": text("table"), "to": text("to")}));
                continue;
            }
            "alter_column" => changes_of_column(operation),
            "add_column" => added_column(operation, database),
            "drop_column" => vec![json!({"kind": "drop-column", "name": text("column")})],
            "rename_column" => vec![json!({"kind": "rename-column", "name": text("column"), "attributes": {"to": text("to")}})],
            "rename_columns" => {
                let map = operation["map"].as_object().unwrap().iter();
                map.map(|(from, to)| json!({"kind": "rename-column", "name": from, "attributes": {"to": to}})).collect()
            }
            "create_primary_key" => vec![json!({"kind": "set-primary-key", "name": "", "attributes": {"columns": operation["columns"]}})],
            "create_unique_constraint" => {
                vec![json!({"kind": "add-unique", "name": text("name"), "attributes": {"columns": operation["columns"]}})]
            }
            "create_check_constraint" => {
                vec![json!({"kind": "add-check", "name": text("name"), "attributes": {"expression": text("sqltext")}})]
            }
            "drop_constraint" => vec![json!({"kind": "drop-constraint", "name": text("name")})],
            other => panic!("{other} is no operation that these cases have"),
        };
        let rebuild = operation["force_rebuild"].as_bool().unwrap_or_default();
        // A name means the table as it is before the call.
        let added = |last: &Json| {
            let mut changes = last["changes"].as_array().into_iter().flatten();
            changes.any(|change| change["kind"] == "add-column" && change["name"] == operation["column"])
        };
        if operation["op"] == "alter_column" && calls.last().is_some_and(added) {
            calls.push(json!({"call": "alter-table", "name": operation["table"], "changes": own, "options": {"rebuild": rebuild}}));
            continue;
        }
        match calls.last_mut() {
            Some(last) if last["call"] == "alter-table" && last["name"] == operation["table"] => {
                last["changes"].as_array_mut().unwrap().extend(own);
                if rebuild {
                    last["options"]["rebuild"] = true.into();
                }
            }
            _ => calls.push(json!({"call": "alter-table", "name": operation["table"], "changes": own, "options": {"rebuild": rebuild}})),
        }
    }
    calls
}

fn changes_of_column(operation: &Json) -> Vec<Json> {
    let name = operation["column"].as_str().unwrap();
    let mut changes = Vec::new();
    if let Some(declared) = operation["type"].as_str() {
        let mut attributes = json!({"data-type": data_type(declared)});
        if let Some(using) = operation["using"].as_str() {
            attributes["using"] = using.into();
        }
        changes.push(json!({"kind": "set-type", "name": name, "attributes": attributes}));
    }
    if let Some(default) = operation["default"].as_str() {
        changes.push(json!({"kind": "set-default", "name": name, "attributes": {"default-expression": default}}));
    }
    if let Some(nullable) = operation["nullable"].as_bool() {
        let mut attributes = json!({"nullable": nullable});
        if let Some(backfill) = operation["backfill"].as_str() {
            attributes["backfill-expression"] = backfill.into();
        }
        changes.push(json!({"kind": "set-nullable", "name": name, "attributes": attributes}));
    }
    if operation["autoincrement"] == true {
        changes.push(json!({"kind": "set-primary-key", "name": "", "attributes": {"columns": [name], "autoincrement": true}}));
    }
    changes
}

fn added_column(operation: &Json, database: &Connection) -> Vec<Json> {
    let column = &operation["column"];
    let name = column["name"].as_str().unwrap();
    let mut attributes = json!({"data-type": data_type(column["type"].as_str().unwrap()), "nullable": true});
    for (key, of_case) in [("default-expression", "default"), ("generated", "generated"), ("stored", "stored")] {
        if !column[of_case].is_null() {
            attributes[key] = column[of_case].clone();
        }
    }
    if let Some(before) = operation["insert_before"].as_str() {
        let table = operation["table"].as_str().unwrap();
        let names = rows(database, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
        let place = names.iter().position(|name| name == before).unwrap();
        attributes["position"] = if place == 0 { "first".into() } else { format!("after {}", names[place - 1]).into() };
    }
    let mut changes = vec![json!({"kind": "add-column", "name": name, "attributes": attributes})];
    if column["primary_key"] == true {
        changes.push(json!({"kind": "set-primary-key", "name": "", "attributes": {"columns": [name]}}));
    }
    changes
}
