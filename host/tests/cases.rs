//! The language-neutral cases of `data/migration-cases.jsonl`: each through a component of its own, on a real file. The schema that a case
//! begins with is made by raw SQL and taken over by `stamp`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Map, Value as Json, json};
use support::steps::written;
use support::{TestHost, component, rows};
use tenon::model::sql::{Kind, Token, tokens};

fn cases(kind: &str) -> Vec<Json> {
    let all = include_str!("data/migration-cases.jsonl").lines().filter(|line| !line.is_empty());
    all.map(|line| serde_json::from_str::<Json>(line).unwrap()).filter(|case| case["kind"] == kind).collect()
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The guest that does what stands in its bytes, with these calls in them.
fn scripted(script: &Json) -> Vec<u8> {
    written(std::fs::read(component("scripted")).unwrap(), script)
}

/// A host with that guest, and a database made by raw SQL.
fn host(script: &Json, sql: &[String]) -> TestHost {
    let host = TestHost::new();
    host.write("plugins/scripted.wasm", scripted(script));
    if !sql.is_empty() {
        let made = Connection::open(host.path("tenon.db")).unwrap();
        made.execute_batch(&format!("PRAGMA foreign_keys = ON; {}", sql.join(";"))).unwrap();
    }
    host
}

/// A type of the contract for one that a table declares.
fn data_type(declared: &str) -> String {
    let upper = declared.to_ascii_uppercase();
    match upper.strip_prefix("VARCHAR(").and_then(|rest| rest.strip_suffix(')')) {
        Some(length) => format!("string({length})"),
        None => match upper.as_str() {
            "INTEGER" => "integer",
            "BIGINT" => "bigint",
            "REAL" => "float",
            "VARCHAR" => "string",
            _ => "text",
        }
        .to_owned(),
    }
}

/// A text without its blanks and comments, divided at the commas that stand in no parentheses.
fn items(text: &str) -> Vec<Vec<Token<'_>>> {
    let (mut depth, mut items) = (0, vec![Vec::new()]);
    for token in tokens(text).unwrap().into_iter().filter(|token| !token.is_blank()) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if token.text == "," && depth == 0 { items.push(Vec::new()) } else { items.last_mut().unwrap().push(token) }
    }
    items
}

fn is_word(token: Option<&Token<'_>>, word: &str) -> bool {
    token.is_some_and(|token| token.is_word(word))
}

/// What stands between the first parenthesis after `from` and its other half.
fn inside<'a>(text: &'a str, item: &[Token<'_>], from: usize) -> &'a str {
    let mut depth = 0;
    let open = item[from..].iter().find(|token| token.kind == Kind::Open).unwrap().at;
    for token in item.iter().filter(|token| token.at >= open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[open + 1..token.at];
        }
    }
    panic!("{text}")
}

/// The names in a list of columns.
fn columns_in(text: &str) -> Vec<String> {
    items(text).iter().map(|item| item[0].name().unwrap().into_owned()).collect()
}

/// The calls that make what a database holds, as far as the contract has words for it.
fn calls_that_make(database: &Connection) -> Vec<Json> {
    let mut calls = Vec::new();
    let mut statement =
        database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").unwrap();
    let objects: Vec<(String, String, String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap().map(Result::unwrap).collect();
    for (kind, name, table, sql) in objects.into_iter().filter(|(_, name, ..)| !name.starts_with("sqlite_")) {
        calls.push(match kind.as_str() {
            "table" => json!({"call": "create-table", "table": table_of(database, &name, &sql)}),
            "index" => index_of(&name, &table, &sql),
            "view" => json!({"call": "create-view", "name": name, "query": sql.split_once(" AS ").unwrap().1}),
            other => panic!("a case with a {other}: {sql}"),
        });
    }
    calls
}

fn index_of(name: &str, table: &str, sql: &str) -> Json {
    let all: Vec<Token<'_>> = tokens(sql).unwrap().into_iter().filter(|token| !token.is_blank()).collect();
    let terms: Vec<String> = items(inside(sql, &all, 0))
        .iter()
        .map(|item| {
            let text: Vec<&str> = item.iter().map(|token| token.text).collect();
            if item.get(1).is_some_and(|token| token.kind == Kind::Open) { format!("({})", text.concat()) } else { text.join(" ") }
        })
        .collect();
    let filter = sql.split_once(" WHERE ").map(|(_, filter)| filter);
    let attributes = filter.map_or_else(|| json!({}), |filter| json!({"where": filter}));
    json!({"call": "create-index", "name": name, "table": table, "terms": terms, "unique": is_word(all.get(1), "UNIQUE"), "attributes": attributes})
}

fn table_of(database: &Connection, name: &str, sql: &str) -> Json {
    let all: Vec<Token<'_>> = tokens(sql).unwrap().into_iter().filter(|token| !token.is_blank()).collect();
    let body = inside(sql, &all, 0);
    let items = items(body);
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    let (mut uniques, mut checks) = (Vec::new(), Vec::new());
    for item in &items {
        let named = is_word(item.first(), "CONSTRAINT");
        let constraint_name = named.then(|| item[1].name().unwrap().into_owned());
        let from = if named { 2 } else { 0 };
        let first = item.get(from);
        if is_word(first, "CHECK") {
            checks.push(json!({"name": constraint_name, "expression": inside(body, item, from)}));
        } else if is_word(first, "UNIQUE") {
            uniques.push(json!({"name": constraint_name, "columns": columns_in(inside(body, item, from))}));
        } else if !is_word(first, "PRIMARY") && !is_word(first, "FOREIGN") {
            columns.push(column_of(database, name, body, item));
            for (place, token) in item.iter().enumerate().filter(|(_, token)| token.is_word("CHECK")) {
                let _ = token;
                checks.push(json!({"expression": inside(body, item, place)}));
            }
            if item.iter().any(|token| token.is_word("UNIQUE")) {
                uniques.push(json!({"columns": [item[0].name().unwrap()]}));
            }
        }
    }
    for row in rows(database, &format!("SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk")) {
        key.push(row);
    }
    let mut foreign_keys: Vec<Json> = Vec::new();
    let sql_keys = format!(
        "SELECT id, \"table\", \"from\", coalesce(\"to\", 'id'), on_delete, on_update FROM pragma_foreign_key_list('{name}') ORDER BY id DESC, seq"
    );
    let mut statement = database.prepare(&sql_keys).unwrap();
    let found: Vec<(String, String, String, String, String)> = statement
        .query_map([], |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (target, from, to, on_delete, on_update) in found {
        let action = |text: String| text.to_ascii_lowercase().replace(' ', "-");
        let deferred = sql.contains("INITIALLY DEFERRED");
        foreign_keys.push(json!({
            "columns": [from], "target_table": target, "target_columns": [to], "on_delete": action(on_delete), "on_update": action(on_update),
            "attributes": {"deferred": deferred},
        }));
    }
    let attributes = json!({
        "strict": sql.ends_with("STRICT"), "without-rowid": sql.ends_with("WITHOUT ROWID"), "autoincrement": sql.contains("AUTOINCREMENT"),
    });
    json!({"name": name, "columns": columns, "primary_key": key, "foreign_keys": foreign_keys, "uniques": uniques, "checks": checks, "attributes": attributes})
}

fn column_of(database: &Connection, table: &str, body: &str, item: &[Token<'_>]) -> Json {
    let name = item[0].name().unwrap().into_owned();
    let sql = format!("SELECT type, \"notnull\", dflt_value FROM pragma_table_xinfo('{table}') WHERE name = ?1");
    let (declared, not_null, default): (String, bool, Option<String>) =
        database.query_row(&sql, [&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let mut attributes = Map::new();
    if let Some(default) = default {
        attributes.insert("default-expression".into(), default.into());
    }
    if let Some(place) = item.iter().position(|token| token.is_word("AS")) {
        attributes.insert("generated".into(), inside(body, item, place).into());
    }
    if let Some(place) = item.iter().position(|token| token.is_word("COLLATE")) {
        attributes.insert("collate".into(), item[place + 1].text.into());
    }
    json!({"name": name, "data_type": data_type(&declared), "nullable": !not_null, "attributes": attributes})
}

/// The calls of the plugin for a case's operations: those on one table, one after another, are one `alter-table`.
fn calls_of(case: &Json, database: &Connection) -> Vec<Json> {
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

fn query(database: &Connection, sql: &str) -> Json {
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

fn fails(database: &Connection, sql: &str) -> bool {
    database.execute_batch("SAVEPOINT trial").unwrap();
    let failed = database.execute_batch(sql).is_err();
    database.execute_batch("ROLLBACK TO trial; RELEASE trial").unwrap();
    failed
}

fn require(case: &Json, database: &Connection) {
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

/// Runs a case: the schema by raw SQL, taken over, then the change.
fn run(case: &Json) {
    let id = case["id"].as_str().unwrap();
    let input = texts(&case["input"]["sql"]);
    let before = Connection::open_in_memory().unwrap();
    before.execute_batch(&input.join(";")).unwrap();
    let script = json!({"m1": calls_that_make(&before), "m2": calls_of(case, &before)});
    let host = host(&script, &input);
    host.run("stamp scripted@m1").done();
    let unchanged = host.everything();
    let said = host.run("upgrade scripted@m2 --allow-destructive");
    let is_refused = !case["expect"]["error"].is_null();
    // What loses the meaning of values is refused until the plugin says what they become.
    let needs_using = case["notes"].as_str().is_some_and(|notes| notes.starts_with("Refused without `using`"));
    if !is_refused && !needs_using {
        said.done();
        let database = Connection::open(host.path("tenon.db")).unwrap();
        database.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        return require(case, &database);
    }
    let said = said.refused();
    assert_eq!(host.everything(), unchanged, "{id}: {}", said.err);
    for word in texts(&case["expect"]["error_mentions"]) {
        assert!(said.err.contains(&word), "{id}: {word} is not in {}", said.err);
    }
    if needs_using {
        let mut mended = case.clone();
        mended["notes"] = Json::Null;
        mended["operations"][0]["using"] = "CAST(data AS INTEGER)".into();
        run(&mended);
    }
}

#[test]
fn every_schema_case_passes() {
    let cases = cases("schema");
    assert_eq!(cases.len(), 35);
    for case in cases.iter().filter(|case| case["control"] != true) {
        println!("{}: {}", case["id"], case["title"]);
        run(case);
    }
}

/// Why nobody may rebuild a table in the way that comes to mind.
#[test]
fn the_control_case_loses_its_rows_on_plain_sqlite() {
    for case in cases("schema").iter().filter(|case| case["control"] == true) {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&format!("PRAGMA foreign_keys = ON; {}", texts(&case["input"]["sql"]).join(";"))).unwrap();
        for sql in texts(&case["reference_sql"]) {
            database.execute_batch(&sql).unwrap();
        }
        require(case, &database);
    }
}

/// What a plugin would call to do what an ownership case tries; empty where only a raw statement could.
fn ownership_calls(statement: &str) -> Vec<Json> {
    let column = |name: &str| json!({"name": name, "data_type": "integer", "nullable": true});
    match statement.split_whitespace().next().unwrap() {
        "DROP" => vec![json!({"call": "drop-table", "name": "core_users"})],
        "SELECT" => vec![json!({"call": "query", "sql": statement})],
        "ALTER" => vec![json!({"call": "rename-table", "name": "shop_orders", "to": "core_roles"})],
        "CREATE" if statement.starts_with("CREATE TRIGGER") => vec![json!({
            "call": "create-trigger", "name": "shop_tr", "table": "shop_t2", "timing": "after", "event": "insert", "body": ["DELETE FROM core_users"],
        })],
        "CREATE" if statement.starts_with("CREATE INDEX") => {
            vec![json!({"call": "create-index", "name": "core_ix", "table": "shop_t2", "terms": ["id"]})]
        }
        "CREATE" if statement.starts_with("CREATE TABLE") => vec![json!({"call": "create-table", "table": {
            "name": "shop_fk", "columns": [column("id"), column("u")], "primary_key": ["id"],
            "foreign_keys": [{"columns": ["u"], "target_table": "core_users", "target_columns": ["id"], "on_delete": "cascade", "on_update": "no-action"}],
        }})],
        _ => vec![],
    }
}

#[test]
fn every_ownership_case_is_denied() {
    let cases = cases("ownership");
    assert_eq!(cases.len(), 8);
    for case in &cases {
        let (id, statement) = (&case["id"], case["statement"].as_str().unwrap());
        let input = texts(&case["input"]["sql"]);
        let own: Vec<String> = input.iter().filter(|sql| sql.starts_with("CREATE TABLE shop_")).cloned().collect();
        let before = Connection::open_in_memory().unwrap();
        before.execute_batch(&own.join(";")).unwrap();
        let raw = json!({"call": "execute", "sql": statement});
        let ways: Vec<Json> = ownership_calls(statement).into_iter().chain([raw]).collect();
        for way in ways {
            let script = json!({"m1": calls_that_make(&before), "m2": [way]});
            let host = host(&script, &input).configured("[plugins.scripted]\nprefix = \"shop_\"\n");
            host.run("stamp scripted@m1").done();
            let unchanged = host.everything();
            let said = host.run("upgrade head --allow-destructive").refused();
            println!("{id}: {statement}\n    {}", said.err.trim());
            assert_eq!(host.everything(), unchanged, "{id}: {way}");
        }
    }
}

/// The calls for a lint case's statement.
fn lint_calls(statement: &str) -> Json {
    let all: Vec<Token<'_>> = tokens(statement).unwrap().into_iter().filter(|token| !token.is_blank()).collect();
    assert!(is_word(all.first(), "CREATE") && statement.contains("INDEX"), "{statement} is nothing that these cases have");
    let at = all.iter().position(|token| token.is_word("ON")).unwrap();
    index_of(&all[at - 1].name().unwrap(), &all[at + 1].name().unwrap(), statement)
}

#[test]
fn every_lint_case_is_found() {
    let cases = cases("lint");
    assert_eq!(cases.len(), 1);
    for case in &cases {
        let input = texts(&case["input"]["before"]);
        let before = Connection::open_in_memory().unwrap();
        before.execute_batch(&input.join(";")).unwrap();
        let calls: Vec<Json> = texts(&case["input"]["migration"]).iter().map(|sql| lint_calls(sql)).collect();
        let host = host(&json!({"m1": calls_that_make(&before), "m2": calls}), &input);
        host.run("stamp scripted@m1").done();
        let linted: Json = serde_json::from_str(&host.run("lint --json").done().out).unwrap();
        let found: Vec<String> = linted["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| format!("{}:{}", finding["code"].as_str().unwrap(), finding["subject"].as_str().unwrap()))
            .collect();
        assert_eq!(found, texts(&case["expect"]["findings"]), "{}", case["id"]);
    }
}

#[test]
fn every_code_of_lint_is_found_with_its_subject() {
    let column = |name: &str, data_type: &str| json!({"name": name, "data_type": data_type, "nullable": true});
    let table = |name: &str| json!({"call": "create-table", "table": {"name": name, "columns": [column("a", "string(9)"), column("b", "integer"), column("c", "text")]}});
    let alter = |kind: &str, name: &str, attributes: Json| json!({"call": "alter-table", "name": "t", "changes": [{"kind": kind, "name": name, "attributes": attributes}]});
    let m2 = json!([
        alter("add-column", "n", json!({"data-type": "integer"})),
        alter("set-type", "b", json!({"data-type": "bigint"})),
        alter("set-type", "a", json!({"data-type": "string(3)"})),
        alter("add-unique", "", json!({"columns": ["a", "b"]})),
        alter("rename-column", "c", json!({"to": "d"})),
        alter("drop-column", "n", json!({})),
        {"call": "rename-table", "name": "u", "to": "v"},
        {"call": "drop-table", "name": "v"},
        table("fresh"),
        {"call": "drop-table", "name": "fresh"},
    ]);
    let host = host(&json!({"m1": [table("t"), table("u")], "m2": m2}), &[]);
    host.run("upgrade scripted@m1").done();
    let said = host.run("lint").refused();
    let expected = "warning: add_not_null_without_default t.n (scripted@m2)\nwarning: type_may_lose t.a (scripted@m2)\n\
        warning: unique_may_fail t(a,b) (scripted@m2)\nwarning: rename_column t.c->d (scripted@m2)\nerror: drop_column t.n (scripted@m2)\n\
        warning: rename_table u (scripted@m2)\nerror: drop_table v (scripted@m2)\n";
    assert_eq!(said.out, expected);
    let before = host.everything();
    let said = host.run("upgrade head").refused().err_has(&["this would lose data: scripted@m2 would drop table v", "--allow-destructive"]);
    assert!(!said.err.contains("fresh") && !said.err.contains("t.n"), "what the run made itself is nobody's loss: {}", said.err);
    assert_eq!(host.everything(), before);
    host.run("upgrade head --allow-destructive").done();
}

#[test]
fn what_a_stamp_takes_over_is_what_the_revision_makes_and_nobody_owns() {
    let table = |name: &str| json!({"call": "create-table", "table": {"name": name, "columns": [{"name": "id", "data_type": "integer", "nullable": true}]}});
    let script = json!({"m1": [table("mine"), table("not_there")], "m2": [table("fresh")]});
    let host = host(&script, &["CREATE TABLE mine (id INTEGER)".to_owned(), "CREATE TABLE other (id INTEGER)".to_owned()]);
    host.run("stamp scripted@m1").done().err_has(&[
        "Running stamp  -> scripted@m1",
        "Taken over: table mine.",
        "there is no table not_there, which scripted@m1 leaves",
    ]);
    host.run("stamp scripted@m1").done().err_has(&["Nothing to do."]);
    let owners: BTreeSet<String> = rows(&host.database(), "SELECT plugin || ' ' || name FROM tenon_objects").into_iter().collect();
    assert_eq!(owners, BTreeSet::from(["scripted mine".to_owned()]));
    host.run("upgrade head").done();
    assert_eq!(host.ledger(), ["scripted@m1", "scripted@m2", "scripted@m3"]);
}
