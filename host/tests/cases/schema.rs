//! What a database holds, in the words of the contract, as far as it has words for it.

use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};
use tenon::model::sql::{Kind, Token, tokens};

use crate::support::rows;
use crate::texts;

/// A type of the contract for one that a table declares.
pub(crate) fn data_type(declared: &str) -> String {
    let upper = declared.to_ascii_uppercase();
    match upper.strip_prefix("VARCHAR(").and_then(|rest| rest.strip_suffix(')')) {
        Some(length) => format!("string({length})"),
        None => match upper.as_str() {
            "INTEGER" => "integer",
            "BIGINT" => "bigint",
            "REAL" | "FLOAT" => "float",
            "VARCHAR" => "string",
            "BOOLEAN" => "boolean",
            "BLOB" => "bytes",
            "DATETIME" => "timestamp",
            "DATE" => "date",
            "TIME" => "time",
            "JSON" => "json",
            _ => "text",
        }
        .to_owned(),
    }
}

/// A text without its blanks and comments, divided at the commas that stand in no parentheses.
pub(crate) fn items(text: &str) -> Vec<Vec<Token<'_>>> {
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

pub(crate) fn is_word(token: Option<&Token<'_>>, word: &str) -> bool {
    token.is_some_and(|token| token.is_word(word))
}

/// What stands between the first parenthesis after `from` and its other half.
pub(crate) fn inside<'a>(text: &'a str, item: &[Token<'_>], from: usize) -> &'a str {
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
pub(crate) fn columns_in(text: &str) -> Vec<String> {
    items(text).iter().map(|item| item[0].name().unwrap().into_owned()).collect()
}

/// The calls that make what a database holds, as far as the contract has words for it.
pub(crate) fn calls_that_make(database: &Connection) -> Vec<Json> {
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
            "trigger" => trigger_of(&name, &table, &sql),
            other => panic!("a case with a {other}: {sql}"),
        });
    }
    calls
}

/// A trigger whose text has one blank between its words, as Tenon writes it.
fn trigger_of(name: &str, table: &str, sql: &str) -> Json {
    let (head, body) = sql.split_once(" BEGIN ").unwrap();
    let words: Vec<&str> = head.split_whitespace().collect();
    let (timing, event) = if words[3] == "INSTEAD" { ("instead-of", words[5]) } else { (words[3], words[4]) };
    let mut attributes = Map::new();
    if let Some((_, columns)) = head.split_once(" UPDATE OF ") {
        attributes.insert("of".into(), columns_in(columns.split_once(" ON ").unwrap().0).into());
    }
    if let Some((_, condition)) = head.split_once(" WHEN ") {
        attributes.insert("condition".into(), condition.into());
    }
    let body: Vec<&str> = body.trim_end().trim_end_matches("END").split(';').map(str::trim).filter(|text| !text.is_empty()).collect();
    json!({
        "call": "create-trigger", "name": name, "table": table, "timing": timing.to_ascii_lowercase(), "event": event.to_ascii_lowercase(),
        "body": body, "attributes": attributes,
    })
}

/// What a plugin has to declare, whose revisions leave what it does not: the differences are those of `verify --json`.
pub(crate) fn declarations(differences: &Json) -> Json {
    let objects: Vec<(String, Vec<String>)> =
        differences.as_array().unwrap().iter().map(|one| (one["object"].as_str().unwrap().to_owned(), texts(&one["surplus"]))).collect();
    let made = Connection::open_in_memory().unwrap();
    for kind in ["table ", "index ", "view ", "trigger "] {
        for (object, facts) in objects.iter().filter(|(object, _)| object.starts_with(kind)) {
            let sql = if kind == "table " { table_from(&object[kind.len()..], facts) } else { facts[0].clone() };
            made.execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        }
    }
    declared_by(calls_that_make(&made))
}

/// What a plugin has to declare whose calls these are.
pub(crate) fn declared_by(calls: Vec<Json>) -> Json {
    let mut declared = json!({"tables": [], "views": [], "triggers": []});
    for call in calls {
        match call["call"].as_str().unwrap() {
            "create-table" => declared["tables"].as_array_mut().unwrap().push(call["table"].clone()),
            "create-index" => {
                let mut tables = declared["tables"].as_array_mut().unwrap().iter_mut();
                let table = tables.find(|table| table["name"] == call["table"]).unwrap();
                let indexes = table.as_object_mut().unwrap().entry("indexes").or_insert_with(|| json!([]));
                indexes.as_array_mut().unwrap().push(call);
            }
            "create-view" => declared["views"].as_array_mut().unwrap().push(call),
            _ => declared["triggers"].as_array_mut().unwrap().push(call),
        }
    }
    declared
}

/// The text of a table of which all facts are told.
fn table_from(name: &str, facts: &[String]) -> String {
    let is_option = |fact: &&String| ["STRICT", "WITHOUT ROWID"].contains(&fact.as_str());
    let (options, mut clauses): (Vec<String>, Vec<String>) = facts.iter().cloned().partition(|fact| is_option(&fact));
    if let Some(place) = clauses.iter().position(|clause| clause.ends_with(" AUTOINCREMENT")) {
        let column = clauses.remove(place);
        let column = columns_in(column.split_once('(').unwrap().1.split_once(')').unwrap().0).remove(0);
        let clause = clauses.iter_mut().find(|clause| clause.starts_with(&format!("{column} "))).unwrap();
        clause.push_str(" PRIMARY KEY AUTOINCREMENT");
    }
    format!("CREATE TABLE \"{name}\" ({}) {}", clauses.join(", "), options.join(", "))
}

pub(crate) fn index_of(name: &str, table: &str, sql: &str) -> Json {
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

pub(crate) fn table_of(database: &Connection, name: &str, sql: &str) -> Json {
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
    let found: Vec<(i64, String, String, String, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let deferred = sql.contains("INITIALLY DEFERRED");
    let mut last = None;
    for (id, target, from, to, on_delete, on_update) in found {
        if last.replace(id) == Some(id) {
            let key = foreign_keys.last_mut().unwrap();
            key["columns"].as_array_mut().unwrap().push(from.into());
            key["target_columns"].as_array_mut().unwrap().push(to.into());
            continue;
        }
        let action = |text: String| text.to_ascii_lowercase().replace(' ', "-");
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
        attributes.insert("stored".into(), item.iter().any(|token| token.is_word("STORED")).into());
    }
    if let Some(place) = item.iter().position(|token| token.is_word("COLLATE")) {
        attributes.insert("collate".into(), item[place + 1].text.into());
    }
    json!({"name": name, "data_type": data_type(&declared), "nullable": !not_null, "attributes": attributes})
}
