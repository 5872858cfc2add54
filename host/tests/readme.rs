//! The README is true: its requests are answered as printed, its first plugin compiles as printed, and so does the example.

mod book;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use book::requests::{self, Server};
use book::{Fence, fences, read, root};
use support::TestHost;

/// What the README promises: a whole plugin in less than this.
const LINES: usize = 60;

#[test]
fn the_requests_of_the_readme_are_answered_as_printed() {
    let host = TestHost::new().plugin("billing").plugin("chapkit").plugin("shop");
    host.run("upgrade head --quiet").done();
    requests::run("README.md", &Server::start(&host));
}

#[test]
fn the_seeds_requests_stand_in_the_readme_word_for_word() {
    let readme = read("README.md");
    for line in [
        r#"curl -X POST http://localhost:8000/api/v1/users -H "Content-Type: application/json" -d '{"email": "user@example.com", "name": "John Doe"}'"#,
        r#"curl -X POST http://localhost:8000/api/v1/orders -H "Content-Type: application/json" -d '{"user_id": "01HZERO...", "total_amount": 99.99}'"#,
    ] {
        assert!(readme.lines().any(|printed| printed == line), "{line}");
    }
}

#[test]
fn the_first_plugin_compiles_as_printed_and_comes_and_goes() {
    let files: Vec<Fence> = fences(&read("README.md")).into_iter().filter(|fence| fence.label.is_some()).collect();
    assert_eq!(files.len(), 5, "the files of the first plugin");
    let lines: usize = files.iter().map(|fence| fence.lines.len()).sum();
    assert!(lines < LINES, "the first plugin has {lines} lines");

    let host = TestHost::new();
    host.run("new notes").done();
    let folder = host.path("notes");
    std::fs::remove_dir_all(folder.join("migrations")).expect("the revision that `new` wrote can be removed");
    std::fs::create_dir(folder.join("migrations")).expect("a folder can be made");
    for file in &files {
        let path = folder.join(file.label.as_ref().expect("filtered above"));
        std::fs::write(path, file.text()).expect("a file can be written");
    }
    // The same versions as the workspace's: they are on this machine.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lockfile can be copied");
    comes_and_goes(&host, &folder, &["notes@5f1d0c8a7b21"]);
}

#[test]
fn a_plugin_written_by_new_compiles_as_written_and_comes_and_goes() {
    let host = TestHost::new();
    host.run("new notes").done();
    let folder = host.path("notes");
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lockfile can be copied");
    let file = std::fs::read_dir(folder.join("migrations")).expect("it has revisions").next().expect("it has one").expect("it can be read");
    let id = file.file_name().to_string_lossy().split('_').nth(2).expect("the id is the third part").to_owned();
    comes_and_goes(&host, &folder, &[&format!("notes@{id}")]);
}

#[test]
fn the_example_compiles_and_comes_and_goes() {
    comes_and_goes(&TestHost::new(), &root().join("examples/notes"), &["notes@5f1d0c8a7b21", "notes@9c40e2d6f3ab"]);
}

/// Builds a plugin `notes`, drops it, upgrades, serves a row, deletes the file and downgrades.
fn comes_and_goes(host: &TestHost, folder: &Path, revisions: &[&str]) {
    build(folder, &host.path("plugins").join("notes.wasm"));
    host.run("plugins list").done();
    host.run("upgrade head").done();
    assert_eq!(host.ledger(), revisions);
    assert_eq!(host.tables(), ["notes"]);
    let server = Server::start(host);
    let url = format!("{}/api/v1/notes", server.url);
    let mut created = ureq::post(&url).send_json(serde_json::json!({ "title": "first" })).expect("the server answers");
    assert_eq!(created.status(), 201);
    let row: serde_json::Value = created.body_mut().read_json().expect("the answer is JSON");
    let mut list = ureq::get(&url).call().expect("the server answers");
    let rows: serde_json::Value = list.body_mut().read_json().expect("the answer is JSON");
    assert_eq!(rows, serde_json::json!([row]));
    drop(server);
    host.remove("notes");
    host.run("downgrade notes@base").done();
    assert!(host.ledger().is_empty() && host.tables().is_empty());
}

/// Builds one plugin at a time: they share a target directory, and all are called `notes`.
fn build(folder: &Path, to: &Path) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plugins");
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo says of the package under test where it is; the one that is built now must not take that for its own.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_")) {
        if !matches!(name.to_str(), Some("CARGO_HOME" | "CARGO_NET_OFFLINE")) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--release", "--offline", "--quiet", "--target-dir"]).arg(&target).current_dir(folder);
    let output = cargo.output().expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "a new author meets no warnings");
    std::fs::copy(target.join("wasm32-unknown-unknown/release/notes.wasm"), to).expect("the component can be copied");
}
