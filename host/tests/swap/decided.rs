//! What stands against a plugin that is served holds up nobody but itself.

use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::server::Server;
use crate::support::{TestHost, component};
use crate::{drop_in, until_health};

/// A component with something else of the same length in the place of what is in it once.
fn with_another<const N: usize>(name: &str, text: &[u8; N], other: &[u8; N]) -> Vec<u8> {
    let mut bytes = fs::read(component(name)).unwrap();
    let places: Vec<usize> = bytes.windows(N).enumerate().filter(|(_, window)| window == text).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "it is there once");
    bytes[places[0]..places[0] + N].copy_from_slice(other);
    bytes
}

/// `requires-notes`, of which version 2 of `notes` is no more what it requires.
fn requires_first_notes() -> Vec<u8> {
    with_another("requires-notes", b">=0.9", b"<1.99")
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
fn what_fits_only_together_is_taken_together_beside_what_is_passed_over() {
    let (host, server) = with_one_who_requires_it(&["--json"]);
    host.add("shop");
    host.add("billing");
    server.until("invoices", 503);
    // All at once. Two fit only together, and billing does not go on beside the other.
    let notes = fs::read(component("notes-2")).unwrap();
    let (requires, shop) = (with_another("requires-notes", b">=0.9", b">=1.9"), with_another("shop", b"1.0.0", b"9.0.0"));
    for (file, bytes) in [("shop.wasm", shop), ("notes.wasm", notes), ("requires-notes.wasm", requires)] {
        drop_in(&host, file, &bytes);
    }
    let health = server.until_health(|health| health["plugins"]["notes"]["version"] == "2.0.0");
    assert_eq!(health["files"].as_object().unwrap().keys().collect::<Vec<_>>(), ["shop.wasm"], "{health}");
    let version = |plugin: &str| health["plugins"][plugin]["version"].as_str().unwrap();
    assert_eq!((version("shop"), version("billing"), version("requires-notes")), ("1.0.0", "1.0.0", "0.1.0"));
    let log = server.stop().logged();
    let told = log.saying("shop.wasm (plugin shop) was refused: plugin billing, which is served, could not go on beside it");
    assert_eq!(told.len(), 1, "{told:?}");
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
