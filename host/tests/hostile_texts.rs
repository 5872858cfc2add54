//! SQL that a plugin writes into its operations: wherever it stands, it stays there, and reads and calls what the plugin may.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value as Json, json};
use support::component;
use support::steps::{all_refused_by, alter, attempted, beside_keeper, create, execute, index, only_live, query, table, trigger, view};

fn scripted() -> Vec<u8> {
    std::fs::read(component("scripted")).unwrap()
}

#[track_caller]
fn all_refused(cases: &[(Json, &str, &str)]) {
    all_refused_by(scripted(), cases);
}

/// Every place of an operation where a plugin writes SQL that the host puts into a statement of its own.
fn places(sql: &str) -> Vec<Json> {
    let with = |what: &str, value: Json| {
        let mut table = table("fresh");
        table[what] = value;
        create(table)
    };
    let column = |attributes: Json| {
        let mut table = table("fresh");
        table["columns"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "x", "data_type": "text", "nullable": true, "attributes": attributes}));
        create(table)
    };
    let added = |attributes: Json| {
        let mut attributes = attributes;
        attributes["data-type"] = "text".into();
        attributes["nullable"] = true.into();
        alter("mine", "add-column", "x", attributes)
    };
    let mut conditional = trigger("mine", "before", "update", "DELETE FROM kids");
    conditional["attributes"] = json!({"condition": sql});
    vec![
        with("checks", json!([{"name": null, "expression": sql}])),
        column(json!({"default-expression": sql})),
        column(json!({"generated": sql})),
        added(json!({"default-expression": sql})),
        added(json!({"generated": sql})),
        added(json!({"generated": sql, "stored": true})),
        alter("mine", "add-check", "", json!({"expression": sql})),
        json!({"call": "alter-table", "name": "mine", "changes": [
            {"kind": "add-column", "name": "x", "attributes": {"data-type": "text", "nullable": true}},
            {"kind": "add-check", "name": "", "attributes": {"expression": sql}},
        ]}),
        alter("mine", "set-default", "a", json!({"default-expression": sql})),
        alter("mine", "set-type", "a", json!({"data-type": "text", "using": sql})),
        alter("mine", "set-nullable", "a", json!({"nullable": false, "backfill-expression": sql})),
        index(&["a"], Some(sql)),
        index(&[&format!("({sql})")], None),
        conditional,
    ]
}

#[test]
fn an_expression_stays_where_it_was_put() {
    let mut cases = Vec::new();
    for (sql, says) in [
        ("1; DROP TABLE accounts", "`;`"),
        ("1) , x TEXT, (1", ""),
        ("1)); DROP TABLE accounts; --", ""),
        ("1 -- x", "comment"),
        ("1 /* x */", "comment"),
        ("'", "never closed"),
        ("1 || \"", "never closed"),
        ("a = ?1", "parameters"),
        ("1\0", "control character"),
        ("", ""),
    ] {
        cases.extend(places(sql).into_iter().map(|call| (call, "invalid-operation", says)));
    }
    all_refused(&cases);
}

#[test]
fn an_expression_reads_and_calls_what_its_plugin_may() {
    for sql in [
        "(SELECT max(balance) FROM accounts)",
        "EXISTS (SELECT 1 FROM totals)",
        "(SELECT count(*) FROM tenon_ledger)",
        "(SELECT sql FROM sqlite_schema)",
        "load_extension('/tmp/x')",
        "writefile('/tmp/x', 'y')",
        "randomblob(1000000000)",
        "json_patch('{}', '{}')",
        "sqlite_compileoption_get(1)",
        "RAISE(ROLLBACK, 'no')",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM accounts, c)",
        "%{1+*20000}%1",
        "%{(*10000}%1%{)*10000}%",
        "%{abs(*200}%1%{)*200}%",
        "a LIKE '%{x*1000000}%'",
        "a IN (%{1,*200000}%1)",
    ] {
        let calls = places(sql);
        for (call, (code, detail)) in calls.iter().zip(attempted(scripted(), calls.clone())) {
            assert!(!code.is_empty(), "{call} got through");
            assert!(detail.len() < 600 && !detail.contains(sql), "{call}: {detail}");
        }
    }
}

#[test]
fn a_view_is_one_query_of_what_its_plugin_may_read() {
    let granted = "not-granted";
    all_refused(&[
        (view("SELECT name FROM accounts"), granted, "accounts"),
        (view("SELECT n FROM totals"), granted, "totals"),
        (view("SELECT a FROM mine UNION SELECT balance FROM accounts"), granted, "accounts"),
        (view("SELECT (SELECT max(balance) FROM accounts) AS x FROM mine"), granted, "accounts"),
        (view("WITH mine AS (SELECT name FROM accounts) SELECT name FROM mine"), granted, "accounts"),
        (view("SELECT * FROM mine, main.\"ACCOUNTS\""), granted, "accounts"),
        (view("SELECT * FROM temp.accounts"), granted, "accounts"),
        (view("SELECT sql FROM sqlite_schema"), granted, ""),
        (view("SELECT seq FROM sqlite_sequence"), "sql", "no such table"),
        (view("SELECT * FROM tenon_ledger"), granted, "tenon_ledger"),
        (view("SELECT name FROM pragma_table_info('accounts')"), granted, ""),
        (view("SELECT * FROM spy"), "sql", "no such table"),
        (view("SELECT load_extension('x') AS x"), granted, "load_extension()"),
        (view("SELECT random() AS x"), granted, "random()"),
        (view("DELETE FROM accounts RETURNING id"), "invalid-operation", "one SELECT"),
        (view("WITH x AS (SELECT 1) DELETE FROM mine"), "invalid-operation", "one SELECT"),
        (view("SELECT 1; DROP TABLE accounts"), "invalid-operation", "`;`"),
        (view("SELECT 1 -- "), "invalid-operation", "comment"),
        (view("PRAGMA foreign_keys = OFF"), "invalid-operation", "one SELECT"),
        (view("SELECT ?"), "invalid-operation", "parameters"),
        (view("SELECT a AS x FROM mine %{UNION SELECT a FROM mine *60}%"), "sql", "too many terms in compound SELECT"),
        (view("SELECT %{a, *300}%a FROM mine"), "sql", "too many columns"),
        (view("SELECT m.a FROM mine AS m %{, mine*64}%"), "sql", "at most 64 tables"),
    ]);
}

#[test]
fn a_trigger_does_what_its_plugin_may() {
    let body = |sql: &str| trigger("mine", "after", "update", sql);
    let when = |condition: &str| {
        let mut call = body("DELETE FROM live");
        call["attributes"] = json!({"condition": condition});
        call
    };
    let granted = "not-granted";
    all_refused(&[
        (body("DELETE FROM accounts"), granted, "a table that is neither"),
        (body("UPDATE entries SET account = 2"), granted, "a table that is neither"),
        (body("INSERT INTO audit VALUES (1, 'x')"), granted, "a table that is neither"),
        (body("REPLACE INTO main.accounts VALUES (1, 'x', 1)"), "refused", "qualified table names are not allowed"),
        (body("INSERT INTO totals VALUES (1, 1)"), granted, "a table that is neither"),
        (body("INSERT INTO kids (id) SELECT id FROM accounts"), granted, "a table that is neither"),
        (body("SELECT max(balance) FROM accounts"), granted, "a table that is neither"),
        (body("UPDATE mine SET a = accounts.balance FROM accounts"), granted, "a table that is neither"),
        (body("DELETE FROM tenon_ledger"), granted, "a table that is neither"),
        (body("UPDATE sqlite_schema SET sql = NULL"), "sql", "may not be modified"),
        (body("SELECT RAISE(ROLLBACK, 'no')"), "invalid-operation", "ROLLBACK"),
        (body("INSERT OR ROLLBACK INTO kids (id) VALUES (1)"), "invalid-operation", "ROLLBACK"),
        (body("INSERT INTO kids (id) VALUES (1) ON CONFLICT ROLLBACK"), "invalid-operation", "ROLLBACK"),
        (body("DELETE FROM live; DROP TABLE accounts"), "invalid-operation", "one statement"),
        (body("DELETE FROM live; END; DROP TABLE accounts; --"), "invalid-operation", "one statement"),
        (body("DROP TABLE accounts"), "invalid-operation", "only SELECT"),
        (body("PRAGMA foreign_keys = OFF"), "invalid-operation", "only SELECT"),
        (body("ATTACH 'x' AS y"), "invalid-operation", "only SELECT"),
        (body("COMMIT"), "invalid-operation", "only SELECT"),
        (body("WITH x AS (SELECT 1) DELETE FROM accounts"), "invalid-operation", "a trigger's body"),
        (body("DELETE FROM live WHERE x = ?"), "invalid-operation", "parameters"),
        (body("DELETE FROM live WHERE x = '"), "invalid-operation", "never closed"),
        (body("SELECT load_extension('x')"), granted, "load_extension()"),
        (body("SELECT nobody FROM mine"), "sql", "no such column"),
        (when("(SELECT max(balance) FROM accounts) > 1"), granted, "a table that is neither"),
        (when("RAISE(ROLLBACK, 'no')"), "invalid-operation", "ROLLBACK"),
        (when("1 BEGIN DELETE FROM accounts; END"), "invalid-operation", "`;`"),
        (when("load_extension('x')"), granted, "load_extension()"),
    ]);
}

#[test]
fn a_statement_is_one_of_data_and_of_its_plugins() {
    let mut cases = Vec::new();
    for sql in [
        "PRAGMA foreign_keys = OFF",
        "ATTACH 'x' AS y",
        "DETACH main",
        "VACUUM",
        "BEGIN",
        "COMMIT",
        "END",
        "SAVEPOINT x",
        "RELEASE tenon_0",
        "ROLLBACK",
        "ROLLBACK TO tenon_0",
        "REINDEX",
        "ANALYZE",
        "DROP TABLE accounts",
        "ALTER TABLE accounts RENAME TO mine2",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE accounts (x)",
        "CREATE VIRTUAL TABLE x USING fts5(y)",
        "EXPLAIN SELECT 1",
    ] {
        cases.extend([execute(sql), query(sql)].map(|call| (call, "sql", "only SELECT, INSERT")));
    }
    for sql in ["DELETE FROM live; DROP TABLE accounts", "SELECT 1; COMMIT"] {
        cases.extend([execute(sql), query(sql)].map(|call| (call, "sql", "one statement at a time")));
    }
    for sql in
        ["INSERT OR ROLLBACK INTO live VALUES (1)", "INSERT INTO live VALUES (1) ON CONFLICT ROLLBACK", "SELECT RAISE(ROLLBACK, 'no')"]
    {
        cases.extend([execute(sql), query(sql)].map(|call| (call, "sql", "cannot roll the transaction back")));
    }
    for sql in [
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "SELECT randomblob(1000000000)",
        "SELECT fts3_tokenizer('x')",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM dbstat",
        "SELECT * FROM tenon_objects",
        "UPDATE tenon_objects SET plugin = 'scripted'",
        "SELECT * FROM json_each((SELECT name FROM accounts))",
    ] {
        let code = if sql.contains("writefile") { "sql" } else { "not-granted" };
        cases.extend([execute(sql), query(sql)].map(|call| (call, code, "")));
    }
    for (sql, says) in [
        ("SELECT %{1+*20000}%1 AS x", "tree is too large"),
        ("SELECT %{(*20000}%1%{)*20000}% AS x", "Recursion limit"),
        ("SELECT %{abs(*200}%1%{)*200}% AS x", "tree is too large"),
    ] {
        cases.push((query(sql), "sql", says));
    }
    cases.push((query("SELECT '%{x*100000}%' AS x"), "too-large", "at most 65536"));
    cases.push((query("SELECT b LIKE replace(hex(zeroblob(30000)), '0', '%') AS x FROM mine"), "sql", "pattern too complex"));
    all_refused(&cases);
}

/// Words that are neither expressions nor names.
#[test]
fn a_type_a_collation_and_a_place_are_no_sql() {
    let collated = |collate: &str| {
        let mut table = table("fresh");
        table["columns"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "x", "data_type": "text", "nullable": true, "attributes": {"collate": collate}}));
        create(table)
    };
    let mut calls = Vec::new();
    for bad in [
        "text; DROP TABLE accounts",
        "text) , (x text",
        "string(9) CHECK (0)",
        "enum()",
        "string(99999999999999999999)",
        "%{text*10000}%",
        "text\0",
    ] {
        calls.push(alter("mine", "set-type", "a", json!({"data-type": bad})));
        calls.push(alter("mine", "add-column", "x", json!({"data-type": bad, "nullable": true})));
    }
    for bad in ["NOCASE; DROP TABLE accounts", "NOCASE) , (x", "\" NOCASE", "nobody", "%{n*10000}%"] {
        calls.push(collated(bad));
        calls.push(index(&[&format!("a COLLATE {bad}")], None));
    }
    for bad in ["after a; DROP TABLE accounts", "before a", "after a\"", "last -- "] {
        calls.push(alter("mine", "add-column", "x", json!({"data-type": "text", "nullable": true, "position": bad})));
    }
    for (call, (code, detail)) in calls.iter().zip(attempted(scripted(), calls.clone())) {
        println!("{call}\n   {code}: {detail}");
        assert!(["invalid-operation", "missing", "refused", "sql"].contains(&code.as_str()), "{call}: {code}: {detail}");
    }
}

/// What looks like SQL in a value is a value.
#[test]
fn a_value_is_a_value() {
    let odd = "'); DROP TABLE accounts; -- \" ` ] \u{1b} \u{202e} /* ";
    let calls = vec![
        alter("mine", "add-column", "x", json!({"data-type": "text", "nullable": true, "default": odd})),
        alter("mine", "set-default", "b", json!({"default": odd})),
        alter("mine", "set-nullable", "a", json!({"nullable": false, "backfill": odd})),
        json!({"call": "insert-rows", "table": "mine", "rows": [{"id": 3, "a": 1, "x": format!("{odd}\0")}]}),
    ];
    let host = beside_keeper(scripted(), &only_live(calls));
    let accounts = host.column("SELECT * FROM accounts");
    host.run("upgrade scripted@m2").done();
    assert_eq!(host.column("SELECT * FROM accounts"), accounts);
    let row = |id: i64, a: &str, b: &str, end: &str| format!("{id}|{a}|{b}|{odd}{end}");
    assert_eq!(
        host.column("SELECT id, a, b, x FROM mine ORDER BY id"),
        [row(1, "10", "x", ""), row(2, odd, "y", ""), row(3, "1", odd, "\0")]
    );
}

/// What ALTER TABLE finds of the rows by itself is the plugin's to hear, too: of a computed column nothing is asked before.
#[test]
fn a_rule_that_rows_break_is_no_fault_of_the_database() {
    let call = |column: Json| {
        let check = json!({"kind": "add-check", "name": "some_x", "attributes": {"expression": "x IS NOT NULL"}});
        json!({"call": "alter-table", "name": "mine", "changes": [{"kind": "add-column", "name": "x", "attributes": column}, check]})
    };
    let (plain, computed) =
        (json!({"data-type": "text", "nullable": true}), json!({"data-type": "integer", "nullable": true, "generated": "a"}));
    all_refused(&[(call(plain), "constraint", "2 rows would break that"), (call(computed), "refused", "constraint failed")]);
}
