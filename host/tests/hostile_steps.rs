//! What a plugin tries by the operations of its revisions, beside a neighbour: each is refused, and nothing has changed. Handlers are in
//! `hostile.rs`, the SQL that stands in operations in `hostile_texts.rs`, and what only costs time and memory in `costly_steps.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value as Json, json};
use support::steps::{
    all_refused_by, alter, attempted, beside_keeper, create, drop, execute, key, only_live, query, refused, rename, table, trigger, view,
    written,
};
use support::{TestHost, component, everything};

fn scripted() -> Vec<u8> {
    std::fs::read(component("scripted")).unwrap()
}

#[track_caller]
fn all_refused(cases: &[(Json, &str, &str)]) {
    all_refused_by(scripted(), cases);
}

#[test]
fn what_is_anothers_is_not_touched_by_any_operation() {
    let nobody = "table accounts is owned by plugin keeper; plugin scripted cannot";
    let index = |table: &str, name: &str| json!({"call": "create-index", "name": name, "table": table, "terms": ["id"]});
    let named = |call: Json, name: &str| {
        let mut call = call;
        call["name"] = name.into();
        call
    };
    all_refused(&[
        (drop("table", "accounts"), "not-owner", nobody),
        (
            json!({"call": "drop-table", "name": "entries", "options": {"detach": true}}),
            "not-owner",
            "table entries is owned by plugin keeper",
        ),
        (drop("index", "ix_accounts"), "not-owner", "index ix_accounts is owned by plugin keeper"),
        (drop("view", "totals"), "not-owner", "view totals is owned by plugin keeper"),
        (drop("trigger", "tr_accounts"), "not-owner", "trigger tr_accounts is owned by plugin keeper"),
        (rename("accounts", "taken"), "not-owner", nobody),
        (rename("mine", "accounts"), "not-owner", nobody),
        (rename("mine", "ACCOUNTS"), "not-owner", nobody),
        (rename("mine", "totals"), "not-owner", "view totals is owned by plugin keeper"),
        (rename("mine", "ix_accounts"), "not-owner", "index ix_accounts is owned by plugin keeper"),
        (rename("mine", "tr_accounts"), "not-owner", "trigger tr_accounts is owned by plugin keeper"),
        (create(table("Accounts")), "not-owner", nobody),
        (create(table("totals")), "not-owner", "view totals"),
        (named(view("SELECT 1 AS x"), "accounts"), "not-owner", nobody),
        (named(trigger("mine", "after", "insert", "DELETE FROM kids"), "entries"), "not-owner", "table entries"),
        (named(trigger("mine", "after", "insert", "DELETE FROM kids"), "tr_accounts"), "not-owner", "trigger tr_accounts"),
        (trigger("accounts", "before", "delete", "DELETE FROM kids"), "not-owner", nobody),
        (trigger("totals", "instead-of", "delete", "DELETE FROM kids"), "not-owner", "view totals"),
        (index("accounts", "ix_fresh"), "not-owner", nobody),
        (index("mine", "accounts"), "not-owner", nobody),
        (index("mine", "IX_ACCOUNTS"), "not-owner", "index ix_accounts"),
        (json!({"call": "insert-rows", "table": "accounts", "rows": [{"id": 9, "name": "x"}]}), "not-owner", nobody),
        (json!({"call": "insert-rows", "table": "totals", "rows": [{"n": 9}]}), "not-owner", "view totals"),
        (json!({"call": "alter-table", "name": "accounts", "changes": [], "options": {"rebuild": true}}), "not-owner", nobody),
        (alter("accounts", "add-column", "spy", json!({"data-type": "text", "nullable": true})), "not-owner", nobody),
        (alter("accounts", "drop-column", "balance", json!({})), "not-owner", nobody),
        (alter("accounts", "rename-column", "balance", json!({"to": "b"})), "not-owner", nobody),
        (alter("accounts", "set-type", "balance", json!({"data-type": "text", "using": "'0'"})), "not-owner", nobody),
        (alter("accounts", "set-nullable", "balance", json!({"nullable": false, "backfill": 0})), "not-owner", nobody),
        (alter("accounts", "set-default", "balance", json!({"default": 1})), "not-owner", nobody),
        (alter("accounts", "add-check", "", json!({"expression": "0"})), "not-owner", nobody),
        (alter("accounts", "add-unique", "", json!({"columns": ["balance"]})), "not-owner", nobody),
        (alter("accounts", "drop-constraint", "uq_accounts", json!({})), "not-owner", nobody),
        (alter("accounts", "set-primary-key", "", json!({"columns": ["name"]})), "not-owner", nobody),
        (alter("totals", "rename-column", "n", json!({"to": "m"})), "not-owner", "view totals"),
        (execute("DELETE FROM accounts"), "not-granted", "accounts"),
        (execute("UPDATE entries SET account = 2"), "not-granted", "entries"),
        (execute("INSERT OR REPLACE INTO audit VALUES (1, 'x')"), "not-granted", "audit"),
        (execute("UPDATE mine SET a = (SELECT balance FROM accounts)"), "not-granted", "accounts"),
        (query("SELECT * FROM totals"), "not-granted", "totals"),
        (query("DELETE FROM audit RETURNING what"), "not-granted", "audit"),
    ]);
}

#[test]
fn a_foreign_key_reaches_nobody_who_was_not_asked() {
    let add = |target: &str, column: &str, action: &str| {
        let attributes =
            json!({"columns": ["a"], "target-table": target, "target-columns": [column], "on-delete": action, "on-update": "cascade"});
        alter("mine", "add-foreign-key", "", attributes)
    };
    let with_key = |target: &str, action: &str| {
        let mut table = table("refers");
        table["foreign_keys"] = json!([key("id", target, action)]);
        create(table)
    };
    let why = "table accounts is owned by plugin keeper, which plugin scripted does not require";
    all_refused(&[
        (add("accounts", "id", "cascade"), "not-granted", why),
        (add("ACCOUNTS", "id", "set-null"), "not-granted", "is owned by plugin keeper"),
        (add("accounts", "name", "restrict"), "not-granted", why),
        (add("totals", "n", "no-action"), "invalid-operation", "totals is a view, not a table"),
        (add("not_there", "id", "cascade"), "missing", "there is no table not_there"),
        (add("tenon_ledger", "seq", "cascade"), "invalid-operation", "reserved"),
        (add("sqlite_schema", "rowid", "cascade"), "invalid-operation", "reserved"),
        (with_key("accounts", "cascade"), "not-granted", why),
        (with_key("entries", "set-null"), "not-granted", "table entries is owned by plugin keeper"),
    ]);
}

/// Every place of an operation where a name is made, or meant.
fn named(name: &str) -> Vec<Json> {
    let mut column = table("fresh");
    column["columns"][0]["name"] = name.into();
    let mut constraint = table("fresh");
    constraint["checks"] = json!([{"name": name, "expression": "1"}]);
    vec![
        create(table(name)),
        create(column),
        create(constraint),
        rename("mine", name),
        alter("mine", "rename-column", "a", json!({"to": name})),
        alter("mine", "add-column", name, json!({"data-type": "text", "nullable": true})),
        alter("mine", "add-foreign-key", "", json!({"columns": ["a"], "target-table": name, "target-columns": ["id"]})),
        alter(name, "drop-column", "a", json!({})),
        json!({"call": "create-index", "name": name, "table": "mine", "terms": ["a"]}),
        json!({"call": "create-view", "name": name, "query": "SELECT 1 AS x"}),
        json!({"call": "create-trigger", "name": name, "table": "mine", "timing": "after", "event": "insert", "body": ["DELETE FROM kids"]}),
        json!({"call": "touches", "table": name}),
        json!({"call": "insert-rows", "table": name, "rows": [{"id": 1}]}),
    ]
}

#[test]
fn a_name_is_a_name() {
    let odd = ["a\"b", "a'b", "a`b", "[a]", "a\0b", "a\nb", "a\u{1b}[2J", "a\u{202e}b", "a\u{200b}b", " a", ""];
    let mut cases: Vec<(Json, &str, &str)> = Vec::new();
    for (says, names) in [("cannot name a table, column or index", &odd[..]), ("10000 bytes long", &["%{n*10000}%"])] {
        cases.extend(names.iter().flat_map(|name| named(name)).map(|call| (call, "invalid-operation", says)));
    }
    all_refused(&cases);
}

/// A name that only looks like another's is a name of its own, and a word of SQL's is one too.
#[test]
fn a_name_that_looks_like_anothers_is_another() {
    for name in
        ["\u{430}ccounts", "acc\u{43e}unts", "accounts\u{301}", "select", "ROLLBACK", "x; DROP TABLE accounts", "-- accounts", "x) --"]
    {
        let calls = [
            create(table(name)),
            json!({"call": "insert-rows", "table": name, "rows": [{"id": 1}]}),
            rename(name, "in_between"),
            rename("in_between", name),
            drop("table", name),
        ];
        for (call, (code, detail)) in calls.iter().zip(attempted(scripted(), calls.to_vec())) {
            assert_eq!((code.as_str(), detail.as_str()), ("", ""), "{call}");
        }
    }
}

#[test]
fn names_of_the_host_and_of_sqlite_are_taken() {
    let mut cases = Vec::new();
    for taken in ["tenon_ledger", "TENON_x", "sqlite_schema", "SQLite_stat1", "pragma_table_info", "json_each", "tenon_rebuild", "pg_class"]
    {
        cases.push((create(table(taken)), "invalid-operation", "is reserved"));
        cases.push((rename("mine", taken), "invalid-operation", "is reserved"));
        cases.push((drop("table", taken), "invalid-operation", "is reserved"));
        cases.push((json!({"call": "create-index", "name": taken, "table": "mine", "terms": ["a"]}), "invalid-operation", "is reserved"));
        cases.push((alter("mine", "rename-column", "a", json!({"to": taken})), "invalid-operation", "is reserved"));
        cases.push((alter(taken, "rename-column", "a", json!({"to": "b"})), "invalid-operation", "is reserved"));
        cases.push((json!({"call": "insert-rows", "table": taken, "rows": [{"id": 1}]}), "invalid-operation", "is reserved"));
        cases.push((json!({"call": "touches", "table": taken}), "invalid-operation", "is reserved"));
    }
    for taken in ["main", "temp", "dbstat", "fts5"] {
        cases.push((create(table(taken)), "invalid-operation", "has something of that name itself"));
        cases.push((rename("mine", taken), "invalid-operation", "has something of that name itself"));
    }
    all_refused(&cases);
}

/// A table of the keeper's refers to `mine`, and follows it.
#[test]
fn the_rows_of_others_that_follow_are_named_first() {
    let goes = "would also change rows of leaner (1 row before, 0 after: 1 deleted); name each with `touches` before";
    let follows = "would also change rows of leaner (1 row before and after: 1 updated); name each with `touches` before";
    let fails =
        "would also change rows of leaner; name each with `touches` before (how many rows, cannot be told, for the statement fails: ";
    all_refused(&[
        (execute("DELETE FROM mine WHERE id = 2"), "footprint", goes),
        (execute("UPDATE mine SET id = id + 10 WHERE id = 2"), "footprint", follows),
        // Its child in `kids` is in the way.
        (execute("UPDATE mine SET id = id + 10"), "footprint", fails),
        (execute("INSERT OR REPLACE INTO mine (id) VALUES (2)"), "footprint", goes),
        (query("DELETE FROM mine WHERE id = 2 RETURNING id"), "footprint", goes),
        (drop("table", "mine"), "in-use", "kids (mine): 1 rows; leaner (mine): 1 rows"),
        (
            alter("mine", "set-type", "id", json!({"data-type": "integer", "using": "id + 100"})),
            "constraint",
            "1 row of table kids would refer to no row of table mine",
        ),
    ]);
    let fires = || trigger("live", "after", "insert", "DELETE FROM mine WHERE id = 2");
    let through_view = || {
        let over = json!({"call": "create-view", "name": "over", "query": "SELECT id FROM mine"});
        let instead = json!({"call": "create-trigger", "name": "tr_over", "table": "over", "timing": "instead-of", "event": "delete", "body": ["DELETE FROM mine WHERE id = old.id"]});
        [over, instead]
    };
    let follow = "leaner (1 row before, 0 after: 1 deleted), mine (2 rows before, 1 after: 1 deleted); name each with `touches` before";
    for (calls, says) in [
        (vec![fires(), execute("INSERT INTO live VALUES (2)")], follow),
        (vec![fires(), json!({"call": "insert-rows", "table": "live", "rows": [{"x": 2}]})], follow),
        ([&through_view()[..], &[execute("DELETE FROM over")]].concat(), "leaner"),
        (vec![alter("mine", "drop-column", "id", json!({}))], "a foreign key must lead to a table that is there"),
        (vec![alter("mine", "set-primary-key", "", json!({"columns": []}))], "a foreign key must lead to a table that is there"),
        (
            vec![json!({"call": "drop-table", "name": "mine", "options": {"detach": true}})],
            "leaner (mine) of plugin keeper; those tables must go first",
        ),
    ] {
        let host = beside_keeper(scripted(), &only_live(calls));
        refused(&host).err_has(&[says]);
    }
}

/// What a rebuild drops and puts in its place has nobody follow.
#[test]
fn a_rebuild_takes_nobody_along() {
    let call = json!({"call": "alter-table", "name": "mine", "changes": [{"kind": "set-type", "name": "a", "attributes": {"data-type": "text"}}], "options": {"rebuild": true}});
    let host = beside_keeper(scripted(), &only_live(vec![call]));
    let rows = || ["leaner", "kids", "mine"].map(|table| host.column(&format!("SELECT * FROM {table} ORDER BY 1")));
    let before = rows();
    host.run("upgrade scripted@m2").done();
    assert_eq!(rows(), before);
    assert!(host.column("PRAGMA foreign_key_check").is_empty());
}

/// Rows of others that refer to a table stay; so it cannot be gone, and cannot become one that does not have what they refer to.
#[test]
fn a_table_is_not_taken_from_under_the_rows_of_others() {
    let taken = || json!({"call": "drop-table", "name": "mine", "options": {"detach": true}});
    let rows =
        |ids: &[i64]| json!({"call": "insert-rows", "table": "mine", "rows": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()});
    for (calls, says) in [
        (vec![taken(), create(table("mine"))], "1 row of table kids would refer to no row of table mine"),
        (vec![taken(), create(table("mine")), rows(&[1])], "1 row of table leaner would refer to no row of table mine"),
        (vec![taken(), create(table("other")), rename("other", "mine")], "1 row of table kids would refer to no row of table mine"),
    ] {
        let host = beside_keeper(scripted(), &only_live(calls));
        refused(&host).err_has(&[says]);
    }
    let host = beside_keeper(scripted(), &only_live(vec![taken(), create(table("mine")), rows(&[1, 2])]));
    host.run("upgrade scripted@m2 --allow-destructive").done();
    assert!(host.column("PRAGMA foreign_key_check").is_empty());
}

/// A name that the step made and gave away is no licence to drop what it gives the name to.
#[test]
fn a_table_with_rows_is_not_dropped_under_a_name_that_the_step_made() {
    for (calls, dropped) in [
        (vec![drop("table", "outcomes")], "outcomes"),
        (vec![create(table("x")), rename("x", "y"), rename("outcomes", "x"), drop("table", "x")], "x"),
        (vec![create(table("x")), drop("table", "x"), rename("outcomes", "x"), drop("table", "x")], "x"),
    ] {
        let host = beside_keeper(scripted(), &only_live(calls));
        let before = everything(&host.database());
        host.run("upgrade scripted@m2").refused().err_has(&[&format!("this would drop table {dropped}"), "--allow-destructive"]);
        assert_eq!(everything(&host.database()), before);
    }
    let made = vec![create(table("x")), rename("x", "y"), drop("table", "y")];
    beside_keeper(scripted(), &only_live(made)).run("upgrade scripted@m2").done();
}

/// What a step would do to rows that it did not name is told in numbers: also where a table has as many rows as before.
#[test]
fn what_a_step_would_do_to_rows_that_it_did_not_name_is_counted() {
    let child = |name: &str, on_delete: &str| {
        let column = |name: &str| json!({"name": name, "data_type": "integer", "nullable": name != "id"});
        let keys = json!([key("mine", "mine", on_delete)]);
        json!({"name": name, "columns": [column("id"), column("mine")], "primary_key": ["id"], "foreign_keys": keys})
    };
    let live = json!({"name": "live", "columns": [{"name": "x", "data_type": "integer", "nullable": true}]});
    let tables = [table("mine"), child("goes", "cascade"), child("loses", "set-null"), table("kept"), live];
    let made: Vec<Json> = tables.iter().cloned().map(create).collect();
    let begun = |calls: Vec<Json>| {
        let host = TestHost::new();
        let script = json!({"declares": {"tables": tables}, "m1": made, "m2": only_live(calls)});
        host.write("plugins/scripted.wasm", written(scripted(), &script));
        host.run("upgrade scripted@m1").done();
        let rows = "INSERT INTO live VALUES (1); INSERT INTO mine VALUES (1), (2);
            INSERT INTO goes VALUES (1, 2), (2, 2), (3, 1); INSERT INTO loses VALUES (1, 2), (2, 1)";
        host.database().execute_batch(rows).unwrap();
        host
    };
    let touches = |table: &str| json!({"call": "touches", "table": table});
    let delete = || execute("DELETE FROM mine WHERE id = 2");
    let keep = trigger("mine", "after", "delete", "INSERT INTO kept VALUES (old.id)");
    let renumber = trigger("mine", "after", "insert", "UPDATE loses SET id = id + 10");
    let insert = json!({"call": "insert-rows", "table": "mine", "rows": [{"id": 3}, {"id": 4}]});
    for (calls, says) in [
        (
            vec![delete()],
            "changing mine would also change rows of goes (3 rows before, 1 after: 2 deleted), loses (2 rows before and after: 1 updated); \
             name each with `touches` before",
        ),
        (
            vec![touches("goes"), query("DELETE FROM mine WHERE id = 2 RETURNING id")],
            "changing mine would also change rows of loses (2 rows before and after: 1 updated); name each with `touches` before",
        ),
        (
            vec![keep, touches("goes"), touches("loses"), delete()],
            "changing mine would also change rows of kept (0 rows before, 1 after: 1 inserted); name each with `touches` before",
        ),
        (
            vec![renumber, insert],
            "changing mine would also change rows of loses (2 rows before and after: 2 updated); name each with `touches` before; counted for \
             the first row",
        ),
        (
            vec![execute("DELETE FROM mine WHERE id = 7")],
            "changing mine would also change rows of goes (3 rows before and after: none changed), loses (2 rows before and after: none changed)",
        ),
    ] {
        let said = refused(&begun(calls));
        assert!(said.err.contains("upgrade of scripted@m2") && said.err.contains(says), "{says}\n{}", said.err);
    }
}

/// Counting takes as long as the statement, which has an end; what was found without counting is told then.
#[test]
fn a_step_that_would_change_other_rows_without_end_is_told_so_too() {
    let endless = "DELETE FROM mine WHERE id IN (WITH RECURSIVE n(i) AS (VALUES (9) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)";
    let host = beside_keeper(scripted(), &only_live(vec![json!({"call": "attempt", "calls": [execute(endless)]})]));
    host.write("tenon.toml", "[limits]\nstatement-time-ms = 2000\n");
    refused(&host)
        .err_has(&["would also change rows of leaner; name each with `touches` before (how many rows, cannot be told: one of its \
                              statements ran for more than 2000 ms (limit `statement-time-ms`))"]);
}

#[test]
fn a_plugin_with_a_prefix_stays_behind_it() {
    let view = json!({"call": "create-view", "name": "keeper_x", "query": "SELECT 1 AS x"});
    for call in [create(table("keeper_x")), rename("mine", "keeper_x"), view] {
        let host = beside_keeper(scripted(), &only_live(vec![call]));
        host.write("tenon.toml", "[plugins.scripted]\nprefix = \"scripted_\"\n");
        refused(&host).err_has(&["keeper_x cannot be made: the names of plugin scripted must begin with scripted_"]);
    }
}

/// Otherwise nothing would be shown by what it still has.
#[test]
fn the_keeper_has_what_it_says_and_can_undo_it() {
    let host = TestHost::new().plugin("keeper");
    host.run("upgrade head").done();
    let kept = || ["accounts", "entries", "audit", "totals"].map(|table| host.column(&format!("SELECT count(*) FROM {table}")));
    assert_eq!(kept().concat(), ["2", "3", "0", "1"]);
    host.run("downgrade base").done();
    assert_eq!(host.tables(), Vec::<String>::new());
    host.run("upgrade head").done();
    assert_eq!(kept().concat(), ["2", "3", "0", "1"]);
}
