//! The real server on a real port: the first rows, errors, ends that are asked for and ends that are not.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};

use serde_json::{Value, json};
use support::TestHost;
use support::server::Server;

const ABSENT: &str = "01J0000000000000000000000A";

fn shop() -> TestHost {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    host
}

fn user(number: usize) -> Value {
    json!({"email": format!("user{number}@example.org"), "name": format!("User {number}")})
}

/// Speaks HTTP by hand, for what a client library does not let one say.
struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    fn to(server: &Server) -> Self {
        Self { stream: BufReader::new(TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap()) }
    }

    fn say(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The status of an answer; its headers are passed over.
    fn status(&mut self) -> u16 {
        let mut first = String::new();
        self.stream.read_line(&mut first).unwrap();
        let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {first:?}")).parse().unwrap();
        let mut line = String::new();
        while self.stream.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        status
    }

    /// Begins a POST and waits until its handler reads the body, which is held back.
    fn begin_post(&mut self, path: &str, length: usize) {
        self.say(&format!(
            "POST {path} HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        ));
        assert_eq!(self.status(), 100, "the handler waits for the body");
    }
}

#[test]
fn the_seeds_requests_have_the_seeds_answers() {
    let host = shop();
    let server = host.serve();
    let health = server.get("/health").is(200).json();
    assert_eq!((&health["status"], &health["checks"]["database"]["state"]), (&json!("healthy"), &json!("healthy")));
    assert_eq!(server.get("/api/v1/info").is(200).json()["display_name"], "Tenon");
    assert_eq!(server.get("users").is(200).body, "[]");

    let made = server.request("POST", "users", Some(r#"{"email": "user@example.com", "name": "John Doe", "is_active": true}"#)).is(201);
    let user = made.json();
    let id = user["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("{}/api/v1/users/{id}", server.url));
    let keys: Vec<&String> = user.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "created_at", "updated_at", "tags", "email", "name", "is_active"]);

    let printed = r#"{"user_id": "01HZERO...", "total_amount": 99.99, "status": "pending"}"#;
    let refused = server.request("POST", "orders", Some(printed)).problem(422, "validation-failed");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/user_id");
    let order = server.post("orders", &json!({"user_id": id, "total_amount": 99.99, "status": "pending"})).is(201).json();
    assert_eq!((&order["total_amount"], &order["status"], &order["user_id"]), (&json!(99.99), &json!("pending"), &user["id"]));

    assert_eq!(server.get(&format!("users/{id}")).is(200).json(), user);
    assert_eq!(server.get(&format!("users/{}", id.to_lowercase())).is(200).json(), user);
    assert_eq!(server.get("users/").is(200).json(), json!([user]));
    assert_eq!(server.get("orders?page=1&size=10").is(200).json()["total"], 1);

    let put = server.put(&format!("users/{id}"), &json!({"email": "new@example.com", "name": "Jane"})).is(200).json();
    assert_eq!((&put["email"], &put["is_active"], &put["created_at"]), (&json!("new@example.com"), &json!(true), &user["created_at"]));
    server.post("users", &json!({"email": "new@example.com", "name": "Other"})).problem(409, "conflict");
    server.post("users", &json!({"id": id, "email": "third@example.com", "name": "Other"})).problem(409, "conflict");
    server.post("orders", &json!({"user_id": ABSENT, "total_amount": 1.0})).problem(409, "conflict");

    server.delete(&format!("users/{id}")).is(204);
    server.delete(&format!("users/{id}")).problem(404, "not-found");
    assert_eq!(server.get("orders").is(200).body, "[]", "the user's orders went with the user");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn every_mistake_is_a_problem_that_tells_neither_sql_nor_paths() {
    let host = shop();
    let server = host.serve();
    let long = "x".repeat(5000);
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let large = format!("{{\"email\": \"{}\", \"name\": \"n\"}}", "x".repeat(2 << 20));
    let cases: [(&str, &str, Option<&str>, u16, &str); 34] = [
        ("GET", "/nothing", None, 404, "not-found"),
        ("GET", "/api/v1/", None, 404, "not-found"),
        ("GET", "nothing", None, 404, "not-found"),
        ("GET", "users/x/y", None, 404, "not-found"),
        ("GET", "users/$stats/x", None, 404, "not-found"),
        ("GET", "users/$drop", None, 404, "unknown-operation"),
        ("GET", &format!("users/{long}"), None, 400, "invalid-ulid"),
        ("GET", "users/..%2f..%2fetc%2fpasswd", None, 400, "invalid-ulid"),
        ("GET", "users/%00", None, 400, "invalid-ulid"),
        ("GET", "users/%ff", None, 400, "invalid-key"),
        ("GET", "users/'; DROP TABLE users; --".replace(' ', "%20").leak(), None, 400, "invalid-ulid"),
        ("GET", &format!("users/{ABSENT}"), None, 404, "not-found"),
        ("GET", "users?page=0&size=1", None, 400, "invalid-query"),
        ("GET", "users?limit=1%20OR%201=1", None, 400, "invalid-query"),
        ("GET", "users?limit=1001", None, 400, "invalid-query"),
        ("GET", "users?cursor=AAAA", None, 400, "invalid-query"),
        ("GET", "users?%ff=1", None, 400, "invalid-query"),
        ("GET", &format!("users?{long}=1"), None, 400, "invalid-query"),
        ("PUT", "users", Some("{}"), 405, "method-not-allowed"),
        ("DELETE", "users", None, 405, "method-not-allowed"),
        ("POST", &format!("users/{ABSENT}"), Some("{}"), 405, "method-not-allowed"),
        ("POST", "/health", Some("{}"), 405, "method-not-allowed"),
        ("POST", "users", Some(""), 400, "malformed-json"),
        ("POST", "users", Some("{"), 400, "malformed-json"),
        ("POST", "users", Some("{\"email\": 1e400}"), 422, "validation-failed"),
        ("POST", "users", Some(&deep), 400, "malformed-json"),
        ("POST", "users", Some("[]"), 422, "validation-failed"),
        ("POST", "users", Some("{\"email\": \"a\", \"email\": \"b\", \"name\": \"n\"}"), 422, "validation-failed"),
        ("POST", "users", Some("{\"email\": \"a\", \"name\": \"n\", \"admin\": true}"), 422, "validation-failed"),
        ("POST", "users", Some("{\"email\": \"a\", \"name\": \"n\", \"is_active\": \"yes\"}"), 422, "validation-failed"),
        ("POST", "users", Some("{\"email\": \"a\", \"name\": \"n\", \"tags\": [\"a b\"]}"), 422, "validation-failed"),
        ("POST", "users", Some(&large), 413, "too-large"),
        ("PUT", &format!("users/{ABSENT}"), Some("{\"email\": \"a\", \"name\": \"n\"}"), 404, "not-found"),
        ("DELETE", &format!("users/{ABSENT}"), None, 404, "not-found"),
    ];
    for (method, path, body, status, code) in cases {
        println!("{method} {}", &path[..path.len().min(60)]);
        server.request(method, path, body).problem(status, code);
    }
    assert_eq!(server.get("users").is(200).body, "[]");
    let said = server.stop();
    assert_eq!(said.code, Some(0));
    assert!(!said.err.contains("panicked") && !said.err.contains(" ERROR "), "{}", said.err);
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_sent_and_after() {
    let host = shop();
    let server = host.serve();
    let head = |more: &str| format!("POST /api/v1/users HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n{more}\r\n\r\n");
    let mut asks = Line::to(&server);
    asks.say(&head("Content-Length: 2097152\r\nExpect: 100-continue"));
    assert_eq!(asks.status(), 413, "it need not send anything");
    let mut sends = Line::to(&server);
    sends.say(&head("Content-Length: 2097152"));
    sends.say(&"x".repeat(2 << 20));
    assert_eq!(sends.status(), 413, "it reads the answer after it has sent all");
    let mut streams = Line::to(&server);
    streams.say(&head("Transfer-Encoding: chunked"));
    (0..32).for_each(|_| streams.say(&format!("10000\r\n{}\r\n", "x".repeat(1 << 16))));
    streams.say("0\r\n\r\n");
    assert_eq!(streams.status(), 413);
    let mut threatens = Line::to(&server);
    threatens.say(&head("Content-Length: 1099511627776"));
    assert_eq!(threatens.status(), 413, "nobody waits for that");
}

#[test]
fn the_operator_says_how_much_of_a_request_is_read() {
    let host = shop().configured("[http]\nbody-kib = 2048\nurl-kib = 1\nheader-kib = 1\n");
    let server = host.serve();
    let large = json!({"email": "a@b.c", "name": "x".repeat(1 << 20)});
    server.post("users", &large).is(201);
    server.get(&format!("users?name={}", "x".repeat(1100))).problem(414, "url-too-long");
    let mut line = Line::to(&server);
    line.say(&format!("GET /livez HTTP/1.1\r\nHost: t\r\nCookie: {}\r\n\r\n", "x".repeat(1100)));
    assert_eq!(line.status(), 431);
}

#[test]
fn a_plugin_that_is_not_at_head_answers_503_with_the_command_and_its_neighbours_work() {
    let host = TestHost::new().plugin("shop").plugin("chapkit").plugin("notes-1");
    host.run("upgrade shop@head").done();
    host.run("upgrade notes@head").done();
    host.replace("notes-1", "notes-2");
    let server = host.serve();
    for (path, plugin) in [("configs", "chapkit"), ("notes", "notes")] {
        for (method, body) in [("GET", None), ("POST", Some("{}"))] {
            let answer = server.request(method, path, body).problem(503, "plugin-not-ready");
            let command = format!("tenon upgrade {plugin}@head");
            assert_eq!((&answer.json()["command"], &answer.json()["plugin"]), (&json!(command), &json!(plugin)));
            assert!(answer.header("retry-after").parse::<u32>().is_ok());
        }
    }
    server.post("users", &user(1)).is(201);
    let health = server.get("/health").is(200).json();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["plugins"]["shop"]["state"], "healthy");
    server.stop();
    host.run("upgrade head").done();
    let server = host.serve();
    assert_eq!(server.get("configs").is(200).body, "[]");
    server.post("notes", &json!({"note": "n", "priority": 3})).is(201);
    assert_eq!(server.get("users").is(200).json().as_array().unwrap().len(), 1);
}

#[test]
fn a_bad_file_is_said_and_the_others_are_served() {
    let host = shop();
    host.write("plugins/bad.wasm", "hello");
    let server = host.serve();
    server.get("users").is(200);
    server.stop().err_has(&["bad.wasm was refused"]);
}

#[test]
fn the_description_and_its_page_are_there() {
    let host = TestHost::new().plugin("shop").plugin("chapkit").plugin("billing");
    host.run("upgrade head").done();
    let server = host.serve();
    let description = server.get("/openapi.json").is(200).json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in ["users", "users/{id}", "orders", "invoices", "configs", "artifacts", "tasks"] {
        assert!(description["paths"][format!("/api/v1/{path}")].is_object(), "{path}");
    }
    let text = description.to_string();
    for reference in text.match_indices("\"#/components/").map(|(at, _)| text[at + 2..].split('"').next().unwrap()) {
        assert!(description.pointer(reference).is_some(), "{reference} leads nowhere");
    }
    let page = server.get("/docs/").is(200);
    assert!(page.body.contains("swagger-ui"));
    assert!(server.get("/docs/swagger-initializer.js").is(200).body.contains("/openapi.json"));
}

#[test]
fn writes_from_many_clients_at_once_all_land() {
    const CLIENTS: usize = 8;
    const EACH: usize = 25;
    let host = shop();
    let server = host.serve();
    let (ids, start, writing) = (Mutex::new(Vec::new()), Barrier::new(CLIENTS), AtomicBool::new(true));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while writing.load(Ordering::Relaxed) {
                let total = server.get("users?page=1&size=1").is(200).json()["total"].as_u64().unwrap();
                assert!(total >= last, "what was there stays");
                last = total;
            }
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (server, start, ids) = (&server, &start, &ids);
                scope.spawn(move || {
                    start.wait();
                    for number in 0..EACH {
                        let made = server.post("users", &user(client * EACH + number)).is(201).json();
                        ids.lock().unwrap().push(made["id"].as_str().unwrap().to_owned());
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        writing.store(false, Ordering::Relaxed);
        reader.join().unwrap();
    });
    let mut ids = ids.into_inner().unwrap();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), CLIENTS * EACH);
    assert_eq!(host.column("SELECT id FROM users ORDER BY id"), ids);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(host.column("PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn of_one_key_that_many_want_at_once_one_gets_it() {
    let host = shop();
    let server = host.serve();
    let start = Barrier::new(6);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let post = || {
            start.wait();
            server.post("users", &user(1)).status
        };
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(post)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
}

#[test]
fn a_server_that_is_told_to_stop_answers_the_calls_in_flight_first() {
    for signal in ["TERM", "INT"] {
        let host = shop();
        let server = host.serve();
        let body = user(1).to_string();
        let mut call = Line::to(&server);
        call.begin_post("/api/v1/users", body.len());
        server.signal(signal);
        // It has stopped to listen when nobody can come in any more.
        while TcpStream::connect(server.url.strip_prefix("http://").unwrap()).is_ok() {
            std::thread::yield_now();
        }
        call.say(&body);
        assert_eq!(call.status(), 201);
        assert_eq!(server.wait().code, Some(0));
        assert_eq!(host.column("SELECT email FROM users"), ["user1@example.org"]);
        assert!(!host.path("tenon.db-serve").exists());
        assert!(!host.path("tenon.db-wal").exists(), "the last connection closed the log");
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let host = shop();
    for round in 0..3 {
        let server = host.serve();
        let (acknowledged, enough) = (Mutex::new(Vec::new()), Barrier::new(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0.. {
                    let Ok(answer) = server.try_request("POST", "users", Some(&user(round * 100_000 + number).to_string())) else { return };
                    acknowledged.lock().unwrap().push(answer.is(201).json()["id"].as_str().unwrap().to_owned());
                    if number == 20 {
                        enough.wait();
                    }
                }
            });
            enough.wait();
            server.signal("KILL");
        });
        let stored = host.column("SELECT id FROM users");
        for id in acknowledged.into_inner().unwrap() {
            assert!(stored.contains(&id), "{id} was answered 201 and is gone");
        }
        assert_eq!(host.column("PRAGMA integrity_check"), ["ok"]);
    }
    // The lock of the killed ones went with them.
    host.serve().get("users").is(200);
}

#[test]
fn one_database_has_one_server() {
    let host = shop();
    let server = host.serve();
    let refused = host.serve_with(&[]).unwrap_err().refused();
    refused.err_has(&["another `tenon serve` (process", "serves this database already"]);
    let link = host.path("link.db");
    std::os::unix::fs::symlink(host.path("tenon.db"), &link).unwrap();
    host.serve_with(&["--database", "sqlite:link.db"]).unwrap_err().refused().err_has(&["serves this database already"]);
    let other = host.serve_with(&["--database", "sqlite:other.db"]).unwrap();
    other.get("users").problem(503, "plugin-not-ready");
    server.get("users").is(200);
    server.kill();
    host.serve().get("users").is(200);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let (first, second) = (shop(), shop());
    let server = first.serve();
    let said = second.run(&format!("serve --port {}", server.port())).refused().silent();
    said.err_has(&["cannot listen on 127.0.0.1:", server.port(), "is another server running there?"]);
    assert!(!second.path("tenon.db-serve").exists());
    server.get("users").is(200);
}

#[test]
fn endpoints_close_and_open_with_what_other_processes_undo_and_apply() {
    let host = shop();
    let server = host.serve();
    server.post("users", &user(1)).is(201);
    server.get("users").is(200);
    host.run("downgrade base").done();
    server.get("users").problem(503, "plugin-not-ready");
    server.post("users", &user(2)).problem(503, "plugin-not-ready");
    assert_eq!(server.get("/health").is(200).json()["status"], "degraded");
    host.run("upgrade head").done();
    server.until("users", 200);
    assert_eq!(server.get("users").is(200).body, "[]");
    server.post("users", &user(3)).is(201);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_changed_while_the_server_could_not_look_is_seen_though_the_ledger_counts_the_same() {
    let host = TestHost::new().plugin("data-only-p").plugin("data-only-q");
    host.run("upgrade data-only-q@one").done();
    host.run("upgrade data-only-p@two").done();
    let server = host.serve();
    server.until("data_only_p", 200);
    server.until("data_only_q", 503);
    server.signal("STOP");
    // As many rows as before, and the same largest number: numbers are used again (decision 0008).
    host.run("downgrade data-only-p@one").done();
    host.run("upgrade data-only-q@two").done();
    server.signal("CONT");
    server.until("data_only_p", 503);
    server.until("data_only_q", 200);
}

#[test]
fn a_server_that_stops_leaves_the_database_in_one_file() {
    let host = shop();
    let server = host.serve();
    server.get("users").is(200);
    server.post("users", &user(1)).is(201);
    assert_eq!(server.stop().code, Some(0));
    for suffix in ["-wal", "-shm"] {
        assert!(!host.path(&format!("tenon.db{suffix}")).exists(), "tenon.db{suffix} was left");
    }
}

#[test]
fn a_command_can_write_while_the_server_does() {
    let host = shop();
    host.add("many-revisions");
    let server = host.serve();
    let writing = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut number = 0;
            while writing.load(Ordering::Relaxed) {
                server.post("users", &user(number)).is(201);
                number += 1;
            }
            number
        });
        host.run("-q upgrade head").done();
        host.run("-q downgrade many-revisions@base").done();
        writing.store(false, Ordering::Relaxed);
        let written = client.join().unwrap();
        assert_eq!(host.column("SELECT count(*) FROM users"), [written.to_string()]);
    });
}

#[test]
fn a_database_that_another_process_holds_is_busy_and_not_broken() {
    let host = shop();
    let server = host.serve();
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = server.post("users", &user(1)).problem(503, "busy");
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    server.get("users").is(200);
    holder.execute_batch("COMMIT").unwrap();
    server.post("users", &user(1)).is(201);
}

#[test]
fn requests_that_are_no_http_do_not_hurt_the_others() {
    let host = shop();
    let server = host.serve();
    let garbage: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: 18446744073709551615\r\n\r\n{}",
        b"POST /api/v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n{}",
        b"POST /api/v1/users HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    ];
    for bytes in garbage {
        let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // Whatever it answers, it answers or hangs up.
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    }
    // Clients that go away in the middle of a body.
    for _ in 0..20 {
        Line::to(&server).begin_post("/api/v1/users", 100);
    }
    assert_eq!(server.get("users").is(200).body, "[]");
    let said = server.stop();
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
}
