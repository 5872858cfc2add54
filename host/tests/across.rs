//! Rows of one plugin that refer to another's: the database holds them together over HTTP, and each plugin's own rules stay its own.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value, json};
use support::TestHost;
use support::server::Server;

const ABSENT: &str = "01J0000000000000000000000A";

/// A user with one order; their ids.
fn ordered(server: &Server) -> (String, String) {
    let id = |row: Value| row["id"].as_str().unwrap().to_owned();
    let user = id(server.post("users", &json!({"email": "ann@example.org", "name": "Ann"})).is(201).json());
    let order = id(server.post("orders", &json!({"user_id": user, "total_amount": 12.5})).is(201).json());
    (user, order)
}

fn invoice(order: &str) -> Value {
    json!({"order_id": order, "number": "2026-1", "amount": "12.50"})
}

#[test]
fn an_invoiced_order_holds_its_user_and_itself_until_the_invoice_goes() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let server = host.serve();
    let (user, order) = ordered(&server);

    let refused = server.post("invoices", &invoice(ABSENT)).problem(409, "conflict").json();
    assert_eq!((&refused["constraint"], &refused["errors"][0]["pointer"]), (&json!("foreign_key"), &json!("/order_id")));
    let made = server.post("invoices", &invoice(&order)).is(201).json();
    assert_eq!((&made["amount"], &made["status"], &made["due_on"]), (&json!("12.50"), &json!("open"), &Value::Null));

    for held in [format!("orders/{order}"), format!("users/{user}")] {
        let refused = server.delete(&held).problem(409, "conflict");
        assert_eq!(refused.json()["constraint"], "foreign_key", "{held}");
        server.get(&held).is(200);
    }

    server.delete(&format!("invoices/{}", made["id"].as_str().unwrap())).is(204);
    server.delete(&format!("users/{user}")).is(204);
    server.get(&format!("orders/{order}")).problem(404, "not-found");
}

#[test]
fn rows_of_a_plugin_that_left_still_hold_what_they_refer_to() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let server = host.serve();
    let (_, order) = ordered(&server);
    server.post("invoices", &invoice(&order)).is(201);
    server.stop();

    std::fs::remove_file(host.path("plugins/billing.wasm")).unwrap();
    let server = host.serve();
    server.get("invoices").problem(404, "not-found");
    server.delete(&format!("orders/{order}")).problem(409, "conflict");
    server.stop();

    host.run("downgrade billing@base").done();
    let server = host.serve();
    server.delete(&format!("orders/{order}")).is(204);
}
