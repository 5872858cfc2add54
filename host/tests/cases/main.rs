//! The language-neutral cases of `data/migration-cases.jsonl`: each through a component of its own, on a real file. The schema that a case
//! begins with is made by raw SQL and taken over by `stamp`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod conditional;
mod expect;
mod operations;
mod planned;
mod runners;
mod schema;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use expect::require;
use operations::calls_of;
use rusqlite::Connection;
use schema::{calls_that_make, declarations, declared_by, index_of, is_word};
use serde_json::{Value as Json, json};
use support::steps::written;
use support::{TestHost, component, rows};
use tenon::model::sql::{Token, tokens};

/// Where a case's plugin lies.
const PLUGIN: &str = "plugins/scripted.wasm";

fn cases(kind: &str) -> Vec<Json> {
    let all = include_str!("../data/migration-cases.jsonl").lines().filter(|line| !line.is_empty());
    all.map(|line| serde_json::from_str::<Json>(line).unwrap()).filter(|case| case["kind"] == kind).collect()
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The guest that does what stands in its bytes, with these calls in them.
fn scripted(script: &Json) -> Vec<u8> {
    written(std::fs::read(component("scripted")).unwrap(), script)
}

/// The same, declaring what its revisions leave: a plugin that did not would be refused. One whose revisions do not run declares nothing.
fn complete(mut script: Json) -> Vec<u8> {
    let host = TestHost::new();
    host.write(PLUGIN, scripted(&script));
    let verified: Json = serde_json::from_str(&host.run("verify --json").out).unwrap();
    let differences = &verified["plugins"][0]["differences"];
    if differences.is_array() {
        script["declares"] = declarations(differences);
    }
    scripted(&script)
}

/// A database made by raw SQL.
fn made_by_hand(sql: &[String]) -> TestHost {
    let host = TestHost::new();
    let made = Connection::open(host.path("tenon.db")).unwrap();
    made.execute_batch(&format!("PRAGMA foreign_keys = ON; {}", sql.join(";"))).unwrap();
    host
}

/// A database made by raw SQL, of which the plugin has taken over what its first revision makes.
fn taken_over(first: &[Json], sql: &[String]) -> TestHost {
    let host = made_by_hand(sql);
    host.write(PLUGIN, scripted(&json!({"m1": first, "declares": declared_by(first.to_vec())})));
    host.run("stamp scripted@m1").done();
    host
}

/// Runs a case: the schema by raw SQL, taken over, then the change.
fn run(case: &Json) {
    let id = case["id"].as_str().unwrap();
    let input = texts(&case["input"]["sql"]);
    let before = Connection::open_in_memory().unwrap();
    before.execute_batch(&input.join(";")).unwrap();
    let host = taken_over(&calls_that_make(&before), &input);
    host.write(PLUGIN, complete(json!({"m1": calls_that_make(&before), "m2": calls_of(case, &before)})));
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
    assert!(!cases.is_empty());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if case["control"] != true {
                println!("{}: {}", case["id"], case["title"]);
                run(case);
            }
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(work)));
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
    assert!(!cases.is_empty());
    for case in &cases {
        let (id, statement) = (&case["id"], case["statement"].as_str().unwrap());
        let input = texts(&case["input"]["sql"]);
        let own: Vec<String> = input.iter().filter(|sql| sql.starts_with("CREATE TABLE shop_")).cloned().collect();
        let before = Connection::open_in_memory().unwrap();
        before.execute_batch(&own.join(";")).unwrap();
        let raw = json!({"call": "execute", "sql": statement});
        let ways: Vec<Json> = ownership_calls(statement).into_iter().chain([raw]).collect();
        for way in ways {
            let host = taken_over(&calls_that_make(&before), &input).configured("[plugins.scripted]\nprefix = \"shop_\"\n");
            host.write(PLUGIN, complete(json!({"m1": calls_that_make(&before), "m2": [way]})));
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
    assert!(!cases.is_empty());
    for case in &cases {
        let input = texts(&case["input"]["before"]);
        let before = Connection::open_in_memory().unwrap();
        before.execute_batch(&input.join(";")).unwrap();
        let calls: Vec<Json> = texts(&case["input"]["migration"]).iter().map(|sql| lint_calls(sql)).collect();
        let host = taken_over(&calls_that_make(&before), &input);
        host.write(PLUGIN, complete(json!({"m1": calls_that_make(&before), "m2": calls})));
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
    let host = TestHost::new();
    host.write(PLUGIN, complete(json!({"m1": [table("t"), table("u")], "m2": m2})));
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
fn what_would_be_lost_is_told_without_what_stands_beside_it() {
    let column = |name: &str| json!({"name": name, "data_type": "text", "nullable": false});
    let table = json!({"call": "create-table", "table": {"name": "t", "columns": [column("a"), column("b")]}});
    let change = |kind: &str, name: &str, attributes: Json| json!({"kind": kind, "name": name, "attributes": attributes});
    let changes = [change("set-nullable", "a", json!({"nullable": true})), change("drop-column", "b", json!({}))];
    let host = TestHost::new();
    host.write(PLUGIN, complete(json!({"m1": [table], "m2": [{"call": "alter-table", "name": "t", "changes": changes}]})));
    host.run("upgrade scripted@m1").done();
    let said = host.run("upgrade head").refused();
    assert!(said.err.contains("this would lose data: scripted@m2 would drop column t.b with its values;"), "{}", said.err);
}

#[test]
fn lint_names_what_an_expression_makes_of_values_and_no_key_that_only_says_more() {
    let column = |name: &str, data_type: &str| json!({"name": name, "data_type": data_type, "nullable": false});
    let table = json!({"call": "create-table", "table": {"name": "t", "columns": [column("id", "integer"), column("a", "text"), column("b", "text")], "primary_key": ["id"]}});
    let alter = |kind: &str, name: &str, attributes: Json| json!({"call": "alter-table", "name": "t", "changes": [{"kind": kind, "name": name, "attributes": attributes}]});
    let key = |attributes: Json| alter("set-primary-key", "", attributes);
    let m2 = json!([
        alter("set-type", "a", json!({"data-type": "text"})),
        alter("set-type", "b", json!({"data-type": "text", "using": "lower(b)"})),
        key(json!({"columns": ["id"], "autoincrement": true})),
        alter("rename-column", "id", json!({"to": "n"})),
        key(json!({"columns": ["a", "n"]})),
        key(json!({"columns": ["a"]})),
        key(json!({"columns": []})),
        key(json!({"columns": ["a"]})),
    ]);
    let host = TestHost::new();
    host.write(PLUGIN, complete(json!({"m1": [table], "m2": m2})));
    host.run("upgrade scripted@m1").done();
    let expected = "warning: type_may_lose t.b (scripted@m2)\nwarning: rename_column t.id->n (scripted@m2)\n\
        warning: unique_may_fail t(a) (scripted@m2)\nwarning: unique_may_fail t(a) (scripted@m2)\n";
    assert_eq!(host.run("lint").done().out, expected);
}

#[test]
fn what_a_stamp_takes_over_is_what_the_revision_makes_and_nobody_owns() {
    let table = |name: &str| json!({"call": "create-table", "table": {"name": name, "columns": [{"name": "id", "data_type": "integer", "nullable": true}]}});
    let script = json!({"m1": [table("mine"), table("not_there")], "m2": [table("fresh")]});
    let host = made_by_hand(&["CREATE TABLE mine (id INTEGER)".to_owned(), "CREATE TABLE other (id INTEGER)".to_owned()]);
    host.write(PLUGIN, complete(script));
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
