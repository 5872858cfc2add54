//! The README is true: its requests are answered as printed, its first plugin compiles as printed, and so does the example.

mod book;
mod support;

use std::path::Path;
use std::process::Command;

use book::{Fence, fences, read, requests, root, section, session};
use support::TestHost;
use support::crates::{one_at_a_time, prepare, shared_target, without_cargos_own};

/// What the README promises: a whole plugin in less than this.
const LINES: usize = 60;

#[test]
fn the_requests_of_the_readme_are_answered_as_printed() {
    let host = TestHost::new().plugin("billing").plugin("chapkit").plugin("shop").configured(&read("tenon.toml"));
    host.run("upgrade head --quiet").done();
    requests::run("README.md", &host.serve());
}

#[test]
fn the_seeds_requests_stand_in_the_readme_word_for_word() {
    let readme = read("README.md");
    for request in [
        r#"
curl -X POST http://localhost:8000/api/v1/users \
  -H "Content-Type: application/json" \
  -d '{"email": "user@example.com", "name": "John Doe"}'
"#,
        r#"
curl -X POST http://localhost:8000/api/v1/orders \
  -H "Content-Type: application/json" \
  -d '{"user_id": "01HZERO...", "total_amount": 99.99, "status": "pending"}'
"#,
    ] {
        assert!(readme.contains(request), "{request}");
    }
}

/// Does what the section says, in its order: what the shell is told is run, what is a file is written.
#[test]
#[cfg(unix)]
fn the_first_plugin_compiles_as_printed_and_comes_and_goes() {
    let section = section(&read("README.md"), "## ", "Write your first plugin").expect("the README has the section");
    let fences = fences(&section);
    let files: Vec<&Fence> = fences.iter().filter(|fence| fence.label.is_some()).collect();
    assert_eq!(files.len(), 5, "the files of the first plugin");
    let lines: usize = files.iter().map(|fence| fence.lines.len()).sum();
    assert!(lines < LINES, "the first plugin has {lines} lines");

    let host = TestHost::new().plugin("billing").plugin("shop").configured(&read("tenon.toml"));
    for fence in &fences {
        match &fence.label {
            Some(path) => std::fs::write(host.path("notes").join(path), fence.text()).expect("`new` made the folder of each"),
            None => {
                assert_eq!(fence.language, "sh");
                follow(&fence.lines, &host);
            }
        }
    }
    stays_until_undone(&host, &["notes@5f1d0c8a7b21"]);
}

/// The reader's plugin: first as `new` wrote it, then with a handler.
#[test]
#[cfg(unix)]
fn the_plugin_of_getting_started_answers_as_printed() {
    const PAGE: &str = "docs/getting-started.md";
    let page = read(PAGE);
    let host = TestHost::new().plugin("shop");
    for heading in ["Your own plugin", "A handler"] {
        let section = section(&page, "## ", heading).unwrap_or_else(|| panic!("{PAGE} has no heading {heading}"));
        for fence in &fences(&section) {
            match &fence.label {
                Some(path) => std::fs::write(host.path(path), fence.text()).expect("`new` made the folder of each"),
                None if fence.language == "sh" => follow(&fence.lines, &host),
                None => {}
            }
        }
        requests::run_part(PAGE, &section, &host.serve());
    }
}

/// Runs lines that a page gives a shell to run; serving is left to who can end it, requests to who knows the server.
#[cfg(unix)]
fn follow(lines: &[String], host: &TestHost) {
    let _one = one_at_a_time();
    let folder = host.path("notes");
    for line in lines.iter().filter(|line| *line != "tenon serve" && !line.starts_with("curl ")) {
        if line.contains("cargo build") && !folder.join("target").exists() {
            prepare(&folder);
            std::os::unix::fs::symlink(shared_target(), folder.join("target")).expect("a link can be made");
        }
        let mut shell = Command::new("sh");
        without_cargos_own(&mut shell);
        let (said, code) = session::shell_with(shell, line, host);
        assert_eq!(code, 0, "{line}: {said}");
        assert!(!said.contains("warning"), "a new author meets no warnings: {said}");
    }
}

#[test]
fn a_plugin_written_by_new_compiles_as_written_and_comes_and_goes() {
    let host = TestHost::new();
    host.run("new notes").done();
    let folder = host.path("notes");
    prepare(&folder);
    let file = std::fs::read_dir(folder.join("migrations")).expect("it has revisions").next().expect("it has one").expect("it can be read");
    let id = file.file_name().to_string_lossy().split('_').nth(2).expect("the id is the third part").to_owned();
    comes_and_goes(&host, &folder, &[&format!("notes@{id}")]);
}

#[test]
fn the_example_compiles_and_comes_and_goes() {
    comes_and_goes(&TestHost::new(), &root().join("examples/notes"), &["notes@5f1d0c8a7b21", "notes@9c40e2d6f3ab"]);
}

/// The other half of `docs/alembic-loses-rows`, without Alembic: a copy of a table takes no row of its children.
#[test]
fn the_example_that_copies_a_table_keeps_the_rows_that_refer_to_it() {
    let host = TestHost::new();
    build(&root().join("examples/authors"), &host.path("plugins").join("authors.wasm"));
    host.run("upgrade authors@a1a1a1a1a1a1").done();
    let rows = "PRAGMA foreign_keys = ON; INSERT INTO authors (id, name) VALUES (1, 'Ada'); INSERT INTO books (id, title, author_id) VALUES (1, 'Notes', 1)";
    rusqlite::Connection::open(host.path("tenon.db")).unwrap().execute_batch(rows).unwrap();
    host.run("upgrade head").done();
    assert_eq!(host.column("SELECT (SELECT count(*) FROM authors), (SELECT count(*) FROM books)"), ["1|1"]);
    host.run("downgrade base").done();
}

#[test]
fn the_example_answers_as_the_book_says() {
    let host = TestHost::new();
    build(&root().join("examples/notes"), &host.path("plugins").join("notes.wasm"));
    host.run("upgrade head").done();
    requests::run("docs/writing-plugins.md", &host.serve());
}

#[test]
fn the_examples_own_tests_run_as_the_book_says() {
    const COMMAND: &str = "cargo test --target host-tuple";
    let as_typed = format!("cd examples/notes && {COMMAND} && cd ../..");
    assert!(fences(&read("docs/writing-plugins.md")).iter().any(|fence| fence.lines == [as_typed.as_str()]));
    let _one = one_at_a_time();
    let mut cargo = Command::new(env!("CARGO"));
    without_cargos_own(&mut cargo);
    cargo.args(COMMAND.split(' ').skip(1)).arg("--target-dir").arg(shared_target()).current_dir(root().join("examples/notes"));
    let output = cargo.output().expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Builds a plugin `notes`, drops it, upgrades, serves a row, deletes the file and downgrades.
fn comes_and_goes(host: &TestHost, folder: &Path, revisions: &[&str]) {
    build(folder, &host.path("plugins").join("notes.wasm"));
    host.run("plugins list").done();
    host.run("upgrade head").done();
    stays_until_undone(host, revisions);
}

/// Serves a row of a plugin `notes` that is applied, deletes the file and downgrades.
fn stays_until_undone(host: &TestHost, revisions: &[&str]) {
    assert_eq!(host.ledger(), revisions);
    assert_eq!(host.tables(), ["notes"]);
    let server = host.serve();
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

fn build(folder: &Path, to: &Path) {
    let _one = one_at_a_time();
    let mut cargo = Command::new(env!("CARGO"));
    without_cargos_own(&mut cargo);
    cargo.args(["build", "--release", "--quiet", "--target-dir"]).arg(shared_target()).current_dir(folder);
    let output = cargo.output().expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "a new author meets no warnings");
    let built = shared_target().join("wasm32-unknown-unknown/release").join(to.file_name().expect("it is named as it is built"));
    std::fs::copy(built, to).expect("the component can be copied");
}
