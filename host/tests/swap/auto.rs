//! `serve --auto-upgrade`, when an upgrade fails.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::logged::Logged;
use crate::support::server::Server;
use crate::support::{TestHost, component};
use crate::{drop_in, until_health};

/// A server with a note in version 1, and then a file of which a revision fails where there is one.
fn after_a_failed_upgrade(to: &str) -> (TestHost, Server, Value) {
    let host = TestHost::new();
    host.add_as("notes-1", "notes.wasm");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    let note = server.post("notes", &json!({ "note": "kept" })).is(201).json();
    host.add_as(to, "notes.wasm");
    let health = until_health(&server, "degraded");
    assert_eq!(health["files"]["notes.wasm"]["state"], "unhealthy", "{health}");
    let notes = &health["plugins"]["notes"];
    assert_eq!((&notes["state"], &notes["version"]), (&json!("healthy"), &json!("1.0.0")), "{health}");
    (host, server, note)
}

/// The revisions that the log says were applied.
pub(crate) fn applied(log: &Logged) -> Vec<&str> {
    let lines = log.saying("applied").into_iter().filter(|line| line["fields"]["message"] == "applied");
    lines.map(|line| line["fields"]["revision"].as_str().unwrap()).collect()
}

#[test]
fn an_upgrade_that_fails_leaves_the_old_one_serving_until_a_mended_file_comes() {
    let (host, server, note) = after_a_failed_upgrade("notes-2-broken");
    assert_eq!(server.get("notes").is(200).json(), json!([note]));
    server.post("notes", &json!({ "note": "written meanwhile" })).is(201);
    let list = host.run("plugins list").done().out;
    assert!(list.contains("notes 1.9.0 (notes.wasm): 1 applied, 1 pending: run `tenon upgrade notes@head`"), "{list}");
    host.run("upgrade notes@head").refused().err_has(&["this upgrade is broken"]);
    host.add_as("notes-2", "notes.wasm");
    let health = until_health(&server, "healthy");
    assert_eq!(health["plugins"]["notes"]["version"], "2.0.0", "{health}");
    let notes = server.get("notes").is(200).json();
    assert_eq!((&notes[0]["note"], &notes[0]["priority"], &notes[1]["note"]), (&json!("kept"), &json!(null), &json!("written meanwhile")));
    let log = server.stop().logged();
    assert!(!log.saying("this upgrade is broken").is_empty());
    let goes_on = log.saying("notes.wasm (plugin notes) was refused: its revisions are not all applied");
    assert_eq!(goes_on.len(), 1, "{goes_on:?}");
    assert!(goes_on[0].to_string().contains("plugin notes 1.0.0 goes on with the code it has"), "{goes_on:?}");
}

#[test]
fn an_upgrade_that_failed_and_is_done_by_hand_opens_the_new_one_without_another_file() {
    let (host, server, note) = after_a_failed_upgrade("notes-2-broken");
    server.delete(&format!("notes/{}", note["id"].as_str().unwrap())).is(204);
    host.run("upgrade notes@head").done();
    let health = until_health(&server, "healthy");
    assert_eq!(health["plugins"]["notes"]["version"], "1.9.0", "{health}");
    server.post("notes", &json!({ "note": "new", "priority": 1 })).is(201);
}

#[test]
fn of_an_upgrade_whose_second_revision_fails_nothing_stays() {
    let (host, server, note) = after_a_failed_upgrade("notes-3-broken");
    assert_eq!(server.get("notes").is(200).json(), json!([note]));
    assert_eq!(host.column("SELECT revision FROM tenon_ledger"), ["a00000000001"]);
    let log = server.stop().logged();
    assert!(!log.saying("this upgrade is broken").is_empty());
    assert_eq!(applied(&log), ["notes@a00000000001"]);
}

#[test]
fn what_somebody_undid_is_not_applied_again_when_another_file_comes() {
    let host = TestHost::new().plugin("shop");
    // Refused, so that every change of the database is looked at.
    host.write("plugins/text.wasm", "hello");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    server.until("users", 200);
    host.run("downgrade shop@base").done();
    server.until("users", 503);
    host.add("chapkit");
    server.until("configs", 200);
    server.get("users").problem(503, "plugin-not-ready");
    server.stop();
}

#[test]
fn what_somebody_undid_is_not_applied_again_for_the_sake_of_who_requires_it() {
    let host = TestHost::new().plugin("shop");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    server.until("users", 200);
    host.run("downgrade shop@base").done();
    server.until("users", 503);
    host.add("billing");
    server.until("invoices", 503);
    server.get("users").problem(503, "plugin-not-ready");
    assert!(host.column("SELECT revision FROM tenon_ledger").is_empty());
    // Who did it thinks better of it.
    host.run("upgrade shop@head").done();
    server.until("users", 200);
    server.until("invoices", 200);
    let log = server.stop().logged();
    assert_eq!(log.saying("it requires shop, of which not all is applied; run `tenon upgrade billing@head`").len(), 1);
}

#[test]
fn what_failed_and_was_applied_and_undone_by_hand_stays_undone() {
    let host = TestHost::new().configured("[limits]\nlock-wait-ms = 500\n");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    host.add("shop");
    server.until("users", 503);
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    // Or by the server, if that was quicker.
    host.run("upgrade shop@head").done();
    server.until("users", 200);
    // When this is served, the folder was looked at.
    host.add("chapkit");
    server.until("configs", 200);
    host.run("downgrade shop@base").done();
    server.until("users", 503);
    // It would be tried again after two seconds.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        server.get("users").problem(503, "plugin-not-ready");
    }
    server.stop();
}

#[test]
fn a_plugin_that_came_back_with_what_it_requires_is_not_applied_again() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    server.until("invoices", 200);
    host.run("downgrade billing@base").done();
    server.until("invoices", 503);
    host.remove("shop");
    server.until("invoices", 404);
    host.add("shop");
    server.until("users", 200);
    server.get("invoices").problem(503, "plugin-not-ready");
    server.stop();
}

#[test]
fn who_requires_a_plugin_whose_upgrade_fails_is_applied_beside_the_former_one() {
    let host = TestHost::new();
    host.add_as("notes-1", "notes.wasm");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    server.post("notes", &json!({ "note": "kept" })).is(201);
    // Both at once, as far as the server sees.
    drop_in(&host, "notes.wasm", &std::fs::read(component("notes-2-broken")).unwrap());
    drop_in(&host, "requires-notes.wasm", &std::fs::read(component("requires-notes")).unwrap());
    let health = server.until_health(|health| health["plugins"]["requires-notes"]["state"] == "healthy");
    assert_eq!(health["plugins"]["notes"]["version"], "1.0.0", "{health}");
    until_health(&server, "degraded");
    assert_eq!(server.get("notes").is(200).json()[0]["note"], "kept");
    let log = server.stop().logged();
    assert_eq!(applied(&log), ["notes@a00000000001", "requires-notes@a00000000001"]);
}

#[test]
fn what_could_not_be_applied_while_somebody_held_the_database_is_applied_when_nobody_does() {
    let host = TestHost::new().configured("[limits]\nlock-wait-ms = 50\n");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    host.add("shop");
    server.until("users", 503);
    // Which changes nothing that anybody could see.
    holder.execute_batch("ROLLBACK").unwrap();
    server.until("users", 200);
    assert!(!server.stop().logged().saying("not all of its revisions could be applied").is_empty());
}
