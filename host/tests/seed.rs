//! What the seed answers wrongly or by chance, answered right: every row of its table of errors, and every rule in which this service is
//! deliberately otherwise.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value, json};
use support::TestHost;
use support::server::Server;

const ABSENT: &str = "01J0000000000000000000000A";

fn everything() -> TestHost {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    host.run("upgrade head").done();
    host
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

fn ann(server: &Server) -> Value {
    server.post("users", &json!({"email": "ann@example.org", "name": "Ann"})).is(201).json()
}

/// Where and why, of every reason.
fn reasons(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = |error: &Value| text(error.get("pointer").unwrap_or(&error["parameter"]));
    problem["errors"].as_array().into_iter().flatten().map(|error| (place(error), text(&error["code"]))).collect()
}

#[test]
fn what_another_row_has_is_a_conflict_that_names_the_rule() {
    let host = everything();
    let server = host.serve();
    let (first, second) = (ann(&server), server.post("users", &json!({"email": "bob@example.org", "name": "Bob"})).is(201).json());
    let again = server.post("users", &json!({"email": "ann@example.org", "name": "Other"})).problem(409, "conflict").json();
    assert_eq!((&again["constraint"], &again["title"]), (&json!("unique"), &json!("Resource Conflict")));
    assert_eq!(reasons(&again), [("/email".to_owned(), "unique".to_owned())]);
    let put = server.put(&format!("users/{}", id(&second)), &json!({"email": "ann@example.org", "name": "Bob"})).problem(409, "conflict");
    assert_eq!(put.json()["constraint"], "unique");

    // A POST never changes a row that is there.
    let taken = server.post("users", &json!({"id": first["id"], "email": "new@example.org", "name": "New"})).problem(409, "conflict");
    assert_eq!(taken.json()["constraint"], "unique");
    assert_eq!(server.get(&format!("users/{}", id(&first))).is(200).json(), first);

    let lost = server.post("orders", &json!({"user_id": ABSENT, "total_amount": 1.0})).problem(409, "conflict").json();
    assert_eq!((&lost["constraint"], reasons(&lost)), (&json!("foreign_key"), vec![("/user_id".to_owned(), "foreign-key".to_owned())]));
}

#[test]
fn bodies_are_strict_and_every_mistake_is_said_at_once() {
    let host = everything();
    let server = host.serve();
    let wrong = json!({"name": 5, "is_active": "yes", "admin": true, "tags": ["x y", "a", "a"]});
    let refused = server.post("users", &wrong).problem(422, "validation-failed").json();
    let expected = [
        ("/name", "type"),
        ("/is_active", "type"),
        ("/admin", "unknown"),
        ("/tags/0", "format"),
        ("/tags/2", "duplicate"),
        ("/email", "required"),
    ];
    assert_eq!(reasons(&refused), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    for is_active in [json!("yes"), json!(1), json!(2), json!("maybe"), json!(null)] {
        let body = json!({"email": "a@b.c", "name": "A", "is_active": is_active});
        assert_eq!(reasons(&server.post("users", &body).problem(422, "validation-failed").json())[0].0, "/is_active", "{is_active}");
    }
    let user = id(&ann(&server));
    for amount in [json!("12.50"), json!(true), json!(null)] {
        let body = json!({"user_id": user, "total_amount": amount});
        assert_eq!(reasons(&server.post("orders", &body).problem(422, "validation-failed").json())[0].0, "/total_amount", "{amount}");
    }
    assert_eq!(server.post("orders", &json!({"user_id": user, "total_amount": -12.5})).is(201).json()["total_amount"], -12.5);
    // An address is text: whether it is one is nobody's business here.
    server.post("users", &json!({"email": "not an address", "name": "B"})).is(201);
    server.request("POST", "users", Some("{")).problem(400, "malformed-json");
}

#[test]
fn a_number_that_no_double_holds_leaves_no_row_behind() {
    let host = everything();
    let server = host.serve();
    let user = id(&ann(&server));
    let body = format!(r#"{{"user_id": "{user}", "total_amount": 1e400}}"#);
    let refused = server.request("POST", "orders", Some(&body)).problem(422, "validation-failed").json();
    assert_eq!(reasons(&refused), [("/total_amount".to_owned(), "non-finite".to_owned())]);
    assert_eq!(server.get("orders").is(200).body, "[]");
    let exact = format!(r#"{{"user_id": "{user}", "total_amount": 0.1}}"#);
    assert_eq!(server.request("POST", "orders", Some(&exact)).is(201).json()["total_amount"], json!(0.1));
    let large = format!(r#"{{"user_id": "{user}", "total_amount": 1e22}}"#);
    assert!(server.request("POST", "orders", Some(&large)).is(201).body.contains(r#""total_amount":1e+22,"#));
}

#[test]
fn ids_are_read_in_either_case_and_written_in_upper() {
    let host = everything();
    let server = host.serve();
    let user = ann(&server);
    let lower = id(&user).to_lowercase();
    assert_eq!(server.get(&format!("users/{lower}")).is(200).json(), user);
    let order = server.post("orders", &json!({"user_id": lower, "total_amount": 1})).is(201).json();
    assert_eq!(order["user_id"], user["id"]);
    let made = server.post("users", &json!({"id": ABSENT.to_lowercase(), "email": "b@b.c", "name": "B"})).is(201).json();
    assert_eq!(made["id"], ABSENT);
    let absent = server.post("users", &json!({"id": null, "email": "c@b.c", "name": "C"})).is(201).json();
    assert_eq!(id(&absent).len(), 26);

    server.get("users/zz").problem(400, "invalid-ulid");
    server.put("users/zz", &json!({"email": "a@b.c", "name": "A"})).problem(400, "invalid-ulid");
    // The body is looked at first, so that one answer says what is wrong with it.
    server.put("users/zz", &json!({})).problem(422, "validation-failed");
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let body = match method {
            "PUT" => Some(r#"{"email": "a@b.c", "name": "A"}"#),
            "PATCH" => Some("{}"),
            _ => None,
        };
        server.request(method, "users/01J0000000000000000000000B", body).problem(404, "not-found");
    }
}

#[test]
fn query_strings_are_strict_and_say_what_is_allowed() {
    let host = everything();
    let server = host.serve();
    ann(&server);
    for (query, parameter) in
        [("page=0", "page"), ("size=0", "size"), ("size=1001", "size"), ("size=abc", "size"), ("colour=red", "colour")]
    {
        let refused = server.get(&format!("users?page=1&size=1&{query}")).status;
        assert_eq!(refused, 400, "{query}");
        let refused = server.get(&format!("users?{query}")).problem(400, "invalid-query").json();
        assert_eq!(reasons(&refused)[0].0, parameter, "{query}");
    }
    let unknown = server.get("users?colour=red").problem(400, "invalid-query").json();
    assert!(unknown["errors"][0]["detail"].as_str().unwrap().contains("allowed are limit, cursor, page, size, id"), "{unknown}");
    let page = server.get("users?page=1&size=101").is(200).json();
    assert_eq!((&page["total"], &page["page"], &page["size"], &page["pages"]), (&json!(1), &json!(1), &json!(101), &json!(1)));
    assert_eq!(server.get("users?page=2&size=1").is(200).json()["items"], json!([]));
    assert_eq!(server.get("orders?page=1&size=5").is(200).json()["pages"], 0);
}

#[test]
fn a_put_replaces_and_one_that_changes_nothing_leaves_the_time() {
    let host = everything();
    let server = host.serve();
    let body = json!({"email": "ann@example.org", "name": "Ann", "tags": ["a"], "is_active": false, "created_at": "2001-01-01T00:00:00Z"});
    let user = server.post("users", &body).is(201).json();
    assert_ne!(user["created_at"], "2001-01-01T00:00:00Z", "the server's clock counts");
    let path = format!("users/{}", id(&user));
    // What was read can be put back; nothing is different then.
    assert_eq!(server.put(&path, &user).is(200).json(), user);
    // The path's id wins, and what is left out gets its default.
    let put = server.put(&path, &json!({"id": ABSENT, "email": "ann@example.org", "name": "Ann"})).is(200).json();
    assert_eq!((&put["id"], &put["tags"], &put["is_active"]), (&user["id"], &json!([]), &json!(true)));
    assert!(put["updated_at"].as_str() > user["updated_at"].as_str() && put["created_at"] == user["created_at"], "{put}");

    let task = server.post("tasks", &json!({"command": "true", "parameters": {"a": 1}})).is(201).json();
    let path = format!("tasks/{}", id(&task));
    assert_eq!(server.put(&path, &json!({"command": "true"})).is(200).json()["parameters"], Value::Null, "a nullable field is cleared");
    let patched = server.request("PATCH", &path, Some(r#"{"parameters": {"b": null, "c": [2]}}"#)).is(200).json();
    assert_eq!((&patched["parameters"], &patched["command"]), (&json!({"c": [2]}), &json!("true")));
}

#[test]
fn moments_are_utc_with_milliseconds_and_stored_as_the_seed_stores_them() {
    let host = everything();
    let server = host.serve();
    let user = ann(&server);
    let stored = host.column("SELECT created_at FROM users").remove(0);
    let is_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(have, want)| (want == b'0') == have.is_ascii_digit() && (want == b'0' || have == want))
    };
    assert!(is_form(&stored, "0000-00-00 00:00:00.000"), "{stored}");
    assert_eq!(user["created_at"], format!("{}Z", stored.replace(' ', "T")));
    // Rows that the seed wrote have no fraction.
    host.database().execute("UPDATE users SET created_at = '2026-11-22 08:09:32'", []).unwrap();
    assert_eq!(server.get("users").is(200).json()[0]["created_at"], "2026-11-22T08:09:32.000Z");
    assert_eq!(server.get("users?created_at=2026-11-22T09:09:32%2B01:00").is(200).json().as_array().unwrap().len(), 1);
}

#[test]
fn paths_and_methods_answer_what_they_know() {
    let host = everything();
    let server = host.serve();
    let user = ann(&server);
    let path = format!("users/{}", id(&user));
    assert_eq!(server.get(&format!("{path}/")).is(200).json(), user, "a slash at the end changes nothing");
    assert_eq!(server.request("HEAD", &path, None).is(200).body, "");
    assert_eq!(server.request("OPTIONS", &path, None).is(204).header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    assert_eq!(server.delete("users").problem(405, "method-not-allowed").header("allow"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(
        server.request("POST", &path, Some("{}")).problem(405, "method-not-allowed").header("allow"),
        "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    );
    server.get("users/$unknown").problem(404, "unknown-operation");
    assert_eq!(server.get("users/$stats").is(200).json(), json!({"total": 1}));
    assert_eq!(server.get("users/$schema").is(200).json()["required"][0], "id");
    server.delete(&path).is(204);
    server.delete(&path).problem(404, "not-found");
}

#[test]
fn labels_have_the_seeds_rules() {
    let host = everything();
    let server = host.serve();
    let with = |tags: Value| server.post("users", &json!({"email": tags.to_string(), "name": "A", "tags": tags}));
    let many: Vec<String> = (0..51).map(|number| format!("t{number}")).collect();
    for (tags, at, code) in [
        (json!([""]), "/tags/0", "length"),
        (json!(["x y"]), "/tags/0", "format"),
        (json!(["a.b"]), "/tags/0", "format"),
        (json!(["x".repeat(101)]), "/tags/0", "length"),
        (json!(["a", "a"]), "/tags/1", "duplicate"),
        (json!(many), "/tags", "length"),
        (json!([1]), "/tags/0", "type"),
        (json!("a"), "/tags", "type"),
        (json!(null), "/tags", "null"),
    ] {
        let refused = with(tags.clone()).problem(422, "validation-failed").json();
        assert!(reasons(&refused).contains(&(at.to_owned(), code.to_owned())), "{tags}: {refused}");
    }
    assert_eq!(with(json!(["été", "A", "a", "x-1_y"])).is(201).json()["tags"], json!(["été", "A", "a", "x-1_y"]));
    assert_eq!(with(json!(many[..50])).is(201).json()["tags"].as_array().unwrap().len(), 50);
}

#[test]
fn tasks_are_rows_and_nothing_runs_them() {
    let host = everything();
    let server = host.serve();
    let task = server.post("tasks", &json!({"command": "touch /tmp/never"})).is(201).json();
    assert_eq!((&task["task_type"], &task["enabled"], &task["parameters"]), (&json!("shell"), &json!(true), &Value::Null));
    let refused = server.post("tasks", &json!({"command": "x", "task_type": "perl"})).problem(422, "validation-failed").json();
    assert_eq!(reasons(&refused), [("/task_type".to_owned(), "enum".to_owned())]);
    let python = server.post("tasks", &json!({"command": "x", "task_type": "python", "enabled": false})).is(201).json();
    let ids = |query: &str| server.get(query).is(200).json().as_array().unwrap().iter().map(id).collect::<Vec<_>>();
    assert_eq!(ids("tasks"), [id(&python), id(&task)], "the newest first");
    assert_eq!(ids("tasks?enabled=true"), [id(&task)]);
    server.request("POST", &format!("tasks/{}/$execute", id(&task)), None).problem(404, "unknown-operation");
}

#[test]
fn an_artifact_is_any_json_value_below_a_parent_that_is_there() {
    let host = everything();
    let server = host.serve();
    let lost = server.post("artifacts", &json!({"parent_id": ABSENT, "data": 1, "level": 1})).problem(409, "conflict").json();
    assert_eq!((&lost["constraint"], reasons(&lost)), (&json!("foreign_key"), vec![("/parent_id".to_owned(), "foreign-key".to_owned())]));
    for data in [json!(null), json!(false), json!(12345678901234567_i64), json!("text"), json!([]), json!({"a": {"b": [null]}})] {
        let made = server.post("artifacts", &json!({"data": data, "level": 0})).is(201).json();
        assert_eq!(server.get(&format!("artifacts/{}", id(&made))).is(200).json()["data"], data);
    }
    assert_eq!(reasons(&server.post("artifacts", &json!({"level": 0})).problem(422, "validation-failed").json())[0].0, "/data");
}

#[test]
fn what_refers_to_a_row_follows_it_as_the_tables_say() {
    let host = everything();
    let server = host.serve();
    let user = id(&ann(&server));
    let order = id(&server.post("orders", &json!({"user_id": user, "total_amount": 1})).is(201).json());
    server.delete(&format!("users/{user}")).is(204);
    server.get(&format!("orders/{order}")).problem(404, "not-found");

    // Any JSON value, kept as text in the BLOB: nothing that would run when it is read.
    let artifact = |parent: Option<&str>, level: i64| {
        id(&server.post("artifacts", &json!({"parent_id": parent, "data": {"n": level}, "level": level})).is(201).json())
    };
    let root = artifact(None, 0);
    let middle = artifact(Some(&root), 1);
    let leaf = artifact(Some(&middle), 2);
    assert_eq!(
        host.column("SELECT DISTINCT typeof(data) || ' ' || CAST(data AS TEXT) FROM artifacts WHERE level = 1"),
        [r#"blob {"n":1}"#]
    );
    let config = id(&server.post("configs", &json!({"name": "c", "data": {}})).is(201).json());
    host.database().execute("INSERT INTO config_artifacts (config_id, artifact_id) VALUES (?1, ?2)", [&config, &root]).unwrap();
    server.delete(&format!("configs/{config}")).is(204);
    assert_eq!(host.column("SELECT count(*) FROM config_artifacts"), ["0"]);
    server.get(&format!("artifacts/{root}")).is(200);
    server.delete(&format!("artifacts/{middle}")).is(204);
    assert_eq!(server.get(&format!("artifacts/{leaf}")).is(200).json()["parent_id"], Value::Null);
}
