//! The seed's own databases.

use serde_json::{Value as Json, json};

use super::support::seed::{ROWS, SEEDS, at, recorded};
use super::support::{SHOP, TestHost};
use super::{ADOPT, ANN, BOB, ORDER, custom_migrations, made, theirs};

const CHAPKITS: &str = "chapkit@4d869b5fb06e";

/// Rows of the tables that chapkit brings; an artifact's data is what Python's pickle writes.
const MORE_ROWS: &str = "
    INSERT INTO configs (name, data, id) VALUES ('prod', '{\"a\": 1}', '01J0000000000000000000000D');
    INSERT INTO artifacts (data, level, id) VALUES (x'8004950a000000000000007d948c0161944b01732e', 0, '01J0000000000000000000000E');
    INSERT INTO config_artifacts VALUES ('01J0000000000000000000000D', '01J0000000000000000000000E');
    INSERT INTO tasks (command, id) VALUES ('true', '01J0000000000000000000000F');";

/// A database of the seed's second option: one history made all six tables.
fn option_one(host: &TestHost, versions: &[&str]) {
    made(host, &(recorded("option1.json") + &at(versions) + ROWS + MORE_ROWS));
}

#[test]
fn the_seeds_database_is_taken_over_with_every_row() {
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    let before = theirs(&host);
    host.run(ADOPT).done().silent().err_has(&[
        "alembic_version says a1b2c3d4e5f6.",
        "shop@a1b2c3d4e5f6 is there: the version names it, and the tables are what it leaves.",
        "Taken over: table orders, table users, index ix_orders_user_id, index ix_users_email.",
        "The table alembic_version stays as it is",
    ]);
    assert_eq!(theirs(&host), before);
    assert_eq!(host.ledger(), [SHOP]);
    assert_eq!(host.run("current").done().out, format!("{SHOP} (head)\n"));
    host.run("upgrade head").done().err_has(&["Nothing to do."]);
    host.run("check").done();
    host.run("drift").done();
    assert_eq!(theirs(&host), before);

    host.run("downgrade -1").done();
    assert_eq!(host.tables(), ["alembic_version"], "which is nobody's");
    host.run("upgrade head").done();
    host.run("drift").done();
    assert_eq!(host.column("SELECT count(*) FROM users"), ["0"]);
}

#[test]
fn a_plugin_of_which_nothing_is_there_stays_pending() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    custom_migrations(&host);
    let before = theirs(&host);
    host.run(ADOPT).done().err_has(&["shop@a1b2c3d4e5f6 is there", "chapkit: nothing of it is there, it stays pending."]);
    assert_eq!((theirs(&host), host.ledger()), (before, vec![SHOP.to_owned()]));
    host.run("check").refused();
    host.run("upgrade head").done().err_has(&["Running upgrade  -> chapkit@4d869b5fb06e"]);
    host.run("check").done();
    host.run("drift").done();
    let whole = TestHost::new();
    option_one(&whole, &[SEEDS]);
    assert_eq!(host.tables(), whole.tables());
    assert_eq!(host.column("SELECT name FROM users ORDER BY name"), ["Ann", "Bob"]);
}

#[test]
fn tables_of_one_history_are_those_of_two_plugins() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    // The one row there is names the shop's.
    option_one(&host, &[SEEDS]);
    let before = theirs(&host);
    host.run(ADOPT).done().err_has(&[
        "shop@a1b2c3d4e5f6 is there: the version names it, and the tables are what it leaves.",
        "chapkit@4d869b5fb06e is there: the tables are what it leaves.",
    ]);
    assert_eq!((theirs(&host), host.ledger()), (before.clone(), vec![CHAPKITS.to_owned(), SHOP.to_owned()]));
    for command in ["check", "drift", "verify"] {
        host.run(command).done();
    }
    host.run("upgrade head").done().err_has(&["Nothing to do."]);
    assert_eq!(theirs(&host), before);
    host.run("downgrade shop@base").done();
    assert_eq!(host.tables(), ["alembic_version", "artifacts", "config_artifacts", "configs", "tasks"]);
    host.run("downgrade base").done();
    assert_eq!(host.tables(), ["alembic_version"]);
}

#[test]
fn of_several_rows_each_names_its_plugins_revision() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    option_one(&host, &[SEEDS, "4d869b5fb06e"]);
    let said = host.run(ADOPT).done().err_has(&["alembic_version says 4d869b5fb06e, a1b2c3d4e5f6."]);
    assert_eq!(said.err.matches("the version names it").count(), 2);
    host.run("check").done();
}

#[test]
fn of_all_tables_a_plugin_takes_its_own_and_no_others() {
    let host = TestHost::new().plugin("chapkit");
    option_one(&host, &["4d869b5fb06e"]);
    host.run(ADOPT).done();
    assert_eq!(host.column("SELECT name FROM tenon_objects WHERE kind = 'table' ORDER BY name").len(), 4);
    assert_eq!(host.ledger(), [CHAPKITS]);
    host.run("downgrade base").done();
    assert_eq!(host.tables(), ["alembic_version", "orders", "users"]);
}

/// A table of nobody's, a view of the shop's rows, and what a copy of Alembic's that was broken off leaves behind.
const BESIDE: &str = "
    CREATE TABLE _alembic_tmp_users (id VARCHAR(26) NOT NULL, phone VARCHAR);
    CREATE TABLE invoices (number INTEGER PRIMARY KEY AUTOINCREMENT, order_id VARCHAR(26) REFERENCES orders (id), \"odd \"\"name\" TEXT);
    INSERT INTO invoices (order_id) VALUES ('01J0000000000000000000000C');
    CREATE INDEX ix_invoices ON invoices (order_id);
    CREATE TRIGGER users AFTER INSERT ON invoices BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE words USING fts5(word);
    CREATE VIEW active AS SELECT * FROM users WHERE is_active;
    ANALYZE;";

#[test]
fn what_is_nobodys_means_nothing_and_stays_nobodys() {
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    made(&host, BESIDE);
    let before = theirs(&host);
    host.run(ADOPT).done();
    assert_eq!(theirs(&host), before);
    assert_eq!(
        host.column("SELECT kind || ' ' || name FROM tenon_objects ORDER BY 1"),
        ["index ix_orders_user_id", "index ix_users_email", "table orders", "table users"]
    );
    host.run("drift").done();
}

#[test]
fn what_a_service_with_a_write_ahead_log_left_is_taken_over() {
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    let service = host.database();
    service
        .execute_batch("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; UPDATE users SET name = 'Anna' WHERE name = 'Ann'")
        .unwrap();
    host.run(ADOPT).done();
    assert_eq!(host.column("SELECT name FROM users ORDER BY name"), ["Anna", "Bob"]);
    host.run("drift").done();
}

#[test]
fn facts_are_json_when_asked_for() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    custom_migrations(&host);
    let said: Json = serde_json::from_str(&host.run(&format!("{ADOPT} --json")).done().out).unwrap();
    let expected = json!({
        "versions": [SEEDS],
        "unknown": [],
        "matched": [{"revisions": [SHOP], "named": true, "same": []}],
        "absent": ["chapkit"],
        "mismatched": [],
        "owned": ["table orders", "table users", "index ix_orders_user_id", "index ix_users_email"],
        "refused": [],
    });
    assert_eq!(said, expected);
}

#[test]
fn adopted_rows_are_served() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    option_one(&host, &[SEEDS]);
    host.run(ADOPT).done();
    let server = host.serve();
    let users = server.get("users").is(200).json();
    let ann = json!({
        "id": ANN, "created_at": "2026-11-22T08:09:32.000Z", "updated_at": "2026-11-22T08:09:33.000Z", "tags": ["vip"],
        "email": "ann@example.org", "name": "Ann", "is_active": true,
    });
    assert_eq!((&users[0], &users[1]["is_active"]), (&ann, &json!(false)));
    assert_eq!(server.get(&format!("orders/{ORDER}")).is(200).json()["total_amount"], 12.5);
    server.post("orders", &json!({"user_id": BOB, "total_amount": 1})).is(201);
    server.post("users", &json!({"email": "ann@example.org", "name": "Ann"})).problem(409, "conflict");
    server.delete(&format!("users/{ANN}")).is(204);
    server.get(&format!("orders/{ORDER}")).problem(404, "not-found");
    assert_eq!(server.get("configs").is(200).json()[0]["data"], json!({"a": 1}));
    assert_eq!(server.get("tasks").is(200).json()[0]["task_type"], "shell");
    // A pickle is no JSON, and nothing runs it.
    assert!(server.get("artifacts").is(200).json()[0]["data"].is_string());
}
