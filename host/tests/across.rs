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
    json!({"order_id": order})
}

/// Shop and billing, which may read orders.
fn granted() -> TestHost {
    let host = TestHost::new().plugin("shop").plugin("billing").configured("[plugins.billing]\nreads = [\"orders\"]\n");
    host.run("upgrade head").done();
    host
}

#[test]
fn an_invoiced_order_holds_its_user_and_itself_until_the_invoice_goes() {
    let host = granted();
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
    let host = granted();
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

#[test]
fn an_invoice_gets_the_next_number_and_no_more_is_invoiced_than_was_ordered() {
    let host = granted();
    let server = host.serve();
    let (_, order) = ordered(&server);
    let asked = |body: Value| server.post("invoices", &body);

    let first = asked(json!({"order_id": order, "amount": "2.5", "due_on": "2027-01-31"})).is(201);
    assert!(first.header("location").ends_with(&format!("/api/v1/invoices/{}", first.json()["id"].as_str().unwrap())));
    let (year, number) = first.json()["number"].as_str().unwrap().split_once('-').map(|(y, n)| (y.to_owned(), n.to_owned())).unwrap();
    assert_eq!((year.len(), number.as_str(), &first.json()["amount"]), (4, "0001", &json!("2.50")));

    let too_much = asked(json!({"order_id": order, "amount": "10.01"})).problem(422, "validation-failed").json();
    assert_eq!((&too_much["errors"][0]["pointer"], &too_much["errors"][0]["code"]), (&json!("/amount"), &json!("range")));
    for (field, value) in [("number", json!("2026-7")), ("amount", json!(3)), ("order_id", json!(7))] {
        let mut body = invoice(&order);
        body[field] = value;
        let refused = asked(body).problem(422, "validation-failed").json();
        assert_eq!(refused["errors"][0]["pointer"], json!(format!("/{field}")), "{refused}");
    }
    // None of these took a number.
    let second = asked(invoice(&order)).is(201).json();
    assert_eq!((&second["number"], &second["amount"]), (&json!(format!("{year}-0002")), &json!("10.00")));
    asked(invoice(&order)).problem(409, "fully-invoiced");
    assert_eq!(host.column("SELECT year, last FROM invoice_numbers"), [format!("{year}|2")]);

    let cancelled = json!({"user_id": server.get("users").json()[0]["id"], "total_amount": 1, "status": "cancelled"});
    let cancelled = server.post("orders", &cancelled).is(201).json();
    asked(json!({"order_id": cancelled["id"]})).problem(409, "order-cancelled");
    asked(json!({"due_on": "2027-01-31"})).problem(422, "validation-failed");
}

#[test]
fn whatever_is_done_to_invoices_no_more_is_owed_than_was_ordered() {
    let host = granted();
    let server = host.serve();
    let (_, order) = ordered(&server);
    let other = server.post("orders", &json!({"user_id": server.get("users").json()[0]["id"], "total_amount": 99})).is(201).json();
    let made = server.post("invoices", &json!({"order_id": order, "amount": "2.50"})).is(201).json();
    let path = format!("invoices/{}", made["id"].as_str().unwrap());
    let patch = |body: Value| server.request("PATCH", &path, Some(&body.to_string()));

    for (field, value) in [("amount", json!("99.00")), ("order_id", other["id"].clone()), ("number", json!("2020-0001"))] {
        let mut whole = made.clone();
        whole[field] = value.clone();
        for refused in [patch(json!({ field: value })), server.put(&path, &whole)] {
            let refused = refused.problem(422, "validation-failed").json();
            let reason = &refused["errors"][0];
            assert_eq!((&reason["pointer"], &reason["code"]), (&json!(format!("/{field}")), &json!("immutable")));
        }
    }
    // What was read can be put back, and what the rule is not about can be changed.
    assert_eq!(server.put(&path, &made).is(200).json(), made);
    assert_eq!(patch(json!({"due_on": "2027-01-31", "tags": ["a"]})).is(200).json()["amount"], "2.50");

    let back = |answer: support::server::Answer| {
        let refused = answer.problem(409, "status-back").json();
        assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/status"), &json!("back")));
    };
    assert_eq!(patch(json!({"status": "paid"})).is(200).json()["status"], "paid");
    back(patch(json!({"status": "open"})));
    // A body that leaves the status out means the default.
    back(server.put(&path, &json!({"order_id": order, "amount": "2.50", "number": made["number"]})));
    assert_eq!(patch(json!({"status": "void", "due_on": null})).is(200).json()["status"], "void");
    server.post("invoices", &invoice(&order)).is(201);
    for status in ["open", "paid"] {
        back(patch(json!({ "status": status })));
    }
    patch(json!({"status": "lost"})).problem(422, "validation-failed");
    let owed = "SELECT sum(amount) FROM invoices WHERE status <> 'void'";
    assert_eq!(host.column(owed), ["12.5"]);

    server.request("PATCH", &format!("invoices/{ABSENT}"), Some("{}")).problem(404, "not-found");
    server.request("PATCH", "invoices/zz", Some("{}")).problem(400, "invalid-ulid");
    let described = server.get("/openapi.json").is(200).json();
    assert!(described["paths"]["/api/v1/invoices/{id}"]["patch"]["responses"]["409"].is_object());
}

#[test]
fn an_invoice_takes_what_it_names_and_nothing_else() {
    let host = granted();
    let server = host.serve();
    let (_, order) = ordered(&server);
    let whole = json!({"id": ABSENT.to_lowercase(), "order_id": order, "amount": "1", "due_on": null, "tags": ["a", "b"]});
    let made = server.post("invoices", &whole).is(201).json();
    assert_eq!((&made["id"], &made["tags"]), (&json!(ABSENT), &json!(["a", "b"])));
    server.post("invoices", &whole).problem(409, "conflict");
    for (field, value) in [("status", json!("paid")), ("number", json!("2020-0001")), ("created_at", json!("2020-01-01T00:00:00Z"))] {
        let mut body = invoice(&order);
        body[field] = value;
        let refused = server.post("invoices", &body).problem(422, "validation-failed").json();
        assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!(format!("/{field}")), &json!("unknown")));
    }
    let body = json!({"order_id": order, "tags": ["a", "a"]});
    assert_eq!(server.post("invoices", &body).problem(422, "validation-failed").json()["errors"][0]["pointer"], "/tags/1");
}

#[test]
fn invoices_from_before_the_counter_are_counted() {
    let host = TestHost::new().plugin("shop").plugin("billing").configured("[plugins.billing]\nreads = [\"orders\"]\n");
    host.run("upgrade billing@b1c2d3e4f5a6").done();
    let server = host.serve();
    let (_, order) = ordered(&server);
    server.stop();
    // This year's and, should it turn while the test runs, the next one's.
    let insert = "WITH this (n) AS (SELECT CAST(strftime('%Y', 'now') AS INTEGER)),
        year (n) AS (SELECT n FROM this UNION ALL SELECT n + 1 FROM this)
        INSERT INTO invoices (id, order_id, number, amount)
        SELECT printf('01J00000000000000000%06d', ?1 * 10000 + n), ?2, n || ?3, '1.00' FROM year";
    let numbers = ["-0007", "-0041", "-0009", "-041", "-99x", "-0042b", "-99999999999999999999", " 0050", "0-0060"];
    for (number, text) in numbers.iter().enumerate() {
        host.database().execute(insert, rusqlite::params![u32::try_from(number).unwrap(), order, text]).unwrap();
    }
    let before = host.everything();
    let old = "INSERT INTO invoices (id, order_id, number, amount) VALUES (?1, ?2, '2019-10000', '1.00')";
    host.database().execute(old, [ABSENT, &order]).unwrap();

    for _ in 0..2 {
        host.run("upgrade head").done();
        let counted = host.column("SELECT last FROM invoice_numbers ORDER BY year");
        assert_eq!(counted, ["10000", "41", "41"]);
        host.run("downgrade billing@b1c2d3e4f5a6").done();
    }
    host.database().execute("DELETE FROM invoices WHERE id = ?1", [ABSENT]).unwrap();
    let rows = |all: Vec<String>| all.into_iter().filter(|row| row.starts_with("invoices: ")).collect::<Vec<_>>();
    assert_eq!(rows(host.everything()), rows(before));

    host.run("upgrade head").done();
    host.database().execute("UPDATE invoices SET status = 'void'", []).unwrap();
    let server = host.serve();
    let made = server.post("invoices", &invoice(&order)).is(201).json();
    assert!(made["number"].as_str().unwrap().ends_with("-0042"), "{made}");
}

#[test]
fn the_invoices_of_an_order_stand_below_it() {
    let host = granted();
    let server = host.serve();
    let (_, order) = ordered(&server);
    let path = format!("orders/{order}/invoices");
    assert_eq!(server.get(&path).is(200).json(), json!([]));
    let made = server.post("invoices", &invoice(&order)).is(201).json();
    assert_eq!(server.get(&path).is(200).json(), json!([made]));
    assert_eq!(server.get(&format!("{path}?status=open")).is(200).json(), json!([made]));
    assert_eq!(server.get(&format!("{path}?status=paid")).is(200).json(), json!([]));
    server.get(&format!("{path}?status=lost")).problem(400, "invalid-query");
    server.get(&format!("{path}?colour=red")).problem(400, "invalid-query");
    server.get(&format!("orders/{ABSENT}/invoices")).problem(404, "not-found");

    let described = server.get("/openapi.json").is(200).json();
    let route = &described["paths"]["/api/v1/orders/{id}/invoices"]["get"];
    assert_eq!(route["summary"], json!("List the invoices of an order"));
    let names: Vec<&str> = route["parameters"].as_array().unwrap().iter().filter_map(|parameter| parameter["name"].as_str()).collect();
    assert!(names.contains(&"id") && names.contains(&"status"), "{route}");
    assert!(route["responses"]["404"].is_object(), "{route}");
}

#[test]
fn without_the_grant_no_invoice_is_made() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let server = host.serve();
    let (_, order) = ordered(&server);
    let refused = server.post("invoices", &invoice(&order));
    assert!(refused.json()["code"] == json!("not-granted"), "{}", refused.body);
    assert!(host.column("SELECT * FROM invoice_numbers").is_empty());
}
