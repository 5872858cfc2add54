//! Every way around ownership that the design names, and some that it does not.

mod made_up;

use super::Database;
use super::testing::{changed, fill, look, name, plugin, problem, rows, shop};
use crate::model::{ObjectKind, Value};
use crate::store::{BUSY_SERVE, Mode, SqlError};

/// What `by` is told when it tries to run `sql`, which must change nothing.
fn refusal(database: &mut Database, by: &str, sql: &str) -> String {
    let before = contents(database);
    let (queried, executed) = (problem(database.query_as(&plugin(by), sql, &[])), problem(database.execute_as(&plugin(by), sql, &[])));
    assert_eq!(contents(database), before, "{sql}");
    assert_eq!(queried, executed, "{sql}");
    assert!(!executed.detail.contains("swordfish") && !executed.detail.contains("hunter2"), "{executed:?}");
    format!("{} {}: {}", executed.status, executed.code, executed.detail)
}

fn contents(database: &Database) -> String {
    [
        "SELECT id || email || ifnull(pw, '') FROM users",
        "SELECT id || user_id || total FROM orders",
        "SELECT id || order_id FROM invoices",
        "SELECT id || ifnull(order_id, '') || text FROM notes",
        "SELECT word FROM secrets",
        "SELECT id FROM legacy",
        "SELECT name || plugin FROM tenon_objects",
        "SELECT name || ifnull(sql, '') FROM sqlite_schema",
    ]
    .map(|sql| look(database, sql))
    .join("\n")
}

fn assert_not_granted(sql: &str) {
    let mut database = shop();
    let told = refusal(&mut database, "billing", sql);
    assert!(told.starts_with("403 not-granted"), "{sql}\n{told}");
}

#[test]
fn whether_a_column_of_anothers_table_is_there_cannot_be_learnt() {
    let mut database = shop();
    let texts = [
        "SELECT {} FROM secrets",
        "SELECT s.{} FROM secrets s",
        "SELECT id FROM notes WHERE EXISTS (SELECT {} FROM \"Secrets\")",
        "SELECT {} FROM legacy",
        "SELECT {} FROM tenon_ledger",
        "UPDATE secrets SET {} = 1",
        "INSERT INTO secrets ({}) VALUES (1)",
        "DELETE FROM secrets WHERE {} = 1",
        "INSERT INTO notes (text) SELECT {} FROM secrets",
        "INSERT INTO invoices (order_id) SELECT {} FROM orders",
        "UPDATE notes SET text = (SELECT max({}) FROM secrets)",
    ];
    for text in texts {
        let mut say = |column: &str| problem(database.execute_as(&plugin("billing"), &text.replace("{}", column), &[]));
        let (there, not_there) = (say("id"), say("nosuch"));
        assert_eq!(there, not_there, "{text}");
        assert_eq!(there.code, "not-granted", "{text}");
    }
    let own = problem(database.query_as(&plugin("billing"), "SELECT nosuch FROM notes", &[]));
    assert_eq!((own.code.as_str(), own.detail.contains("no such column: nosuch")), ("sql", true), "{own}");
}

#[test]
fn a_plugin_works_on_its_own_tables() {
    let mut database = shop();
    assert_eq!(changed(&mut database, "billing", "INSERT INTO invoices (order_id) VALUES ('o2')"), 1);
    assert_eq!(
        rows(&mut database, "billing", "SELECT id, order_id FROM Invoices ORDER BY id"),
        r#"[{"id":1,"order_id":"o1"},{"id":2,"order_id":"o2"}]"#
    );
    assert_eq!(rows(&mut database, "billing", "UPDATE invoices SET id = 7 WHERE id = 1 RETURNING id"), r#"[{"id":7}]"#);
    assert_eq!(changed(&mut database, "billing", "DELETE FROM invoices"), 2);
    assert_eq!(rows(&mut database, "shop", "SELECT email FROM spenders ORDER BY 1"), r#"[{"email":"ann@x"},{"email":"bob@x"}]"#);
}

#[test]
fn every_way_to_read_a_foreign_table_is_refused() {
    for sql in [
        "SELECT pw FROM users",
        "SELECT 1 FROM users",
        "SELECT count(*) FROM users",
        "SELECT count(*) FROM main.users",
        "SELECT count(*) FROM \"USERS\"",
        "SELECT [uSeRs].pw FROM [uSeRs]",
        "SELECT * FROM 'users'",
        "SELECT rowid FROM users",
        "SELECT id FROM invoices WHERE EXISTS (SELECT 1 FROM users WHERE pw LIKE 'h%')",
        "SELECT (SELECT pw FROM users LIMIT 1)",
        "SELECT id FROM invoices UNION SELECT pw FROM users",
        "SELECT i.id FROM invoices i JOIN users u",
        "SELECT id FROM invoices ORDER BY (SELECT pw FROM users)",
        "WITH invoices AS (SELECT pw FROM users) SELECT * FROM invoices",
        "WITH x AS (SELECT pw FROM users) SELECT count(*) FROM x",
        "SELECT count(*) FROM (SELECT pw FROM users) AS invoices",
        "SELECT email FROM spenders",
        "SELECT count(*) FROM spenders",
        "SELECT id FROM legacy",
        "SELECT count(*) FROM legacy",
        "SELECT * FROM users, json_each(users.pw)",
        "VALUES ((SELECT pw FROM users))",
    ] {
        assert_not_granted(sql);
    }
}

#[test]
fn every_way_to_read_a_foreign_table_while_writing_an_own_one_is_refused() {
    // Foreign keys of `invoices` make SQLite read orders.id itself, so that reading alone cannot be the criterion.
    for sql in [
        "INSERT INTO invoices (order_id) SELECT id FROM orders",
        "INSERT INTO invoices (order_id) VALUES ((SELECT id FROM orders LIMIT 1))",
        "INSERT INTO invoices (order_id) SELECT 'o1' WHERE EXISTS (SELECT 1 FROM orders WHERE id = 'o2')",
        "INSERT INTO invoices (id, order_id) SELECT count(*), 'o1' FROM orders",
        "DELETE FROM invoices WHERE order_id IN (SELECT id FROM orders)",
        "DELETE FROM invoices WHERE (SELECT count(id) FROM orders) = 2",
        "UPDATE invoices SET order_id = (SELECT max(id) FROM orders)",
        "UPDATE invoices SET order_id = o.id FROM orders o",
        "UPDATE invoices SET order_id = 'o2' WHERE order_id IN (SELECT id FROM orders)",
        "INSERT INTO invoices VALUES (1, 'o1') ON CONFLICT (id) DO UPDATE SET order_id = (SELECT max(id) FROM orders)",
        "INSERT INTO invoices (order_id) VALUES ('o1') RETURNING (SELECT max(id) FROM orders)",
        "WITH o AS (SELECT id FROM orders) INSERT INTO invoices (order_id) SELECT id FROM o",
        "REPLACE INTO invoices SELECT 1, id FROM orders",
    ] {
        let mut database = shop();
        let before = contents(&database);
        let told = problem(database.query_as(&plugin("billing"), sql, &[]));
        assert_eq!((told.status, told.code.as_str()), (403, "not-granted"), "{sql}\n{told:?}");
        assert!(told.detail.contains("orders"), "{told:?}");
        assert_eq!(contents(&database), before);
    }
}

#[test]
fn the_owner_of_the_parent_cannot_read_the_children_either() {
    for sql in [
        "DELETE FROM orders WHERE id IN (SELECT order_id FROM invoices)",
        "UPDATE orders SET total = 0 WHERE id NOT IN (SELECT order_id FROM invoices)",
        "DELETE FROM orders WHERE EXISTS (SELECT 1 FROM invoices)",
    ] {
        let told = problem(shop().execute_as(&plugin("shop"), sql, &[]));
        assert_eq!((told.code.as_str(), told.detail.contains("invoices")), ("not-granted", true), "{sql}");
    }
}

#[test]
fn every_way_to_change_a_foreign_table_is_refused() {
    for sql in [
        "INSERT INTO users (id, email) VALUES ('u3', 'c@x')",
        "INSERT OR REPLACE INTO users (id, email) VALUES ('u1', 'c@x')",
        "REPLACE INTO users (id, email) VALUES ('u1', 'c@x')",
        "INSERT INTO users (id, email) VALUES ('u1', 'c@x') ON CONFLICT DO UPDATE SET pw = 'x'",
        "UPDATE users SET pw = 'x'",
        "UPDATE main.users SET pw = 'x'",
        "DELETE FROM users",
        "DELETE FROM users WHERE id = 'u1'",
        "DELETE FROM \"Users\"",
        "WITH x AS (SELECT 1) DELETE FROM users",
        "DELETE FROM secrets",
        "DELETE FROM legacy",
    ] {
        assert_not_granted(sql);
    }
}

#[test]
fn the_hosts_own_tables_and_the_schema_are_out_of_reach() {
    for sql in [
        "SELECT * FROM tenon_objects",
        "SELECT count(*) FROM tenon_ledger",
        "UPDATE tenon_objects SET plugin = 'billing'",
        "INSERT INTO tenon_objects VALUES ('users', 'table', 'users', 'billing')",
        "DELETE FROM Tenon_Ledger",
        "SELECT * FROM sqlite_schema",
        "SELECT count(*) FROM sqlite_schema",
        "SELECT count(*) FROM sqlite_master",
        "SELECT count(*) FROM SQLite_Temp_Schema",
        "SELECT sql FROM main.sqlite_master",
        "SELECT * FROM sqlite_temp_master",
        "SELECT * FROM pragma_table_info('users')",
        "SELECT count(*) FROM pragma_table_list",
        "SELECT count(*) FROM pragma_database_list",
        "SELECT count(*) FROM dbstat",
        "SELECT * FROM dbstat",
        "WITH dbstat AS (SELECT 1) SELECT count(*) FROM dbstat",
    ] {
        let mut database = shop();
        let told = problem(database.query_as(&plugin("billing"), sql, &[]));
        assert_eq!(told.code, "not-granted", "{sql}\n{told:?}");
    }
    for sql in ["UPDATE sqlite_schema SET sql = ''", "DELETE FROM sqlite_master"] {
        let told = refusal(&mut shop(), "billing", sql);
        assert!(told.contains("may not be modified"), "{told}");
    }
}

#[test]
fn no_virtual_table_of_this_sqlite_can_be_counted_as_if_it_were_a_common_table_expression() {
    let mut database = shop();
    let modules = database.all("SELECT name FROM pragma_module_list", [], |row| row.get::<_, String>(0)).unwrap();
    assert!(modules.len() > 3, "{modules:?}");
    for module in modules.iter().filter(|module| !module.starts_with("json_")) {
        // Refused, or no table without arguments.
        problem(database.query_as(&plugin("billing"), &format!("SELECT count(*) FROM \"{module}\""), &[]));
    }
}

#[test]
fn attach_pragma_transactions_and_schema_changes_are_refused() {
    for sql in [
        "ATTACH DATABASE '/tmp/x.db' AS x",
        "DETACH x",
        "PRAGMA writable_schema = 1",
        "PRAGMA foreign_keys = 0",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "CREATE TABLE billing_x (a)",
        "CREATE TEMP TABLE users (a)",
        "CREATE TRIGGER t AFTER INSERT ON invoices BEGIN DELETE FROM users; END",
        "CREATE VIEW v AS SELECT * FROM users",
        "CREATE INDEX i ON invoices (order_id)",
        "CREATE VIRTUAL TABLE f USING fts5 (a)",
        "ALTER TABLE invoices RENAME TO core_roles",
        "DROP TABLE users",
        "ANALYZE",
        "REINDEX",
        "VACUUM INTO '/tmp/x.db'",
        "EXPLAIN DELETE FROM users",
    ] {
        let told = refusal(&mut shop(), "billing", sql);
        assert!(told.starts_with("400 sql: only SELECT"), "{sql}: {told}");
    }
    let told = refusal(&mut shop(), "billing", "INSERT OR ROLLBACK INTO invoices VALUES (1, 'o1')");
    assert!(told.starts_with("400 sql: a statement cannot roll"), "{told}");
    let told = refusal(&mut shop(), "billing", "SELECT 1; DELETE FROM users");
    assert!(told.starts_with("400 sql: one statement"), "{told}");
}

#[test]
fn temporary_objects_are_out_of_reach() {
    let mut database = shop();
    database.run_script("CREATE TEMP TABLE invoices_copy (a); CREATE TEMP TABLE secrets (word)").unwrap();
    for sql in [
        "SELECT a FROM temp.invoices_copy",
        "SELECT a FROM invoices_copy",
        "SELECT count(*) FROM temp.secrets",
        "INSERT INTO temp.secrets VALUES (1)",
    ] {
        assert_eq!(problem(database.query_as(&plugin("billing"), sql, &[])).code, "not-granted", "{sql}");
    }
    let told = problem(shop().query_as(&plugin("billing"), "SELECT 1 FROM temp.invoices", &[]));
    assert_eq!(told.code, "sql");
}

#[test]
fn functions_are_those_on_the_list() {
    for call in
        ["load_extension('x')", "random()", "randomblob(4)", "sqlite_version()", "fts3_tokenizer('x')", "changes()", "last_insert_rowid()"]
    {
        let told = refusal(&mut shop(), "billing", &format!("SELECT {call}"));
        assert!(told.starts_with("403 not-granted") && told.contains("function"), "{call}: {told}");
        assert_not_granted(&format!("UPDATE invoices SET id = 5 WHERE {call}"));
    }
    let answer = rows(
        &mut shop(),
        "billing",
        "SELECT upper('a') AS a, '{\"b\":2}' ->> 'b' AS b, CURRENT_DATE > '2000' AS c, 'x' LIKE 'X' AS d, row_number() OVER () AS e",
    );
    assert_eq!(answer, r#"[{"a":"A","b":2,"c":1,"d":1,"e":1}]"#);
}

#[test]
fn json_functions_are_tables_unless_a_table_bears_their_name() {
    let mut database = shop();
    assert_eq!(rows(&mut database, "billing", "SELECT value FROM json_each('[1,2]')"), r#"[{"value":1},{"value":2}]"#);
    assert_eq!(rows(&mut database, "billing", "SELECT count(*) AS n FROM json_tree('[1,2]')"), r#"[{"n":3}]"#);
    database.run("CREATE TABLE json_each (value)").unwrap();
    assert_eq!(problem(database.query_as(&plugin("billing"), "SELECT value FROM json_each", &[])).code, "not-granted");
    // Not even a plugin can own one: the name is reserved. Only raw SQL makes such a table.
    assert_eq!(problem(database.query_as(&plugin("billing"), "SELECT count(*) FROM json_each", &[])).code, "not-granted");
}

#[test]
fn common_table_expressions_can_be_counted() {
    let mut database = shop();
    assert_eq!(rows(&mut database, "billing", "WITH x AS (SELECT id FROM invoices) SELECT count(*) AS n FROM x"), r#"[{"n":1}]"#);
    let recursive = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) AS s FROM n";
    assert_eq!(rows(&mut database, "billing", recursive), r#"[{"s":6}]"#);
}

#[test]
fn a_statement_prepared_for_one_plugin_is_never_handed_to_another() {
    let mut database = shop();
    for sql in ["SELECT pw FROM users", "DELETE FROM users WHERE id = 'nobody'", "/*shop*/ SELECT pw FROM users"] {
        database.execute_as(&plugin("shop"), sql, &[]).unwrap();
        database.execute_as(&plugin("shop"), sql, &[]).unwrap();
        assert_eq!(problem(database.execute_as(&plugin("billing"), sql, &[])).code, "not-granted", "{sql}");
        assert_eq!(problem(database.execute_as(&plugin("billing"), sql, &[])).code, "not-granted", "{sql}");
        database.execute_as(&plugin("shop"), sql, &[]).unwrap();
    }
    // Nor is the host's own.
    let select = crate::model::query::Count { table: name("secrets"), conditions: vec![] };
    database.count(&select).unwrap();
    assert_eq!(problem(database.query_as(&plugin("billing"), "SELECT count(*) FROM \"secrets\"", &[])).code, "not-granted");
}

#[test]
fn foreign_keys_are_enforced_and_act_both_ways() {
    let mut database = shop();
    // Up: billing may refer to an order that it cannot read.
    let broken = problem(database.execute_as(&plugin("billing"), "INSERT INTO invoices (order_id) VALUES ('nothing')", &[]));
    assert_eq!((broken.status, broken.code.as_str()), (409, "constraint"));
    assert_eq!(broken.members, [("constraint".to_owned(), Value::Text("foreign-key".into()))]);
    assert_eq!(changed(&mut database, "billing", "INSERT INTO notes (id, order_id, text) VALUES (2, 'o2', 'mine')"), 1);
    // Down: what shop deletes goes on to billing's tables as their keys say, two tables away.
    assert_eq!(changed(&mut database, "shop", "DELETE FROM users WHERE id = 'u1'"), 1);
    assert_eq!(look(&database, "SELECT count(*) FROM invoices"), "Integer(0)");
    assert_eq!(look(&database, "SELECT order_id FROM notes ORDER BY id"), "Null Text(\"o2\")");
    assert_eq!(changed(&mut database, "shop", "UPDATE users SET id = 'u9' WHERE id = 'u2'"), 1);
    assert_eq!(look(&database, "SELECT user_id FROM orders"), "Text(\"u9\")");
}

#[test]
fn a_trigger_of_the_plugins_own_works_in_its_scope_and_no_further() {
    let mut database = shop();
    database.run_script("CREATE TRIGGER good AFTER INSERT ON invoices BEGIN UPDATE notes SET text = 'seen'; END").unwrap();
    let footprint = database.footprint_as(&plugin("billing"), "INSERT INTO invoices (order_id) VALUES ('o2')").unwrap();
    assert!(footprint.others.contains(&name("notes")));
    assert_eq!(changed(&mut database, "billing", "INSERT INTO invoices (order_id) VALUES ('o2')"), 1);
    database.run_script("CREATE TRIGGER bad AFTER INSERT ON invoices BEGIN DELETE FROM secrets; END").unwrap();
    let told = problem(database.execute_as(&plugin("billing"), "INSERT INTO invoices (order_id) VALUES ('o2')", &[]));
    assert_eq!(told.code, "not-granted");
    assert!(!told.detail.contains("secrets"), "{told:?}");
}

#[test]
fn a_grant_lets_read_and_nothing_else() {
    let mut database = shop();
    assert_not_granted("SELECT email FROM users");
    database.grant_reads(&plugin("billing"), [name("Users")]);
    assert_eq!(rows(&mut database, "billing", "SELECT pw FROM users WHERE id = 'u1'"), r#"[{"pw":"hunter2"}]"#);
    let told = refusal(&mut database, "billing", "UPDATE users SET pw = 'x'");
    assert!(told.contains("can only be read"), "{told}");
    assert_eq!(problem(database.query_as(&plugin("core"), "SELECT pw FROM users", &[])).code, "not-granted");
    // A granted view needs what lies under it, too: its name could be borrowed by a common table expression.
    database.grant_reads(&plugin("billing"), [name("spenders")]);
    assert_eq!(problem(database.query_as(&plugin("billing"), "SELECT email FROM spenders", &[])).code, "not-granted");
    let forged = "WITH spenders AS (SELECT word FROM secrets) SELECT word FROM spenders";
    assert_eq!(problem(database.query_as(&plugin("billing"), forged, &[])).code, "not-granted");
    database.grant_reads(&plugin("billing"), [name("spenders"), name("users"), name("orders")]);
    assert_eq!(rows(&mut database, "billing", "SELECT count(*) AS n FROM spenders"), r#"[{"n":2}]"#);
    // What was granted can be taken away, also from a statement in the cache.
    database.grant_reads(&plugin("billing"), []);
    assert_eq!(problem(database.query_as(&plugin("billing"), "SELECT pw FROM users WHERE id = 'u1'", &[])).code, "not-granted");
}

#[test]
fn a_new_owner_is_obeyed_at_once_and_a_rollback_takes_it_back() {
    let mut database = shop();
    let sql = "SELECT word FROM secrets";
    assert_eq!(rows(&mut database, "core", sql), r#"[{"word":"swordfish"}]"#);
    database.begin_write().unwrap();
    database.disown(&name("secrets")).unwrap();
    database.own(&plugin("billing"), ObjectKind::Table, &name("secrets"), &name("secrets")).unwrap();
    assert_eq!(rows(&mut database, "billing", sql), r#"[{"word":"swordfish"}]"#);
    assert_eq!(problem(database.query_as(&plugin("core"), sql, &[])).code, "not-granted");
    database.rollback().unwrap();
    assert_eq!(rows(&mut database, "core", sql), r#"[{"word":"swordfish"}]"#);
    assert_eq!(problem(database.query_as(&plugin("billing"), sql, &[])).code, "not-granted");
}

#[test]
fn what_a_savepoint_took_back_is_not_remembered_as_decided() {
    let mut database = shop();
    database.begin_write().unwrap();
    database.savepoint().unwrap();
    database.disown(&name("secrets")).unwrap();
    database.own(&plugin("billing"), ObjectKind::Table, &name("secrets"), &name("secrets")).unwrap();
    assert_eq!(changed(&mut database, "billing", "UPDATE secrets SET word = 'x'"), 1);
    database.rollback_to_savepoint().unwrap();
    assert_eq!(problem(database.execute_as(&plugin("billing"), "UPDATE secrets SET word = 'x'", &[])).code, "not-granted");
    database.commit().unwrap();
    assert_eq!(look(&database, "SELECT word FROM secrets"), "Text(\"swordfish\")");
}

#[test]
fn a_statement_that_is_recompiled_inside_a_step_is_decided_on_anew() {
    // Another connection swaps the table behind a name that a cached, decided statement uses.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut server = Database::open(&path, Mode::ReadWrite, BUSY_SERVE).unwrap();
    fill(&mut server);
    server.run("CREATE VIEW mine AS SELECT id FROM invoices").unwrap();
    server.own(&plugin("billing"), ObjectKind::View, &name("mine"), &name("mine")).unwrap();
    let sql = "SELECT * FROM mine";
    assert_eq!(rows(&mut server, "billing", sql), r#"[{"id":1}]"#);
    assert_eq!(rows(&mut server, "billing", sql), r#"[{"id":1}]"#);

    let mut other = Database::open(&path, Mode::ReadWrite, BUSY_SERVE).unwrap();
    other.run_script("DROP VIEW mine; CREATE VIEW mine AS SELECT word FROM secrets").unwrap();
    assert_eq!(problem(server.query_as(&plugin("billing"), sql, &[])).code, "not-granted");

    other.run_script("DROP VIEW mine; CREATE VIEW mine AS SELECT id, order_id FROM invoices").unwrap();
    assert_eq!(rows(&mut server, "billing", sql), r#"[{"id":1,"order_id":"o1"}]"#);
}

#[test]
fn a_write_that_is_recompiled_inside_a_step_is_decided_on_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut server = Database::open(&path, Mode::ReadWrite, BUSY_SERVE).unwrap();
    fill(&mut server);
    let sql = "UPDATE invoices SET id = id + 100 WHERE id IN (SELECT id FROM mine)";
    server.run("CREATE TABLE mine (id)").unwrap();
    server.own(&plugin("billing"), ObjectKind::Table, &name("mine"), &name("mine")).unwrap();
    assert_eq!(changed(&mut server, "billing", sql), 0);
    let mut other = Database::open(&path, Mode::ReadWrite, BUSY_SERVE).unwrap();
    other.run_script("DROP TABLE mine; CREATE VIEW mine AS SELECT rowid AS id FROM orders").unwrap();
    assert_eq!(problem(server.execute_as(&plugin("billing"), sql, &[])).code, "not-granted");
    assert_eq!(look(&server, "SELECT id FROM invoices"), "Integer(1)");
}

#[test]
fn statements_with_foreign_keys_do_not_expire_each_other_for_ever() {
    // Deciding on a write with foreign keys expires all statements of the connection; deciding again must not, or two such statements
    // that take turns would be compiled three times for every run.
    let mut database = shop();
    let texts = [
        "UPDATE invoices SET order_id = 'o2'",
        "INSERT INTO invoices (order_id) VALUES ('o1')",
        "INSERT INTO notes (order_id, text) VALUES ('o1', 'x')",
    ];
    for _ in 0..2 {
        for sql in texts {
            changed(&mut database, "billing", sql);
        }
    }
    let before = database.switched.get();
    for _ in 0..5 {
        for sql in texts {
            changed(&mut database, "billing", sql);
        }
    }
    assert_eq!(database.switched.get(), before);
    assert_eq!(before, 3);
}

#[test]
fn foreign_keys_are_enforced_again_after_every_decision() {
    let mut database = shop();
    database.begin_write().unwrap();
    problem(database.execute_as(&plugin("billing"), "INSERT INTO invoices (order_id) SELECT id FROM orders", &[]));
    let before = database.switched.get();
    assert!(before > 0);
    assert!(database.run("INSERT INTO invoices (order_id) VALUES ('nothing')").is_err());
    changed(&mut database, "shop", "DELETE FROM orders WHERE id = 'o1'");
    assert_eq!(look(&database, "SELECT count(*) FROM invoices"), "Integer(0)");
    database.commit().unwrap();
}
