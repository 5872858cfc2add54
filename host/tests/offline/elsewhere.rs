//! A script on a database that is not the one which it was written for: it stops before it changes anything, and says why.

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use super::support::shell::sqlite3;
use super::support::steps::{alter, create, rename, written};
use super::support::{TestHost, component, rows};
use super::{for_another_reader, printed};

const PLUGIN: &str = "plugins/scripted.wasm";

/// Every revision changes `t`, which has an index, a trigger and a rule that says its table's name. The second needs no copy online; it and
/// the third give tables other names.
fn history() -> Json {
    let t = |name: &str, columns: Json, checks: Json| {
        let index = json!([{"name": "ix_t", "terms": ["b"]}]);
        json!({"name": name, "columns": columns, "primary_key": ["id"], "checks": checks, "indexes": index})
    };
    let column = |name: &str, data_type: &str, nullable: bool| json!({"name": name, "data_type": data_type, "nullable": nullable});
    let log = |name: &str| json!({"name": name, "columns": [column("x", "integer", true)]});
    let trigger = |table: &str, log: &str| {
        let body = format!("INSERT INTO {log} VALUES (old.id)");
        json!({"call": "create-trigger", "name": "tr_t", "table": table, "timing": "after", "event": "delete", "body": [body]})
    };
    let rule = |name: &str, expression: &str| json!({"name": name, "expression": expression});
    let first = t(
        "t",
        json!([column("id", "integer", false), column("a", "integer", true), column("b", "text", true)]),
        json!([rule("small", "t.a < 100")]),
    );
    let last = json!([
        column("id", "integer", false),
        column("a", "integer", false),
        column("b", "string(40)", true),
        column("d", "integer", true)
    ]);
    let second = json!([
        {"kind": "set-nullable", "name": "a", "attributes": {"nullable": false}},
        {"kind": "add-column", "name": "c", "attributes": {"data-type": "integer", "nullable": true}},
        {"kind": "add-check", "name": "large", "attributes": {"expression": "t.b <> ''"}},
    ]);
    json!({
        "declares": {
            "tables": [t("u", last, json!([rule("small", "a < 100"), rule("large", "b <> ''")])), log("logs")],
            "triggers": [trigger("u", "logs")],
        },
        "m1": [create(first), create(log("log")), trigger("t", "log")],
        "m2": [
            json!({"call": "alter-table", "name": "t", "changes": second}),
            alter("t", "rename-column", "c", json!({"to": "d"})),
            rename("log", "logs"),
        ],
        "m3": [rename("t", "u"), alter("u", "set-type", "b", json!({"data-type": "string(40)"}))],
    })
}

fn with(history: &Json) -> TestHost {
    let host = TestHost::new();
    host.write(PLUGIN, written(std::fs::read(component("scripted")).unwrap(), history));
    host
}

const ROWS: &str = "INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, NULL)";

/// The history's table as `target` leaves it, with rows.
fn at(target: &str) -> TestHost {
    let host = with(&history());
    host.run(&format!("upgrade {target}")).done();
    host.database().execute_batch(ROWS).unwrap();
    host
}

/// SQLite's shell stops in the script, says all of this, and changes nothing.
#[track_caller]
fn stopped(host: &TestHost, script: &str, says: &[&str]) {
    let before = host.everything();
    sqlite3(&host.path("tenon.db"), script).refused().err_has(says);
    assert_eq!(host.everything(), before);
}

#[test]
fn a_script_stops_by_itself_at_a_rule_that_does_not_hold() {
    let host = at("scripted@m1");
    host.database().execute_batch("INSERT INTO t (id) VALUES (3)").unwrap();
    stopped(&host, &printed(&host, "upgrade m1:m2 --sql"), &["column t.a takes no NULL"]);
}

#[test]
fn a_script_stops_by_itself_at_a_copy_that_fails() {
    let column = |data_type: &str| json!({"name": "a", "data_type": data_type, "nullable": true});
    // Of a CHECK over what `using` gives nothing is asked before.
    let check = json!([{"expression": "typeof(a) <> 'integer' OR a < 100"}]);
    let t = |data_type: &str| json!({"name": "t", "columns": [column(data_type)], "checks": check});
    let using = json!({"data-type": "integer", "using": "CAST(a AS INTEGER)"});
    let host =
        with(&json!({"declares": {"tables": [t("integer")]}, "m1": [create(t("text"))], "m2": [alter("t", "set-type", "a", using)]}));
    host.run("upgrade scripted@m1").done();
    host.database().execute_batch("INSERT INTO t VALUES ('1'), ('500')").unwrap();
    stopped(&host, &printed(&host, "upgrade m1:head --sql"), &["CHECK constraint failed"]);
    assert_eq!(host.column("SELECT a FROM t"), ["1", "500"]);
}

#[test]
fn what_was_made_by_hand_on_a_table_stops_a_script_that_copies_it() {
    for by_hand in [
        "ALTER TABLE t ADD COLUMN extra TEXT; UPDATE t SET extra = 'kept'",
        "CREATE INDEX extra ON t (a)",
        "CREATE TRIGGER extra AFTER UPDATE ON t BEGIN INSERT INTO logs VALUES (0); END",
        "DROP INDEX ix_t; CREATE INDEX ix_t ON t (b DESC)",
        "DROP INDEX ix_t",
        "DROP TRIGGER tr_t",
    ] {
        println!("{by_hand}");
        let host = at("scripted@m2");
        host.database().execute_batch(by_hand).unwrap();
        let script = printed(&host, "upgrade m2:m3 --sql");
        stopped(&host, &script, &["table u, its indexes and triggers are as", "`tenon drift`", "without --sql"]);
        let extra = "SELECT (SELECT count(*) FROM pragma_table_info(t.name) WHERE name = 'extra'),
                            (SELECT count(*) FROM sqlite_schema WHERE name = 'extra')
                     FROM sqlite_schema AS t WHERE type = 'table' AND name IN ('t', 'u')";
        let before = host.column(extra);
        host.run("upgrade head").done();
        assert_eq!(host.column(extra), before, "online it is kept");
    }
}

#[test]
fn a_table_of_which_more_was_stamped_than_a_revision_makes_stops_a_script_that_copies_it() {
    let texts = {
        let host = with(&history());
        host.run("upgrade scripted@m1").done();
        host.column("SELECT sql FROM sqlite_schema WHERE tbl_name IN ('t', 'log') AND sql IS NOT NULL ORDER BY type = 'table' DESC")
            .join("; ")
    };
    let stamped = |texts: &str| {
        let host = with(&history());
        Connection::open(host.path("tenon.db")).unwrap().execute_batch(&format!("{texts}; {ROWS}")).unwrap();
        host.run("stamp scripted@m1").done();
        host
    };
    let more = texts.replace("PRIMARY KEY (id)", "PRIMARY KEY (id), UNIQUE (a)");
    let host = stamped(&more);
    assert_ne!(more, texts);
    stopped(&host, &printed(&host, "upgrade m1:m2 --sql"), &["table t, its indexes and triggers are as"]);
    host.run("upgrade head").done();
    assert_eq!(host.column("SELECT count(*) FROM pragma_index_list('u') WHERE origin = 'u'"), ["1"]);
    // Who wrote it may have put other blanks, and quotes.
    let spaced = texts.replace("\n\t", " ").replace("TABLE t (", "TABLE \"t\"(").replace("ON t ", "ON \"t\"  ");
    let host = stamped(&spaced);
    assert_ne!(spaced, texts);
    sqlite3(&host.path("tenon.db"), &printed(&host, "upgrade m1:m3 --sql")).done();
    assert_eq!(host.ledger(), ["scripted@m1", "scripted@m2", "scripted@m3"]);
}

/// Runs a script with the SQLite that tenon has in it.
fn bundled(host: &TestHost, script: &str) {
    Connection::open(host.path("tenon.db")).unwrap().execute_batch(&for_another_reader(script)).unwrap();
}

#[test]
fn a_table_is_copied_whichever_way_it_came_to_be_what_it_is() {
    let run = |host: &TestHost, way: &str, range: &str, target: &str| match way {
        "online" => _ = host.run(&format!("upgrade {target}")).done(),
        "3.54" => bundled(host, &printed(host, &format!("upgrade {range} --sql --sqlite 3.54"))),
        _ => _ = sqlite3(&host.path("tenon.db"), &printed(host, &format!("upgrade {range} --sql"))).done(),
    };
    let ways = ["online", "3.54", "3.40"];
    for number in 0..18 {
        let [first, second, third] = [ways[number % 3], ways[number / 3 % 3], ways[1 + number / 9]];
        println!("{first}, then {second}, then {third}");
        let host = with(&history());
        run(&host, first, "base:scripted@m1", "scripted@m1");
        host.database().execute_batch(ROWS).unwrap();
        run(&host, second, "m1:m2", "scripted@m2");
        run(&host, third, "m2:m3", "scripted@m3");
        assert_eq!(host.column("SELECT id, a, b, d FROM u"), ["1|10|x|NULL", "2|20|NULL|NULL"]);
        assert_eq!(host.ledger(), ["scripted@m1", "scripted@m2", "scripted@m3"]);
        host.run("drift").done();
    }
}

#[test]
fn a_script_that_goes_on_from_another_revision_stops() {
    let on = |target: &str, range: &str, says: &[&str]| {
        let host = at(target);
        stopped(&host, &printed(&host, &format!("upgrade {range} --sql")), says);
        host.run("upgrade head").done();
    };
    on("scripted@m1", "m2:m3", &["scripted@m3", "scripted@m2 is applied", "`tenon current`"]);
    on("scripted@m2", "m1:m2", &["scripted@m2", "not applied", "`tenon current`"]);
    on("scripted@m2", "m1:m3", &["scripted@m2", "not applied"]);
    on("scripted@m1", "base:m1", &["tenon_bookkeeping", "`tenon current`", "FROM:TO"]);
}

#[test]
fn a_script_that_goes_on_from_somewhere_stops_where_tenon_never_was() {
    let host = with(&history());
    Connection::open(host.path("tenon.db")).unwrap().execute_batch("CREATE TABLE t (id, a, b)").unwrap();
    stopped(&host, &printed(&host, "upgrade m1:m2 --sql"), &["tenon_ledger", "base"]);
}

#[test]
fn a_script_that_needs_what_another_plugin_has_not_done_stops() {
    let host = ["shop", "billing"].iter().fold(TestHost::new(), |host, plugin| host.plugin(plugin));
    let script = printed(&host, "upgrade shop@a1b2:billing@head --sql");
    let shop = printed(&host, "upgrade shop@head --sql");
    sqlite3(&host.path("tenon.db"), &shop).done();
    sqlite3(&host.path("tenon.db"), &printed(&host, "downgrade shop@base --sql")).done();
    stopped(&host, &script, &["billing@b1c2d3e4f5a6", "shop@a1b2c3d4e5f6 is applied"]);
    // What a plugin requires is at its head before it, though it names none of its revisions.
    let host = TestHost::new().plugin("notes-2").plugin("requires-notes");
    host.run("upgrade notes@a00000000001").done();
    let script = printed(&host, "upgrade notes@a00000000002:requires-notes@head --sql");
    stopped(&host, &script, &["notes@a00000000002 is applied, requires-notes@a00000000001 is not applied yet"]);
}

#[test]
fn a_script_that_undoes_what_is_not_applied_or_still_needed_stops() {
    let host = TestHost::new().plugin("data-steps");
    host.run("upgrade data-steps@d00000000002").done();
    stopped(&host, &printed(&host, "downgrade d00000000003:d00000000002 --sql"), &["data-steps@d00000000003", "is applied"]);
    stopped(&host, &printed(&host, "downgrade d00000000001:base --sql"), &["data-steps@d00000000001", "needs it"]);
    let host = ["shop", "billing"].iter().fold(TestHost::new(), |host, plugin| host.plugin(plugin));
    host.run("upgrade head").done();
    stopped(&host, &printed(&host, "downgrade shop@a1b2:shop@base --sql"), &["shop@a1b2c3d4e5f6", "needs it"]);
    // What requires a plugin, and names none of its revisions.
    host.database().execute_batch("UPDATE tenon_ledger SET depends_on = '[]'").unwrap();
    stopped(&host, &printed(&host, "downgrade shop@a1b2:shop@base --sql"), &["shop@a1b2c3d4e5f6", "needs it"]);
    assert_eq!(rows(&host.database(), "SELECT count(*) FROM tenon_ledger"), ["3"]);
}
