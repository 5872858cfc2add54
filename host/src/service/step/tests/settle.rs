//! What a step may leave behind it.

use serde_json::json;

use super::executor::*;
use super::*;

fn key(column: &str, target: &str, target_column: &str) -> serde_json::Value {
    let key = json!({"columns": [column], "target-table": target, "target-columns": [target_column], "on-delete": "restrict",
                     "on-update": "no-action"});
    json!({ "foreign-keys": [key] })
}

fn unique_index(name: &str, column: &str) -> serde_json::Value {
    with(index(name, column), "unique", true)
}

fn drop_index(name: &str) -> serde_json::Value {
    json!({"operation": "drop-index", "name": name})
}

fn drop_view(name: &str) -> serde_json::Value {
    json!({"operation": "drop-view", "name": name})
}

fn rename(name: &str, to: &str) -> serde_json::Value {
    json!({"operation": "rename-table", "name": name, "to": to})
}

#[test]
fn a_view_does_not_outlive_what_it_reads() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.done(view("over_t", "SELECT note FROM t"));
    steps.done(view("over_view", "SELECT note FROM over_t"));
    steps.left(&[drop_table("t")], "in-use", &["view over_t of plugin mine", "no such table: main.t"]);
    steps.left(&[drop_view("over_t")], "in-use", &["view over_view of plugin mine"]);
    steps.left(&[drop_table("t"), drop_view("over_t")], "in-use", &["view over_view"]);
    assert_eq!(steps.end_of(&[drop_table("t"), drop_view("over_view"), drop_view("over_t")]), Ok(()), "in whatever order");
    assert_eq!(steps.end_of(&[drop_table("t"), table("t", json!({}))]), Ok(()), "or when it is there again");
    steps.refused(json!({"operation": "drop-column", "table": "t", "name": "note"}), "refused", "view over_t");
    steps.done(rename("t", "u"));
    let rename_column = json!({"operation": "rename-column", "table": "u", "name": "note", "to": "words"});
    steps.refused(rename_column.clone(), "refused", "view over_view");
    steps.done(drop_view("over_view"));
    steps.done(rename_column);
    steps.done(drop_view("over_t"));
    steps.done(drop_table("u"));
}

#[test]
fn a_column_more_may_be_one_too_many_for_a_view() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.done(view("both", "SELECT * FROM t UNION ALL SELECT 1, 'x'"));
    let column = json!({"name": "n", "data-type": "integer", "nullable": true});
    let add = json!({"operation": "add-column", "table": "t", "column": column});
    steps.left(&[add], "in-use", &["view both of plugin mine"]);
}

#[test]
fn a_view_that_was_broken_before_is_not_the_steps_fault() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.by_hand("CREATE VIEW by_hand AS SELECT * FROM nowhere");
    steps.done(drop_table("t"));
    steps.done(table("nowhere", json!({})));
    steps.left(&[drop_table("nowhere")], "in-use", &["view by_hand that no plugin owns"]);
}

#[test]
fn a_foreign_key_leads_to_a_key() {
    let mut steps = Steps::new();
    steps.done(table("parents", json!({})));
    let child = || table("children", key("note", "parents", "note"));
    steps.left(&[child()], "invalid-operation", &["table children", "foreign key mismatch", "unique"]);
    let unique = create_index("parents", unique_index("ux", "note"));
    assert_eq!(steps.end_of(&[child(), unique.clone()]), Ok(()), "in whatever order");
    steps.done(unique.clone());
    steps.done(child());
    steps.left(&[drop_index("ux")], "invalid-operation", &["table parents", "foreign key mismatch"]);
    assert_eq!(steps.end_of(&[drop_index("ux"), unique]), Ok(()), "made anew");
    let partial = create_index("parents", with(unique_index("ux", "note"), "filter", "id > 1"));
    steps.left(&[drop_index("ux"), partial], "invalid-operation", &["foreign key mismatch"]);
    steps.done(create_index("parents", index("ix", "note")));
    steps.done(drop_index("ix"));
    let to_self = table("loops", key("note", "loops", "note"));
    steps.left(&[to_self], "invalid-operation", &["table loops"]);
}

#[test]
fn nobody_takes_a_name_that_anothers_foreign_key_points_to() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.done(table("mine_too", json!({})));
    steps.become_plugin("other");
    steps.permissions.requires.insert("mine".parse().unwrap());
    steps.permissions.asked.insert("t".parse().unwrap());
    steps.done(table("theirs", key_to("t")));
    steps.become_plugin("mine");
    steps.left(&[drop_table("t")], "in-use", &["theirs (id) of plugin other"]);
    assert_eq!(steps.end_of(&[drop_table("t"), table("t", json!({}))]), Ok(()), "a table may be made anew by its owner");
    assert_eq!(steps.end_of(&[drop_table("t"), rename("mine_too", "t")]), Ok(()), "or rebuilt under another name first");
    // As it was left before steps were held to this, or by hand.
    steps.by_hand("CREATE TABLE waits (id INTEGER PRIMARY KEY, a REFERENCES later (id), b REFERENCES mine_too (id))");
    steps.live.as_mut().unwrap().own(&"other".parse().unwrap(), crate::model::ObjectKind::Table, &name("waits"), &name("waits")).unwrap();
    steps.refused(table("Later", json!({})), "in-use", "table waits of plugin other has a foreign key to that name");
    steps.refused(table("Later", key_to("t")), "in-use", "waits");
    steps.refused(rename("t", "later"), "in-use", "waits");
    steps.become_plugin("other");
    steps.done(table("later", json!({})));
}

#[test]
fn tables_of_the_operators_own_may_wait_for_a_plugins() {
    let mut steps = Steps::new();
    steps.by_hand("CREATE TABLE by_hand (a REFERENCES t (id))");
    steps.done(table("t", json!({})));
    steps.left(&[drop_table("t")], "in-use", &["by_hand (a) that no plugin owns"]);
    steps.by_hand("DROP TABLE by_hand; CREATE TABLE by_hand (a REFERENCES u (note))");
    steps.left(&[table("u", json!({}))], "invalid-operation", &["table u", "by_hand"]);
}

#[test]
fn no_table_or_view_has_a_name_of_the_databases_own() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    for taken in ["dbstat", "FTS5", "main", "temp"] {
        steps.refused(table(taken, json!({})), "invalid-operation", "itself");
        steps.refused(rename("t", taken), "invalid-operation", "itself");
        steps.refused(view(taken, "SELECT note FROM t"), "invalid-operation", "itself");
    }
    steps.done(table("weather", json!({"indexes": [index("main", "note")]})));
}

#[test]
fn a_table_whose_rules_compute_too_much_is_refused() {
    let mut steps = Steps::new();
    let check = |count: usize| table("u", json!({"checks": [{"expression": vec!["json_valid(note)"; count].join(" + ") + " > 0"}]}));
    steps.left(
        &[
            check(90),
            create_index(
                "u",
                json!({"name": "ix", "terms": [{"key": {"expression": vec!["upper(note)"; 60].join(" || ")}}], "unique": false}),
            ),
        ],
        "invalid-operation",
        &["table u call too many functions", "may take 2000"],
    );
    steps.done(check(90));
}

#[test]
fn an_expression_that_only_a_row_breaks_is_found_before_there_is_one() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    let with_default = |expression: &str| {
        let column = json!({"name": "n", "data-type": "integer", "nullable": true, "default": {"expression": expression}});
        [
            table("u", json!({"columns": [{"name": "id", "data-type": "integer", "nullable": false}, column]})),
            json!({"operation": "add-column", "table": "t", "column": column}),
        ]
    };
    let check = |expression: &str| table("u", json!({"checks": [{"expression": expression}]}));
    let expression = |text: &str| json!({"name": "ix", "terms": [{"key": {"expression": text}}], "unique": false});
    let broken = |steps: &mut Steps, operation: serde_json::Value, why: &str| {
        steps.left(&[operation], "invalid-operation", &["no row could be inserted into table", why]);
    };
    let [made, _] = with_default("count(*)");
    broken(&mut steps, made, "count()");
    steps.problem(with_default("max(id)")[1].clone());
    broken(&mut steps, check("note < datetime('now')"), "non-deterministic");
    broken(&mut steps, create_index("t", expression("datetime('now')")), "non-deterministic");
    broken(&mut steps, create_index("t", with(index("ix", "note"), "filter", "note < datetime()")), "non-deterministic");
    let renamed = [create_index("t", expression("datetime('now')")), rename("t", "v")];
    steps.left(&renamed, "invalid-operation", &["into table v", "non-deterministic"]);
    std::sync::Arc::make_mut(&mut steps.permissions.declared).insert("later".parse().unwrap());
    let key = with(check("id > 0")["table"].clone(), "foreign-keys", key_to("later")["foreign-keys"].clone());
    let early = [json!({"operation": "create-table", "table": key}), table("later", json!({}))];
    assert_eq!(steps.end_of(&early), Ok(()), "tried when all is there");
    for operation in with_default("1 + 1") {
        steps.done(operation);
    }
    steps.done(create_index("t", expression("lower(note)")));
    steps.done(table("never", json!({"checks": [{"expression": "id > 5 AND note IS NOT NULL"}]})));
    assert_eq!(steps.query("SELECT count(*) AS n FROM never"), r#"[{"n":0}]"#);
}
