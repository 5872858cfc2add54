//! Changes that are made unless they are, and names that do not say which constraint is meant, on tables that somebody made by hand.

use serde_json::{Value as Json, json};

use crate::support::{TestHost, rows};
use crate::{PLUGIN, complete, declared_by, made_by_hand, scripted};

/// What the plugin's own first revision makes.
pub(crate) fn first() -> Json {
    let column = |name: &str, data_type: &str| json!({"name": name, "data_type": data_type, "nullable": name != "id"});
    json!([{"call": "create-table", "table": {"name": "t", "columns": [column("id", "integer"), column("a", "text"), column("b", "integer")], "primary_key": ["id"]}}])
}

pub(crate) fn alter(changes: Json) -> Json {
    json!({"call": "alter-table", "name": "t", "changes": changes})
}

pub(crate) fn change(kind: &str, name: &str, attributes: Json) -> Json {
    json!({"kind": kind, "name": name, "attributes": attributes})
}

/// A table made by hand that the first revision is said to have made, and the second revision to come.
pub(crate) fn legacy(table: &str, m2: Json) -> TestHost {
    let host = made_by_hand(&[table.to_owned(), "INSERT INTO t (id, a, b) VALUES (1, 'x', 1), (2, NULL, 2)".to_owned()]);
    let first = first().as_array().unwrap().clone();
    host.write(PLUGIN, scripted(&json!({"m1": first, "declares": declared_by(first.clone())})));
    host.run("stamp scripted@m1").done();
    host.write(PLUGIN, complete(json!({"m1": first, "m2": m2})));
    host
}

pub(crate) fn text_of(host: &TestHost) -> String {
    let text = rows(&host.database(), "SELECT sql FROM sqlite_schema WHERE name = 't'").remove(0);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The table as raw SQL has it, beside what the revision would make.
const LEGACY: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CONSTRAINT uq_a UNIQUE, b INTEGER, old TEXT, \
    CONSTRAINT ck_b CHECK (b < 100), FOREIGN KEY (b) REFERENCES t (id))";

fn conditional() -> Json {
    let target = json!({"columns": ["b"], "target-table": "t", "target-columns": ["id"], "if-not-exists": true});
    json!([
        alter(json!([change("drop-constraint", "gone", json!({"if-exists": true}))])),
        alter(json!([change("add-unique", "uq_a", json!({"columns": ["a"], "if-not-exists": true}))])),
        alter(json!([change("add-unique", "", json!({"columns": ["A"], "if-not-exists": true}))])),
        alter(json!([change("add-check", "ck_b", json!({"expression": "b < 100", "if-not-exists": true}))])),
        alter(json!([change("add-check", "", json!({"expression": "B<100", "if-not-exists": true}))])),
        alter(json!([change("add-foreign-key", "", target)])),
        alter(json!([
            change("add-column", "n", json!({"data-type": "text", "nullable": true, "position": "first", "if-not-exists": true})),
            change("drop-column", "old", json!({"if-exists": true}))
        ])),
    ])
}

#[test]
fn a_change_is_made_only_where_it_is_not_there_and_the_table_is_left_alone_otherwise() {
    let fresh = TestHost::new();
    fresh.write(PLUGIN, complete(json!({"m1": first(), "m2": conditional()})));
    fresh.run("upgrade head").done();
    let made = text_of(&fresh);
    for part in ["n TEXT, id", "CONSTRAINT uq_a UNIQUE (a)", "CONSTRAINT ck_b CHECK (b < 100)", "FOREIGN KEY(b) REFERENCES t (id)"] {
        assert_eq!(made.matches(part).count(), 1, "{part}: {made}");
    }
    let host = legacy(LEGACY, conditional());
    let refused = host.run("upgrade head").refused();
    refused.err_has(&["would drop column t.old with its values if it is there;", "--allow-destructive"]);
    host.run("upgrade head --allow-destructive").done();
    let (rows, text) = (host.column("SELECT n, id, a, b FROM t"), text_of(&host));
    assert_eq!(rows, ["NULL|1|x|1", "NULL|2|NULL|2"]);
    for part in ["UNIQUE", "CHECK", "REFERENCES"] {
        assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
    }
    assert!(!text.contains("old"), "{text}");
}

#[test]
fn an_alteration_of_which_nothing_is_left_does_nothing_even_where_a_copy_is_asked_for() {
    let columns = json!([
        change("add-column", "a", json!({"data-type": "text", "if-not-exists": true})),
        change("drop-column", "gone", json!({"if-exists": true})),
        change("drop-constraint", "", json!({"kind": "unique", "columns": ["b"], "if-exists": true}))
    ]);
    let mut call = alter(columns);
    call["options"] = json!({"rebuild": true});
    let no_table = json!({"call": "drop-table", "name": "gone", "options": {"if-exists": true}});
    let host = TestHost::new();
    host.write(PLUGIN, complete(json!({"m1": first(), "m2": [call, no_table]})));
    host.run("upgrade scripted@m1").done();
    let before = text_of(&host);
    // What drops nothing loses nothing, and nobody has to allow it.
    host.run("upgrade head").done();
    assert_eq!(text_of(&host), before, "a copied table has its name in quotes");
    let operations = rows(&host.database(), "SELECT up FROM tenon_ledger WHERE revision = 'm2'");
    assert_eq!(operations, ["[]"], "as any operation that had nothing to do");
}

#[test]
fn what_a_call_takes_away_makes_room_for_what_it_adds_unless_it_is_there() {
    let calls = json!([
        alter(json!([change("add-check", "c", json!({"expression": "b > 0"})), change("add-unique", "", json!({"columns": ["a"]}))])),
        alter(json!([
            change("drop-constraint", "c", json!({"if-exists": true})),
            change("add-check", "c", json!({"expression": "b > 1", "if-not-exists": true})),
            change("drop-column", "a", json!({"if-exists": true})),
            change("add-column", "a", json!({"data-type": "integer", "nullable": true, "if-not-exists": true})),
            change("add-unique", "", json!({"columns": ["a"], "if-not-exists": true}))
        ])),
    ]);
    let host = TestHost::new();
    host.write(PLUGIN, complete(json!({"m1": first(), "m2": calls})));
    host.run("upgrade head").done();
    let text = text_of(&host);
    for (part, times) in [("b > 0", 0), ("CONSTRAINT c CHECK (b > 1)", 1), ("a INTEGER", 1), ("UNIQUE (a)", 1)] {
        assert_eq!(text.matches(part).count(), times, "{part}: {text}");
    }
}

#[test]
fn a_name_that_another_kind_of_constraint_has_is_not_there_and_not_free() {
    let host = legacy(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, CONSTRAINT c CHECK (b < 100))",
        json!([alter(json!([change("add-unique", "c", json!({"columns": ["a"], "if-not-exists": true}))]))]),
    );
    host.run("upgrade head")
        .refused()
        .err_has(&["table t has another constraint c: CONSTRAINT c CHECK (b < 100); give the new one a name"]);
}

#[test]
fn a_name_that_two_constraints_have_drops_neither_and_what_one_says_drops_that_one() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CONSTRAINT c CHECK (a <> ''), b INTEGER, CONSTRAINT c CHECK (b < 100))";
    let drop = |attributes: Json, name: &str| json!([alter(json!([change("drop-constraint", name, attributes)]))]);
    for attributes in [json!({"if-exists": true}), json!({})] {
        // On the table that the revisions make there is one of that name.
        let mut calls = drop(attributes, "c").as_array().unwrap().clone();
        calls.insert(0, alter(json!([change("add-check", "c", json!({"expression": "b < 100", "if-not-exists": true}))])));
        let host = legacy(table, calls.into());
        let before = host.everything();
        host.run("upgrade head").refused().err_has(&[
            "table t has 2 constraints c: CONSTRAINT c CHECK (b < 100), and CONSTRAINT c CHECK (a <> '') of column a; say which by what it is",
        ]);
        assert_eq!(host.everything(), before);
    }
    let calls = json!([
        alter(json!([change("add-check", "c", json!({"expression": "b < 100", "if-not-exists": true}))])),
        alter(json!([change("drop-constraint", "", json!({"kind": "check", "expression": "b < 100"}))])),
    ]);
    let host = legacy(table, calls);
    host.run("upgrade head").done();
    let text = text_of(&host);
    assert!(text.contains("CONSTRAINT c CHECK (a <> '')") && !text.contains("b < 100"), "the one that was meant goes: {text}");
}
