//! What stands against a plugin that is served holds up nobody but itself.

use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::server::Server;
use crate::support::{TestHost, component};
use crate::{drop_in, until_health};

/// `requires-notes`, of which version 2 of `notes` is no more what it requires.
fn requires_first_notes() -> Vec<u8> {
    let (any, first) = (b">=0.9", b"<1.99");
    let mut bytes = fs::read(component("requires-notes")).unwrap();
    let places: Vec<usize> = bytes.windows(any.len()).enumerate().filter(|(_, window)| window == any).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "the requirement is there once");
    bytes[places[0]..places[0] + any.len()].copy_from_slice(first);
    bytes
}

/// A server of notes in version 1, and of what requires this version.
fn with_one_who_requires_it(arguments: &[&str]) -> (TestHost, Server) {
    let host = TestHost::new();
    host.add_as("notes-1", "notes.wasm");
    drop_in(&host, "requires-notes.wasm", &requires_first_notes());
    host.run("upgrade head").done();
    let server = host.serve_with(arguments).unwrap();
    server.post("notes", &json!({ "note": "kept" })).is(201);
    (host, server)
}

#[test]
fn what_stands_against_one_that_is_served_is_passed_over_and_named_and_others_are_taken() {
    let (host, server) = with_one_who_requires_it(&["--json"]);
    host.add_as("notes-2", "notes.wasm");
    let health = until_health(&server, "degraded");
    assert_eq!(health["files"].as_object().unwrap().keys().collect::<Vec<_>>(), ["notes.wasm"], "{health}");
    assert_eq!(health["plugins"]["notes"]["version"], "1.0.0", "{health}");
    assert_eq!(health["plugins"]["requires-notes"]["state"], "healthy", "{health}");
    server.get("notes").is(200);
    host.add("shop");
    server.until("users", 503);
    host.remove("requires-notes");
    server.until_health(|health| health["plugins"]["notes"]["version"] == "2.0.0");
    let log = server.stop().logged();
    let told = log.saying("notes.wasm (plugin notes) was refused: plugin requires-notes, which is served, could not go on beside it");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(log.saying("requires-notes.wasm (plugin requires-notes) was refused").is_empty());
}

#[test]
fn what_is_passed_over_is_not_upgraded_either() {
    let (host, server) = with_one_who_requires_it(&["--auto-upgrade", "--json"]);
    host.add_as("notes-2", "notes.wasm");
    until_health(&server, "degraded");
    host.add("shop");
    server.until("users", 200);
    assert_eq!(server.get("notes").is(200).json()[0]["note"], "kept");
    assert_eq!(host.column("SELECT count(*) FROM tenon_ledger WHERE plugin = 'notes'"), ["1"]);
    server.stop();
}

#[test]
fn a_file_that_never_comes_to_rest_holds_up_no_other() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    server.get("users").is(200);
    let mut restless = fs::File::create(host.path("plugins/restless.wasm")).unwrap();
    let (server, stop) = (&server, &AtomicBool::new(false));
    std::thread::scope(|scope| {
        let began = Instant::now();
        scope.spawn(move || {
            // Longer than anybody waits for the server below.
            while !stop.load(Ordering::Relaxed) && began.elapsed() < Duration::from_secs(60) {
                restless.write_all(b"more").unwrap();
                // Time in which the server looks.
                server.get("/livez").is(200);
            }
        });
        host.remove("shop");
        server.until("users", 404);
        stop.store(true, Ordering::Relaxed);
    });
    until_health(server, "degraded");
}

#[test]
fn what_could_not_be_taken_is_taken_when_it_can_be() {
    let host = TestHost::new();
    host.add_as("notes-1", "notes.wasm");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    let database = rusqlite::Connection::open(host.path("tenon.db")).unwrap();
    database.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE tenon_ledger SET plugin = 'no name'").unwrap();
    host.add("shop");
    // Time in which the server looks.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        server.get("users").is(404);
    }
    database.execute_batch("UPDATE tenon_ledger SET plugin = 'notes'").unwrap();
    server.until("users", 503);
    server.get("notes").is(200);
    assert!(!server.stop().logged().saying("cannot be taken yet").is_empty());
}

#[test]
fn whoever_undoes_rows_alone_closes_the_endpoints_at_once() {
    let host = TestHost::new().plugin("data-only-p");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    server.get("data_only_p").is(200);
    for _ in 0..3 {
        host.run("downgrade data-only-p@one").done();
        server.get("data_only_p").problem(503, "plugin-not-ready");
        host.run("upgrade head").done();
        server.until("data_only_p", 200);
    }
}

#[test]
fn whose_applied_revision_was_edited_takes_no_ones_place_until_that_is_undone() {
    let host = TestHost::new();
    host.add_as("notes-1", "notes.wasm");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    server.post("notes", &json!({ "note": "kept" })).is(201);
    host.add_as("notes-edited", "notes.wasm");
    let health = until_health(&server, "degraded");
    assert_eq!(health["plugins"]["notes"]["version"], "1.0.0", "{health}");
    assert_eq!(server.get("notes").is(200).json()[0]["note"], "kept");
    host.run("plugins list").refused().err_has(&["notes.wasm (plugin notes) was refused", "would apply it otherwise"]);
    assert!(!server.stop().logged().saying("would apply it otherwise").is_empty());
    // A server that begins with it has nothing else to serve.
    let server = host.serve_logged();
    server.get("notes").is(404);
    until_health(&server, "degraded");
    host.run("downgrade notes@base").done();
    host.run("upgrade notes@head").done();
    server.until("notes", 200);
    assert_eq!(until_health(&server, "healthy")["plugins"]["notes"]["version"], "1.0.1");
}

#[test]
fn a_copy_of_a_served_file_is_named_and_not_served() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    server.get("users").is(200);
    drop_in(&host, "shop-old.wasm", &fs::read(component("shop")).unwrap());
    let health = until_health(&server, "degraded");
    assert_eq!(health["files"].as_object().unwrap().keys().collect::<Vec<_>>(), ["shop-old.wasm"], "{health}");
    server.get("users").is(200);
    fs::remove_file(host.path("plugins/shop-old.wasm")).unwrap();
    until_health(&server, "healthy");
}
