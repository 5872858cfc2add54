//! Whatever a plugin does, its neighbours work: after every step of a hostile plugin, taken or refused, the shop is upgraded, serves,
//! renames, deletes and is undone.
//!
//! The guests are in `guests/README.md`. That each step of theirs is refused in words is one half; this file asks the other.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value, json};
use support::TestHost;
use support::server::Server;

/// Those that go for what is not theirs, or for what all share. Each can lie beside the shop.
const HOSTILE: [&str; 9] = [
    "hides-pragma",
    "squats-on-table",
    "leaves-view",
    "leaves-view-of-view",
    "leaves-foreign-key",
    "refers-to-no-key",
    "drops-needed-index",
    "meddler",
    "undeclared-cascade",
];

/// Rows of the shop's are made, changed, listed and deleted, with those that hang on them.
fn shop_serves(server: &Server) {
    let user = server.post("users", &json!({"email": "ann@example.org", "name": "Ann"})).is(201).json();
    let id = user["id"].as_str().unwrap();
    server.post("orders", &json!({"user_id": id})).is(201);
    server.put(&format!("users/{id}"), &json!({"email": "ann@example.org", "name": "Anne"})).is(200);
    server.get("users?page=1&size=10").is(200);
    server.delete(&format!("users/{id}")).is(204);
    assert_eq!(server.get("orders").is(200).body, "[]");
}

/// All that the shop can be asked for, from base to base.
fn shop_works(host: &TestHost) {
    host.run("upgrade shop@head").done();
    host.run("downgrade shop@b00000000002").done();
    host.run("downgrade shop@-1").done();
    host.run("upgrade shop@head").done();
    shop_serves(&host.serve());
    host.run("downgrade shop@base --cascade").done();
    assert!(!host.tables().iter().any(|table| ["users", "orders", "people"].contains(&table.as_str())));
}

#[test]
fn the_shop_works_after_every_step_of_a_hostile_neighbour() {
    for guest in HOSTILE {
        let host = TestHost::new().plugin("innocent-shop").plugin(guest);
        for revision in host.revisions(guest) {
            let said = host.run(&format!("upgrade {guest}@{revision}"));
            assert!(matches!(said.code, Some(0 | 1)), "{guest}@{revision}");
            assert!(!said.err.contains("panicked"), "{guest}@{revision}");
            shop_works(&host);
            if said.err.contains("nothing can be done with plugin") {
                // As a whole: whichever revision is asked for.
                break;
            }
        }
        let said = host.run(&format!("downgrade {guest}@base"));
        assert!(matches!(said.code, Some(0 | 1)), "{guest}");
        assert!(host.tables().is_empty(), "{guest}");
    }
}

#[test]
fn a_hostile_step_beside_the_running_shop_stops_nothing_of_it() {
    for guest in HOSTILE.into_iter().filter(|guest| *guest != "meddler") {
        let host = TestHost::new().plugin("innocent-shop").plugin(guest);
        host.run("upgrade shop@head").done();
        let server = host.serve();
        for revision in host.revisions(guest) {
            host.run(&format!("upgrade {guest}@{revision}"));
            shop_serves(&server);
        }
        host.run("downgrade shop@-1").done();
        host.run("upgrade shop@head --allow-destructive").done();
    }
}

#[test]
fn a_table_cannot_hide_what_the_database_answers_with() {
    let host = TestHost::new().plugin("hides-pragma").plugin("innocent-shop");
    let said = host.run("upgrade hides-pragma@head").refused();
    for name in host.revisions("hides-pragma").iter().filter(|id| *id != "start") {
        let of_it = said.err.split(&format!("hides-pragma@{name} cannot be replayed")).nth(1).unwrap();
        let reason = of_it.split("hides-pragma@").next().unwrap();
        let expected = if name.starts_with("pragma") { "is reserved" } else { "cannot name a table" };
        assert!(reason.contains(expected), "{name}: {reason}");
    }
    // The operator can, by hand.
    host.run("upgrade shop@head").done();
    let taken = ["table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list", "module_list"];
    for pragma in taken {
        host.database().execute_batch(&format!("CREATE TABLE pragma_{pragma} (name, strict)")).unwrap();
    }
    shop_serves(&host.serve());
    host.run("downgrade shop@base").done();
    shop_works(&host);
}

#[test]
fn a_table_that_is_not_the_plugins_is_not_served_in_its_name() {
    let host = TestHost::new().plugin("squats-on-table");
    host.run("upgrade head").done();
    // By hand: the one table is nobody's now, the other is gone.
    host.database()
        .execute_batch(
            "DELETE FROM tenon_objects WHERE name = 'payroll'; DROP TABLE promised;
             INSERT INTO payroll (id, salary) VALUES ('01J0000000000000000000000A', 'secret')",
        )
        .unwrap();
    let server = host.serve();
    for path in ["payroll", "promised"] {
        let refused = server.get(path).problem(503, "plugin-not-ready");
        assert!(refused.body.contains(&format!("table {path} is not plugin squats-on-table's own")), "{refused:?}");
    }
    server.delete("payroll/01J0000000000000000000000A").problem(503, "plugin-not-ready");
    assert_eq!(host.column("SELECT salary FROM payroll"), ["secret"]);
    assert_eq!(server.get("/health").is(200).json()["plugins"]["squats-on-table"]["state"], "degraded");
    let listed = host.run("plugins list").done();
    assert!(listed.out.contains("does NOT serve /api/v1/payroll: table payroll is not plugin squats-on-table's own"), "{}", listed.out);
    let listed: Value = serde_json::from_str(&host.run("plugins list --json").done().out).unwrap();
    assert_eq!(listed["plugins"][0]["not_served"][0]["path"], "payroll");
}

#[test]
fn a_table_that_loses_its_owner_is_served_no_more() {
    let host = TestHost::new().plugin("innocent-shop");
    host.run("upgrade head").done();
    let server = host.serve();
    server.get("users").is(200);
    // By hand, behind everybody's back: the ledger says that nothing happened.
    host.database().execute_batch("DROP TABLE orders; CREATE VIEW orders AS SELECT * FROM users").unwrap();
    server.until("orders", 503);
    server.get("users").is(200);
    host.run("plugins list").done();
}

#[test]
fn what_refers_to_a_table_does_not_outlive_it() {
    let host = TestHost::new();
    for (guest, revision, parts) in [
        ("leaves-view", "a00000000001", ["view spy of plugin leaves-view", "no such table: main.users"]),
        ("leaves-view-of-view", "a00000000001", ["view upper of plugin leaves-view-of-view", "no such table: main.lower"]),
        ("leaves-foreign-key", "dropped", ["table leech", "no such table: main.users"]),
        ("leaves-foreign-key", "declared", ["table waits", "no such table: main.promised"]),
    ] {
        host.add(guest);
        host.run(&format!("upgrade {guest}@{revision}")).refused().err_has(&[guest, revision, "does not hold together"]).err_has(&parts);
    }
    assert!(!host.path("tenon.db").exists(), "nothing was done");
}

#[test]
fn a_foreign_key_fits_the_table_that_it_points_to_or_is_refused() {
    let host = TestHost::new().plugin("refers-to-no-key").plugin("drops-needed-index").plugin("shop");
    let parts = ["refers-to-no-key@a00000000001", "foreign key mismatch", "blocker", "users", "unique"];
    host.run("upgrade refers-to-no-key@head").refused().err_has(&parts);
    let parts = ["drops-needed-index@a00000000002", "table countries", "foreign key mismatch"];
    host.run("upgrade drops-needed-index@a00000000002").refused().err_has(&parts);
    assert!(!host.path("tenon.db").exists(), "nothing was done");
}
