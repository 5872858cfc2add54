//! What the machine is at fault for is told, keeps what is served, and passes.

use std::fs;

use serde_json::{Value, json};

use crate::support::steps::written;
use crate::support::{TestHost, component};
use crate::{drop_in, until_health};

fn check<'a>(health: &'a Value, name: &str) -> &'a str {
    health["checks"][name]["message"].as_str().unwrap_or_default()
}

#[test]
fn what_cannot_be_decided_is_told_and_decided_when_it_can_be() {
    let host = TestHost::new();
    host.add_as("notes-1", "notes.wasm");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    let database = rusqlite::Connection::open(host.path("tenon.db")).unwrap();
    database.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE tenon_ledger SET plugin = 'no name'").unwrap();
    host.add("shop");
    // Two threads look, each for itself.
    let is_told = |health: &Value| health["checks"]["plugins_folder"].is_object() && health["checks"]["ledger"].is_object();
    let health = server.until_health(is_told);
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(check(&health, "plugins_folder").starts_with("what changed in it cannot be taken yet"), "{health}");
    assert!(check(&health, "ledger").starts_with("what is applied cannot be read"), "{health}");
    server.get("users").is(404);
    database.execute_batch("UPDATE tenon_ledger SET plugin = 'notes'").unwrap();
    server.until("users", 503);
    server.get("notes").is(200);
    let health = server.until_health(|health| health["checks"] == json!({ "database": { "state": "healthy" } }));
    assert_eq!(health["plugins"]["notes"]["state"], "healthy", "{health}");
    let log = server.stop().logged();
    assert_eq!(log.saying("cannot be taken yet").len(), 1);
    assert_eq!(log.saying("what is applied could not be read").len(), 1);
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_what_is_served_stays() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    fs::rename(host.path("plugins"), host.path("elsewhere")).unwrap();
    let health = until_health(&server, "degraded");
    assert!(check(&health, "plugins_folder").starts_with("it cannot be read"), "{health}");
    assert_eq!(health["plugins"]["shop"]["state"], "healthy", "{health}");
    server.get("users").is(200);
    let listed: Value = serde_json::from_str(&host.run("plugins list --json").done().out).unwrap();
    assert!(listed["unread"].as_str().unwrap().contains("No such file"), "{listed}");
    fs::rename(host.path("elsewhere"), host.path("plugins")).unwrap();
    assert!(until_health(&server, "healthy")["checks"]["plugins_folder"].is_null());
    assert_eq!(server.stop().logged().saying("the plugins folder cannot be read").len(), 1);
}

#[test]
fn what_only_a_proof_turns_down_replaces_nothing_and_is_named() {
    let made = json!([{"call": "create-table", "table": {"name": "t", "columns": [
        {"name": "a", "data_type": "integer", "nullable": true},
    ]}}]);
    let scripted = |declares: &Value| {
        let script = json!({"declares": {"tables": [declares]}, "m1": made});
        written(fs::read(component("scripted")).unwrap(), &script)
    };
    let column = |name: &str| json!({"name": name, "data_type": "integer", "nullable": true});
    let host = TestHost::new();
    drop_in(&host, "scripted.wasm", &scripted(&json!({"name": "t", "columns": [column("a")]})));
    host.run("upgrade head").done();
    let server = host.serve_logged();
    drop_in(&host, "scripted.wasm", &scripted(&json!({"name": "t", "columns": [column("a"), column("b")]})));
    let health = server.until_health(|health| health["files"]["scripted.wasm"].is_object());
    assert_eq!(health["plugins"]["scripted"]["state"], "healthy", "{health}");
    let log = server.stop().logged();
    assert_eq!(log.saying("scripted.wasm (plugin scripted) was refused: its revisions do not leave what it declares").len(), 1);
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_once() {
    let host = TestHost::new().plugin("shop").configured("[plugins.nobody]\nreads = []\n");
    let server = host.serve_logged();
    for plugin in ["billing", "chapkit"] {
        host.add(plugin);
        server.until_health(|health| health["plugins"][plugin].is_object());
    }
    assert_eq!(server.stop().logged().saying("the configuration has [plugins.nobody]").len(), 1);
}

#[test]
fn what_failed_to_prove_itself_is_not_run_again_for_each_file_that_comes() {
    let host = TestHost::new();
    let server = host.serve_with(&["--json", "-vv"]).unwrap();
    host.add("panics-halfway");
    until_health(&server, "degraded");
    for plugin in ["shop", "billing"] {
        host.add(plugin);
        server.until_health(|health| health["plugins"][plugin].is_object());
    }
    let log = server.stop().logged();
    assert_eq!(log.saying("panics-halfway.wasm (plugin panics-halfway) was refused").len(), 1);
    let run = log.saying("its revisions are run on an empty database");
    assert_eq!(run.iter().filter(|line| line["fields"]["plugin"] == "panics-halfway").count(), 1, "{run:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_whose_name_is_no_text_is_named_as_far_as_it_can_be() {
    use std::os::unix::ffi::OsStrExt as _;

    let host = TestHost::new();
    let server = host.serve_logged();
    let file = host.path("plugins").join(std::ffi::OsStr::from_bytes(b"a\xffb.wasm"));
    fs::write(&file, "hello").unwrap();
    let health = until_health(&server, "degraded");
    let named: Vec<&String> = health["files"].as_object().unwrap().keys().collect();
    assert!(matches!(&named[..], [name] if name.ends_with("b.wasm")), "{health}");
    fs::remove_file(file).unwrap();
    until_health(&server, "healthy");
    assert_eq!(server.stop().logged().saying("it is a text file").len(), 1);
}
