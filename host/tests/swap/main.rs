//! Plugins come, change and go while the server runs.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod administration;
mod auto;
mod broken;
mod decided;
mod load;
mod stopping;
#[path = "../support/mod.rs"]
mod support;
mod troubles;

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use support::server::Server;
use support::{TestHost, component};

/// A file put in place as a careful program does: whole, under its name at once.
fn drop_in(host: &TestHost, file: &str, bytes: &[u8]) {
    let beside = host.path(&format!("plugins/.{file}"));
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(beside, host.path("plugins").join(file)).unwrap();
}

fn until_health(server: &Server, status: &str) -> serde_json::Value {
    server.until_health(|health| health["status"] == status)
}

#[test]
fn a_plugin_that_is_dropped_is_served_when_it_is_upgraded_and_its_rows_outlive_its_file() {
    let host = TestHost::new();
    let server = host.serve_logged();
    server.get("users").problem(404, "not-found");
    host.add("shop");
    server.until("users", 503);
    let answer = server.get("users").problem(503, "plugin-not-ready");
    assert!(answer.body.contains("tenon upgrade shop@head"), "{answer:?}");
    host.run("upgrade head").done();
    server.until("users", 200);
    let user = server.post("users", &json!({ "email": "ada@example.org", "name": "Ada" })).is(201).json();
    assert!(server.get("/openapi.json").body.contains("/api/v1/users"));
    assert_eq!(until_health(&server, "healthy")["plugins"]["shop"]["state"], "healthy");
    host.remove("shop");
    server.until("users", 404);
    assert!(!server.get("/openapi.json").body.contains("/api/v1/users"));
    assert_eq!(host.column("SELECT email FROM users"), ["ada@example.org"]);
    drop_in(&host, "other-name.wasm", &std::fs::read(component("shop")).unwrap());
    server.until("users", 200);
    assert_eq!(server.get("users").json(), json!([user]));
    let log = server.stop().logged();
    assert_eq!(log.saying("is served no more; its tables and rows stay").len(), 1);
}

#[test]
fn whatever_takes_the_place_of_a_good_file_and_is_none_leaves_the_good_one_serving() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    let good = std::fs::read(component("shop")).unwrap();
    let mut flipped = good.clone();
    flipped[8] ^= 0x40;
    let broken: [(&str, Vec<u8>); 8] = [
        ("nothing", Vec::new()),
        ("text", b"hello".to_vec()),
        ("half", good[..good.len() / 2].to_vec()),
        ("a core module", wat::parse_str("(module)").unwrap()),
        ("another's component", wat::parse_str("(component)").unwrap()),
        ("a loop", std::fs::read(component("loops-in-describe")).unwrap()),
        ("a trap", std::fs::read(component("traps-in-describe")).unwrap()),
        ("a flipped bit", flipped),
    ];
    for (what, bytes) in broken {
        host.write("plugins/shop.wasm", bytes);
        let health = until_health(&server, "degraded");
        assert_eq!(health["files"]["shop.wasm"]["state"], "unhealthy", "{what}: {health}");
        assert_eq!(health["plugins"]["shop"]["state"], "healthy", "{what}: {health}");
        server.get("users").is(200);
        server.get("invoices").is(200);
        host.run("plugins list").refused().err_has(&["shop.wasm was refused"]);
        host.write("plugins/shop.wasm", &good);
        until_health(&server, "healthy");
    }
    let log = server.stop().logged();
    assert_eq!(log.saying("plugin shop 1.0.0 goes on with the code it has").len(), 8);
}

#[test]
fn a_file_that_is_copied_slowly_is_served_in_the_end() {
    let host = TestHost::new();
    let server = host.serve();
    let bytes = std::fs::read(component("shop")).unwrap();
    let mut file = std::fs::File::create(host.path("plugins/shop.wasm")).unwrap();
    for piece in bytes.chunks(bytes.len() / 20 + 1) {
        file.write_all(piece).unwrap();
        // Time in which the server looks.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(50) {
            server.get("/livez").is(200);
        }
    }
    drop(file);
    // Whatever was seen of it before.
    server.until("users", 503);
    assert!(server.get("/health").json()["files"].is_null());
}
