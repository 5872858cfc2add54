//! One line of log for each request, for people and for programs.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value, json};
use support::TestHost;

const ABSENT: &str = "01J0000000000000000000000A";

#[test]
fn one_line_says_what_happened() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    server.post("users", &json!({"email": "a@b.c", "name": "A"})).is(201);
    server.get(&format!("users/{ABSENT}")).problem(404, "not-found");
    server.get("/nowhere").problem(404, "not-found");
    server.get("users/$stats").is(200);
    // A table that somebody else changed.
    host.database().execute("ALTER TABLE users RENAME COLUMN name TO title", []).unwrap();
    let fault = server.get("users").problem(500, "internal");
    let logged = server.stop().logged();
    let logged = logged.requests();

    let fields = |line: &Value, names: &[&str]| names.iter().map(|name| line["fields"][name].clone()).collect::<Vec<_>>();
    let said: Vec<Vec<Value>> = logged.iter().map(|line| fields(line, &["method", "path", "plugin", "operation", "status"])).collect();
    let expected = [
        json!(["POST", "/api/v1/users", "shop", "users.create", 201]),
        json!(["GET", "/api/v1/users/{id}", "shop", "users.get", 404]),
        json!(["GET", "/nowhere", null, null, 404]),
        json!(["GET", "/api/v1/users/$stats", "shop", "users.stats", 200]),
        json!(["GET", "/api/v1/users", "shop", "users.list", 500]),
    ];
    assert_eq!(json!(said), json!(expected));
    assert!(logged.iter().all(|line| line["fields"]["micros"].is_u64() && line["timestamp"].is_string()), "{logged:?}");
    let levels: Vec<&Value> = logged.iter().map(|line| &line["level"]).collect();
    assert_eq!(levels, ["INFO", "INFO", "INFO", "INFO", "ERROR"]);
    // The client is told an id, the log the reason.
    assert_eq!(logged[4]["fields"]["request_id"], fault.header("x-request-id"));
    assert!(logged[4]["fields"]["reason"].as_str().unwrap().contains("no such column"), "{}", logged[4]);
}

#[test]
fn lines_for_people_are_one_line_each() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve();
    server.get("users").is(200);
    let err = server.stop().err;
    let line = err.lines().find(|line| line.contains("operation=\"users.list\"")).unwrap_or_else(|| panic!("{err}"));
    for part in ["INFO", "method=GET", "path=\"/api/v1/users\"", "plugin=\"shop\"", "status=200", "micros=", "request_id=\""] {
        assert!(line.contains(part), "{part}: {line}");
    }
}
