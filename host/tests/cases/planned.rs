//! What a plan says is what the run does, on tables that somebody made by hand; and which values an expression may take away.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde_json::{Value as Json, json};

use crate::conditional::{alter, change, first, legacy, text_of};
use crate::support::{TestHost, rows};
use crate::{PLUGIN, complete};

/// The operations of the plan's steps, one after another. The file stays as it is.
fn planned(host: &TestHost) -> Vec<Json> {
    let before = std::fs::read(host.path("tenon.db")).unwrap();
    let plan: Json = serde_json::from_str(&host.run("upgrade head --plan --json").done().out).unwrap();
    assert!(std::fs::read(host.path("tenon.db")).unwrap() == before, "a plan touches nothing");
    plan["steps"].as_array().unwrap().iter().flat_map(|step| step["operations"].as_array().unwrap().clone()).collect()
}

/// What all of it runs, by hand, leaves of a copy of the file.
fn by_hand(host: &TestHost, operations: &[Json]) -> Vec<String> {
    let copy = host.path("by-hand.db");
    std::fs::copy(host.path("tenon.db"), &copy).unwrap();
    let database = Connection::open(copy).unwrap();
    for (config, on) in [(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false), (DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true)] {
        database.set_db_config(config, on).unwrap();
    }
    for sql in operations.iter().flat_map(|operation| operation["statements"].as_array().unwrap()) {
        database.execute_batch(sql.as_str().unwrap()).unwrap();
    }
    left(&database)
}

/// The texts of everything that belongs to the table, and its rows.
fn left(database: &Connection) -> Vec<String> {
    let mut left = rows(database, "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name IN ('t', 'v') ORDER BY type, name");
    left.extend(rows(database, "SELECT * FROM t ORDER BY 1"));
    left
}

const BY_HAND: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT UNIQUE, b INTEGER CHECK (b < 100), extra TEXT DEFAULT 'mine'); \
    CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 1; END; CREATE VIEW v AS SELECT id, b FROM t";

#[test]
fn a_plan_runs_what_the_upgrade_runs_whatever_somebody_made_of_the_table() {
    let m2 = json!([
        alter(json!([change("drop-column", "a", json!({}))])),
        alter(json!([change("set-default", "b", json!({"default": 7}))])),
        alter(json!([change("rename-column", "b", json!({"to": "c"}))])),
        alter(json!([change("add-column", "n", json!({"data-type": "text", "nullable": true, "position": "first"}))])),
    ]);
    let host = legacy(BY_HAND, m2);
    let operations = planned(&host);
    let (ways, reason): (Vec<&Json>, _) = (operations.iter().map(|one| &one["way"]).collect(), &operations[0]["because"]);
    assert_eq!(ways, ["rebuild", "rebuild", "native", "rebuild"]);
    assert_eq!((reason, &operations[0]["destructive"]), (&json!("column a is part of a constraint"), &json!(true)));
    let copies = |operation: &Json| operation["statements"].as_array().unwrap().iter().any(|sql| sql.as_str().unwrap().contains("extra"));
    assert!(copies(&operations[0]) && copies(&operations[3]), "what somebody added is copied: {operations:#?}");
    let by_hand = by_hand(&host, &operations);
    host.run("upgrade head --allow-destructive").done();
    assert_eq!(left(&host.database()), by_hand);
    assert_eq!(rows(&host.database(), "SELECT * FROM t"), ["NULL|1|1|mine", "NULL|2|2|mine"]);
}

#[test]
fn a_plan_says_what_has_nothing_to_do_here_and_what_only_here_has() {
    let m2 = json!([
        alter(json!([change("drop-constraint", "", json!({"kind": "unique", "columns": ["a"], "if-exists": true}))])),
        alter(json!([change("add-column", "extra", json!({"data-type": "text", "nullable": true, "if-not-exists": true}))])),
        alter(json!([change("drop-constraint", "nowhere", json!({"if-exists": true}))])),
        {"call": "execute", "sql": "DELETE FROM t WHERE id > 1"},
        {"call": "execute", "sql": "SELECT count(*) FROM t"},
        {"call": "insert-rows", "table": "t", "rows": [{"id": 7, "a": "x"}]},
    ]);
    let host = legacy(BY_HAND, m2);
    let operations = planned(&host);
    let told: Vec<&str> = operations.iter().map(|one| one["operation"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "drop UNIQUE (a) of t if it is there",
            "add column t.extra (text), which may be NULL unless it is there",
            "run DELETE FROM t WHERE id > 1",
            "run SELECT count(*) FROM t",
            "insert 1 row into t",
        ]
    );
    let of = |key: &str| operations.iter().map(|one| one[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("way"), [json!("rebuild"), Json::Null, Json::Null, Json::Null, Json::Null]);
    assert_eq!(of("passed_over"), [false, true, false, false, false]);
    let two = json!({"t": 2});
    assert_eq!(of("rows"), [two.clone(), two.clone(), two.clone(), json!({}), two]);
    let said = host.run("upgrade head --plan").done().out;
    for line in [
        "drop UNIQUE (a) of t if it is there  [rebuild; SQLite drops no such constraint in place; t: 2 rows]",
        "unless it is there  [nothing to do; t: 2 rows]",
        "run DELETE FROM t WHERE id > 1  [t: 2 rows]",
    ] {
        assert!(said.contains(line), "{line:?} is not in:\n{said}");
    }
    host.run("upgrade head").done();
    assert_eq!(rows(&host.database(), "SELECT id, a, extra FROM t"), ["1|x|mine", "7|x|mine"]);
    assert!(!text_of(&host).contains("UNIQUE"));
}

#[test]
fn a_plan_says_what_the_tables_that_are_there_do_not_allow() {
    let m2 = json!([alter(json!([change("add-column", "extra", json!({"data-type": "text", "nullable": true}))])), {"call": "execute", "sql": "UPDATE t SET a = 'z'"}]);
    let host = legacy(BY_HAND, m2);
    let why = "table t already has a column extra";
    assert_eq!(planned(&host)[0]["refusal"], why);
    let said = host.run("upgrade head --plan").done().out;
    assert!(said.contains(&format!("        would be refused: {why}\n        ALTER TABLE t ADD COLUMN extra TEXT;")), "{said}");
    host.run("upgrade head").refused().err_has(&[why]);
}

#[test]
fn what_is_added_unless_it_is_there_is_the_runs_own_only_where_it_is_not() {
    let m2 = json!([
        alter(json!([change("add-column", "extra", json!({"data-type": "text", "nullable": true, "if-not-exists": true}))])),
        alter(json!([change("drop-column", "extra", json!({}))])),
    ]);
    let host = legacy(BY_HAND, m2.clone());
    let marked: Vec<Json> = planned(&host).iter().map(|one| one["destructive"].clone()).collect();
    assert_eq!(marked, [false, true]);
    host.run("upgrade head").refused().err_has(&["this would lose data: scripted@m2 would drop column t.extra"]);
    let host = TestHost::new();
    host.write(PLUGIN, complete(json!({"m1": first(), "m2": m2})));
    host.run("upgrade scripted@m1").done();
    host.run("upgrade head").done();
}

/// The type that the column has, and an expression.
fn using(expression: &str) -> Json {
    alter(json!([change("set-type", "a", json!({"data-type": "text", "using": expression}))]))
}

#[test]
fn values_are_made_null_only_where_somebody_says_that_they_may() {
    let host = legacy(BY_HAND, json!([using("NULL")]));
    let operation = &planned(&host)[0];
    assert_eq!((&operation["values_lost"], &operation["destructive"], &operation["way"]), (&json!(1), &json!(true), &json!("rebuild")));
    let said = host.run("upgrade head --plan").done().out;
    let line = "DESTRUCTIVE: give column t.a the type text using NULL  [rebuild; rows get other values; t: 2 rows; 1 value becomes NULL]";
    assert!(said.contains(line), "{said}");
    let before = host.everything();
    host.run("upgrade head").refused().err_has(&[
        "`using` of column t.a makes no value NULL, and 1 row would break that: id 1, a 'x'",
        "give --allow-destructive if that is meant",
    ]);
    assert_eq!(host.everything(), before);
    host.run("upgrade head --allow-destructive").done();
    assert_eq!(rows(&host.database(), "SELECT a FROM t"), ["NULL", "NULL"]);
}

#[test]
fn an_expression_that_takes_nothing_away_is_asked_nothing() {
    let not_null = json!({"nullable": false, "backfill": "none"});
    let filled =
        alter(json!([change("set-type", "a", json!({"data-type": "text", "using": "NULL"})), change("set-nullable", "a", not_null)]));
    for (calls, left) in [
        (json!([using("upper(a)")]), ["X", "NULL"]),
        (json!([filled]), ["none", "none"]),
        // What the step put there itself.
        (json!([{"call": "execute", "sql": "UPDATE t SET a = NULL"}, using("nullif(a, 'x')")]), ["NULL", "NULL"]),
    ] {
        let host = TestHost::new();
        host.write(PLUGIN, complete(json!({"m1": first(), "m2": calls})));
        host.run("upgrade scripted@m1").done();
        host.database().execute_batch("INSERT INTO t (id, a) VALUES (1, 'x'), (2, NULL)").unwrap();
        host.run("upgrade head").done();
        assert_eq!(rows(&host.database(), "SELECT a FROM t ORDER BY id"), left, "{calls}");
    }
}
