//! Tables that are changed, by the executor on the real store.

use serde_json::{Value as Json, json};

use super::executor::{Steps, create_index, drop_table, index, table, with};
use crate::migrate::Backend as _;

fn alter(table: &str, changes: &Json) -> Json {
    json!({"operation": "alter-table", "table": table, "changes": changes})
}

fn copied(table: &str) -> Json {
    with(alter(table, &json!([])), "rebuild", true)
}

fn column(name: &str, data_type: &str) -> Json {
    json!({"name": name, "data-type": data_type, "nullable": true})
}

fn trigger(name: &str, table: &str, event: &str, body: &[&str]) -> Json {
    let trigger = json!({"name": name, "table": table, "timing": "after", "event": event, "body": body});
    json!({"operation": "create-trigger", "trigger": trigger})
}

/// A parent with rows, and a child whose rows go with it.
fn family() -> Steps {
    let mut steps = Steps::new();
    steps.done(table("parent", json!({})));
    let key =
        json!({"columns": ["note"], "target-table": "parent", "target-columns": ["id"], "on-delete": "cascade", "on-update": "cascade"});
    steps.done(table("child", json!({"foreign-keys": [key], "columns": [column("id", "integer"), column("note", "integer")]})));
    steps.by_hand("INSERT INTO parent (id, note) VALUES (1, 'a'), (2, NULL); INSERT INTO child (id, note) VALUES (10, 1), (20, 2)");
    steps
}

#[test]
fn a_copy_fires_no_action_and_no_trigger_and_enforcement_is_whole_afterwards() {
    let mut steps = family();
    steps.done(table("log", json!({})));
    for (name, event) in [("ti", "insert"), ("tu", "update"), ("td", "delete")] {
        steps.done(trigger(name, "parent", event, &["INSERT INTO log (note) VALUES ('fired')"]));
    }
    steps.done(copied("parent"));
    assert_eq!(steps.query("SELECT id, note FROM child"), r#"[{"id":10,"note":1},{"id":20,"note":2}]"#);
    assert_eq!(steps.query("SELECT count(*) AS n FROM log"), r#"[{"n":0}]"#);
    steps.by_hand("DELETE FROM parent WHERE id = 1");
    assert_eq!(steps.query("SELECT id FROM child"), r#"[{"id":20}]"#, "foreign keys are enforced again");
    assert_eq!(steps.query("SELECT count(*) AS n FROM log"), r#"[{"n":1}]"#, "and the triggers are there");
}

#[test]
fn a_row_that_refers_to_nothing_stops_the_copy_of_its_table_and_of_the_one_it_refers_to() {
    for copied_table in ["child", "parent"] {
        let mut steps = Steps::new();
        steps.done(table("parent", json!({})));
        steps.done(table("child", json!({"columns": [column("id", "integer"), column("note", "integer")]})));
        steps.by_hand("INSERT INTO child (id, note) VALUES (10, 7)");
        // What another program left, with a key that nobody checked.
        let key = "CREATE TABLE child (id INTEGER, note INTEGER REFERENCES parent (id))";
        steps.unchecked(&["ALTER TABLE child RENAME TO old", key, "INSERT INTO child SELECT id, note FROM old", "DROP TABLE old"]);
        let problem = steps.problem(copied(copied_table));
        assert_eq!(problem.code, "constraint");
        assert!(problem.detail.contains("1 row of table child would refer to no row of table parent"), "{problem}");
    }
}

#[test]
fn only_own_tables_are_changed_and_only_granted_ones_referred_to() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.become_plugin("other");
    steps.refused(alter("t", &json!([{"change": "drop-column", "name": "note"}])), "not-owner", "owned by plugin mine");
    steps.done(table("u", json!({})));
    let key = json!({"columns": ["id"], "target-table": "t", "target-columns": ["id"], "on-delete": "cascade", "on-update": "no-action"});
    steps.refused(alter("u", &json!([{"change": "add-foreign-key", "key": key}])), "not-granted", "table t is owned by plugin mine");
    for using in ["(SELECT note FROM t)", "load_extension('x')"] {
        let change = json!([{"change": "set-type", "name": "note", "data-type": "string", "using": using}]);
        assert_eq!(steps.problem(alter("u", &change)).status, 403, "{using}");
        let backfill = json!([{"change": "set-nullable", "name": "note", "nullable": false, "backfill": {"expression": using}}]);
        assert_eq!(steps.problem(alter("u", &backfill)).status, 403, "{using}");
    }
    let check = json!([{"change": "add-check", "check": {"expression": "length(randomblob(9)) > 1"}}]);
    steps.problem(alter("u", &check));
}

#[test]
fn a_trigger_does_only_what_its_plugin_may() {
    let mut steps = Steps::new();
    steps.done(table("victim", json!({})));
    steps.become_plugin("other");
    steps.done(table("t", json!({})));
    for body in [
        "DELETE FROM victim",
        "INSERT INTO t (note) SELECT note FROM victim",
        "UPDATE tenon_ledger SET up = ''",
        "SELECT load_extension('x')",
    ] {
        steps.problem(trigger("tr", "t", "insert", &[body]));
    }
    steps.refused(trigger("tr", "victim", "insert", &["DELETE FROM victim"]), "not-owner", "victim");
    steps.done(trigger("tr", "t", "insert", &["UPDATE t SET note = 'seen' WHERE id = new.id"]));
    steps.insert("t", r#"[{"id": 1}]"#).unwrap();
    assert_eq!(steps.query("SELECT note FROM t"), r#"[{"note":"seen"}]"#);
    steps.done(json!({"operation": "drop-trigger", "name": "tr"}));
}

#[test]
fn what_a_trigger_is_made_of_does_not_go_without_it() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.done(table("log", json!({})));
    steps.done(trigger("tr", "t", "insert", &["INSERT INTO log (note) VALUES (new.note)"]));
    steps.left(&[drop_table("log")], "in-use", &["table t of plugin mine could not be written to any more", "drop its trigger first"]);
    let both = [drop_table("log"), json!({"operation": "drop-trigger", "name": "tr"})];
    steps.end_of(&both).unwrap();
    let unique = json!([{"change": "drop-column", "name": "note"}]);
    steps.left(&[with(alter("t", &unique), "rebuild", true)], "in-use", &["new.note"]);
}

#[test]
fn a_table_is_dropped_from_under_rows_only_when_that_is_said() {
    let mut steps = family();
    steps.refused(drop_table("parent"), "in-use", "child (note): 2 rows");
    let detached = with(drop_table("parent"), "detach", true);
    steps.left(std::slice::from_ref(&detached), "in-use", &["foreign keys point to it: child (note)"]);
    let drop_key = json!([{"change": "drop-constraint", "constraint": {"foreign-key": ["note"]}}]);
    steps.end_of(&[detached, alter("child", &drop_key)]).unwrap();
}

#[test]
fn a_key_that_no_longer_fits_is_found_when_the_step_ends() {
    let mut steps = Steps::new();
    let unique = json!([{"columns": ["note"]}]);
    steps.done(table("parent", json!({ "uniques": unique })));
    let key = json!({"columns": ["note"], "target-table": "parent", "target-columns": ["note"], "on-delete": "no-action", "on-update": "no-action"});
    steps.done(table("child", json!({"foreign-keys": [key]})));
    let drop_unique = json!([{"change": "drop-constraint", "constraint": {"unique": ["note"]}}]);
    steps.left(&[alter("parent", &drop_unique)], "invalid-operation", &["a foreign key must lead to"]);
    let index = with(create_index("parent", with(index("ux", "note"), "unique", true)), "if-not-exists", true);
    steps.end_of(&[index, alter("parent", &drop_unique)]).unwrap();
}

#[test]
fn what_a_row_becomes_is_of_that_row_alone() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.insert("t", r#"[{"id": 1, "note": "a"}, {"id": 2, "note": "b"}]"#).unwrap();
    for using in ["row_number() OVER (ORDER BY id)", "count(*)", "sum(id) OVER ()"] {
        let change = json!([{"change": "set-type", "name": "note", "data-type": "integer", "using": using}]);
        steps.problem(alter("t", &change));
    }
    let inside = json!([{"change": "set-type", "name": "note", "data-type": "integer", "using": "(SELECT count(*) FROM t AS u WHERE u.id <= t.id)"}]);
    steps.done(alter("t", &inside));
    assert_eq!(steps.query("SELECT note FROM t ORDER BY id"), r#"[{"note":1},{"note":2}]"#);
}

/// What another program made, in which a text stood in double quotes.
fn made_elsewhere(steps: &mut Steps, sql: &str) {
    let plugin = steps.permissions.plugin.clone();
    steps.live.as_mut().unwrap().restore(&plugin, sql).unwrap();
}

#[test]
fn a_text_in_double_quotes_stays_one_where_it_is_stored_and_is_none_where_it_is_new() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.by_hand("DROP TABLE t");
    made_elsewhere(&mut steps, "CREATE TABLE t (id INTEGER, note TEXT CHECK (note <> \"bad\"))");
    made_elsewhere(&mut steps, "CREATE INDEX it ON t (id) WHERE note <> \"worse\"");
    steps.insert("t", r#"[{"id": 1, "note": "good"}]"#).unwrap();
    steps.done(copied("t"));
    let problem = steps.insert("t", r#"[{"id": 2, "note": "bad"}]"#).unwrap_err();
    assert_eq!(problem.code, "constraint", "{problem}");
    let check = json!([{"change": "add-check", "check": {"expression": "note <> \"worst\""}}]);
    assert!(steps.problem(with(alter("t", &check), "rebuild", true)).detail.contains("worst"));
}

#[test]
fn what_the_database_knows_of_a_table_outlives_its_copy() {
    let mut steps = Steps::new();
    for name in ["t", "other"] {
        steps.done(table(name, json!({})));
        steps.done(create_index(name, index(&format!("ix_{name}"), "note")));
        steps.insert(name, r#"[{"id": 1, "note": "a"}, {"id": 2, "note": "a"}, {"id": 3, "note": "b"}]"#).unwrap();
    }
    steps.by_hand("ANALYZE");
    let known = |steps: &mut Steps| {
        let plugin = steps.permissions.plugin.clone();
        let sql = "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx";
        steps.live.as_mut().unwrap().shown_rows(&plugin, sql).unwrap()
    };
    let before = known(&mut steps);
    assert!(before.iter().filter(|row| row.contains("'t'")).count() > 0, "{before:?}");
    steps.done(copied("t"));
    assert_eq!(known(&mut steps), before);
}

#[test]
fn a_key_to_what_is_no_key_is_told_with_both_tables() {
    let mut steps = Steps::new();
    steps.done(table("parent", json!({})));
    steps.done(table("child", json!({})));
    steps.by_hand("INSERT INTO parent (id, note) VALUES (1, 'a'); INSERT INTO child (id, note) VALUES (1, 'a')");
    let key = json!({"columns": ["note"], "target-table": "parent", "target-columns": ["note"], "on-delete": "no-action", "on-update": "no-action"});
    let problem = steps.problem(alter("child", &json!([{"change": "add-foreign-key", "key": key}])));
    let parts = ["table child", "parent", "unique together", "make them so first"];
    assert!(parts.iter().all(|part| problem.detail.contains(part)) && !problem.detail.contains("tenon_"), "{problem}");
}

#[test]
fn a_trigger_of_another_table_may_be_called_like_this_one() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.done(table("log", json!({})));
    steps.unchecked(&["CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM log WHERE id = 0; END"]);
    steps.done(copied("t"));
    steps.done(copied("log"));
}
