//! What a plugin's revision would take of time and memory: each is stopped by a limit that is named, and nothing has changed. No clock is
//! looked at here, but the tests would never end, or not with this machine's memory.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value as Json, json};
use support::component;
use support::steps::{attempted, beside_keeper, most_memory, only_live, refused};

/// Memory of a process, in MiB, that no step may make it have. Each would have taken more, or up to all there is.
const MOST_MIB: u64 = 600;

fn scripted() -> Vec<u8> {
    std::fs::read(component("scripted")).unwrap()
}

/// Fails on the file, with these words.
#[track_caller]
fn stopped(calls: Vec<Json>, limits: &str, says: &str) {
    let host = beside_keeper(scripted(), &only_live(calls));
    host.write("tenon.toml", format!("[plugins.scripted.limits]\n{limits}\n"));
    refused(&host).err_has(&[says]);
    assert!(most_memory() < MOST_MIB, "{} MiB", most_memory());
}

/// Each is refused, with one of these words, and its plugin goes on.
#[track_caller]
fn all_refused(calls: Vec<Json>, says: &[&str]) {
    for (call, (code, detail)) in calls.iter().zip(attempted(scripted(), calls.clone())) {
        println!("{call}\n    {code}: {detail}");
        assert!(!code.is_empty() && says.iter().any(|says| detail.contains(says)), "{call}: {code}: {detail}");
    }
    assert!(most_memory() < MOST_MIB, "{} MiB", most_memory());
}

fn alter(kind: &str, name: &str, attributes: Json) -> Json {
    json!({"call": "alter-table", "name": "mine", "changes": [{"kind": kind, "name": name, "attributes": attributes}]})
}

fn execute(sql: &str) -> Json {
    json!({"call": "execute", "sql": sql})
}

/// An expression wherever it is worked out for the rows that are there.
fn worked_out(sql: &str) -> Vec<Json> {
    let added = |attributes: Json| {
        let mut attributes = attributes;
        attributes["data-type"] = "text".into();
        attributes["nullable"] = true.into();
        alter("add-column", "x", attributes)
    };
    vec![
        alter("set-type", "a", json!({"data-type": "text", "using": sql})),
        alter("set-nullable", "a", json!({"nullable": false, "backfill-expression": sql})),
        alter("add-check", "", json!({"expression": format!("length({sql}) < 0")})),
        json!({"call": "alter-table", "name": "mine", "changes": [
            {"kind": "add-column", "name": "x", "attributes": {"data-type": "text", "nullable": true}},
            {"kind": "add-check", "name": "", "attributes": {"expression": format!("length({sql}) < 0")}},
        ]}),
        added(json!({"default-expression": sql})),
        added(json!({"generated": sql, "stored": true})),
        json!({"call": "create-index", "name": "ix_mine", "table": "mine", "terms": [format!("({sql})")]}),
        json!({"call": "create-index", "name": "ix_mine", "table": "mine", "terms": ["a"], "attributes": {"where": format!("length({sql}) < 0")}}),
        execute(&format!("UPDATE mine SET b = {sql}")),
        json!({"call": "query", "sql": format!("SELECT {sql} AS x FROM mine")}),
    ]
}

#[test]
fn a_value_is_no_longer_than_a_value_may_be() {
    // Each would be up to two gigabytes.
    for sql in [
        "hex(zeroblob(120000000))",
        "hex(zeroblob(900000000))",
        "printf('%.*c', 200000000, 'x')",
        "replace(hex(zeroblob(400000)), '0', hex(zeroblob(300)))",
        "CAST(zeroblob(250000000) AS TEXT)",
    ] {
        all_refused(worked_out(sql), &["too long", "memory", "too many functions"]);
    }
}

#[test]
fn what_a_plugin_may_not_call_is_not_called_before_that_is_known() {
    for sql in ["randomblob(200000000)", "json_patch(b, b)", "sqlite_log(1, b)", "load_extension(b)"] {
        all_refused(worked_out(sql), &["not available to plugins", "non-deterministic", "not constant", "unsafe use"]);
    }
}

/// Never comes back by itself, and the compiler does not see that it is always the same.
const ENDLESS: &str = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x > 0) SELECT count(*) FROM c WHERE x > a)";

#[test]
fn recursion_without_an_end_is_stopped_wherever_it_stands() {
    let trigger = json!({"call": "create-trigger", "name": "tr", "table": "mine", "timing": "before", "event": "update", "body": [format!("DELETE FROM kids WHERE id = {}", ENDLESS.replace("x > a", "x > 1"))]});
    let view = json!({"call": "create-view", "name": "endless", "query": format!("SELECT {ENDLESS} AS n FROM mine")});
    for calls in [
        vec![execute(&format!("UPDATE mine SET a = {ENDLESS}"))],
        vec![json!({"call": "query", "sql": format!("SELECT {ENDLESS} AS n FROM mine")})],
        vec![alter("set-type", "a", json!({"data-type": "text", "using": ENDLESS}))],
        vec![alter("set-nullable", "a", json!({"nullable": false, "backfill-expression": ENDLESS.replace("x > a", "x > id")}))],
        vec![view, json!({"call": "query", "sql": "SELECT n FROM endless"})],
        vec![json!({"call": "touches", "table": "kids"}), trigger, execute("UPDATE mine SET a = 1")],
    ] {
        stopped(calls, "statement-time-ms = 100", "ran for more than 100 ms (limit `statement-time-ms`)");
    }
}

#[test]
fn a_copy_takes_no_longer_than_a_revision() {
    let slow = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000) SELECT count(*) FROM c WHERE x > id)";
    let rows = "INSERT INTO mine (id) WITH RECURSIVE c(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM c WHERE x < 60000) SELECT x FROM c";
    let calls = vec![execute(rows), alter("set-type", "a", json!({"data-type": "text", "using": slow}))];
    // A piece of the copy takes less than a statement may, and there are pieces enough for minutes.
    stopped(calls, "work-time-ms = 1000", "ran for more than 1000 ms (limit `work-time-ms`)");
}

#[test]
fn a_million_operations_are_too_many() {
    for call in
        [execute("UPDATE mine SET a = a"), json!({"call": "touches", "table": "mine"}), alter("rename-column", "a", json!({"to": "a"}))]
    {
        let calls = vec![json!({"call": "repeat", "times": 1_000_000, "calls": [call]})];
        stopped(calls, "work-time-ms = 100\nstep-time-ms = 1000", "limit `");
    }
}

#[test]
fn a_gigabyte_of_text_is_too_much() {
    let big = "%{x*60000}%";
    let refused_by = |calls: Vec<Json>, says: &str| {
        // In the replay, too.
        let host = beside_keeper(scripted(), &calls.into());
        refused(&host).err_has(&[says]);
        assert!(most_memory() < MOST_MIB, "{} MiB", most_memory());
    };
    let again = |call: Json| vec![json!({"call": "repeat", "times": 20_000, "calls": [call]})];
    let million = "%{x*1000000}%";
    refused_by(again(execute(&format!("UPDATE mine SET b = '{big}' WHERE 0"))), "64 MiB together");
    refused_by(again(json!({"call": "insert-rows", "table": "outcomes", "rows": [{"detail": million}]})), "64 MiB together");
    refused_by(again(alter("set-default", "b", json!({"default": million}))), "64 MiB together");
    let whole = "%{x*9000000}%";
    for call in [
        execute(&format!("SELECT '{whole}'")),
        json!({"call": "insert-rows", "table": "live", "rows": [{"x": whole}]}),
        alter("set-default", "b", json!({"default": whole})),
        alter("add-check", "", json!({"expression": format!("b <> '{whole}'")})),
        json!({"call": "rename-table", "name": "mine", "to": whole}),
        json!({"call": "create-view", "name": "v", "query": format!("SELECT '{whole}' AS x")}),
    ] {
        refused_by(vec![call], "host-call-kib");
    }
}

/// Views over views that double at each level, over one that was harmless when they were made.
#[test]
fn views_that_grow_when_they_are_compiled_are_refused() {
    let view = |name: &str, query: String| json!({"call": "create-view", "name": name, "query": query});
    let chain = |letter: &str, ground: &str| {
        let of = |level: usize| if level == 0 { ground.to_owned() } else { format!("{letter}{level}") };
        (1..=10).map(|level| view(&of(level), format!("SELECT a + a AS a FROM {}", of(level - 1)))).collect::<Vec<Json>>()
    };
    let mut calls = vec![view("ground", "SELECT a FROM mine".to_owned())];
    calls.extend(chain("upper", "ground"));
    calls.extend(chain("lower", "mine"));
    calls.extend([json!({"call": "drop-view", "name": "ground"}), view("ground", "SELECT a FROM lower10".to_owned())]);
    stopped(calls, "", "could not be read any more");
}

#[test]
fn a_trigger_is_as_quick_as_a_rule() {
    let slow: Vec<String> = (0..60).map(|n| format!("new.b GLOB '*a*{n}*'")).collect();
    let trigger = |body: &str, condition: Option<&str>| {
        let attributes = condition.map_or_else(|| json!({}), |condition| json!({"condition": condition}));
        json!({"call": "create-trigger", "name": "tr", "table": "mine", "timing": "before", "event": "update", "body": [body], "attributes": attributes})
    };
    let calls =
        vec![trigger("SELECT 1", Some(&slow.join(" OR "))), trigger(&format!("DELETE FROM live WHERE {}", slow.join(" OR ")), None)];
    all_refused(calls, &["call too many functions"]);
}
