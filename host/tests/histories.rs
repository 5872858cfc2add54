//! A file that was replaced by one that tells another history. What is applied is what the ledger says: where it stands, in which
//! order it is undone, and by which component. What the file says of it makes the file one that is not upgraded, and stops nobody else.
//!
//! Nearly all are builds of the plugin `chain`; `guests/README.md` says what their histories are.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Output, Stdio};

use rusqlite::Connection;
use support::{SHOP, Said, TestHost};

/// `first` was applied whole, then `second` took its place.
fn replaced(first: &str, second: &str) -> TestHost {
    let host = TestHost::new().plugin(first);
    host.run("upgrade head").done();
    host.replace(first, second);
    host
}

/// The lines that say what a run does.
fn steps(said: &Said) -> Vec<&str> {
    said.err.lines().filter_map(|line| line.strip_prefix("Running ")).collect()
}

#[test]
fn where_a_plugin_stands_and_how_it_came_there_is_what_the_ledger_says() {
    for (file, current) in [
        ("chain-reversed", "chain@bb (head)\n"),
        ("chain-inserted", "chain@bb (head)\n"),
        ("chain-cut", "chain@bb (head)\n"),
        ("chain-replaced", "chain@bb (head)\n"),
        ("chain-edited", "chain@bb (head)\n"),
    ] {
        let host = replaced("chain-straight", file);
        assert_eq!(host.run("current").done().out, current, "{file}");
        let shown = host.run("show chain@bb").done().out;
        assert!(shown.contains("Parent: chain@aa\n") && shown.contains("A link."), "{file}: {shown}");
        let back = host.run("downgrade bb-1").done();
        assert_eq!(steps(&back), ["downgrade chain@bb -> chain@aa, A link."], "{file}");
        assert_eq!(host.ledger(), ["chain@aa"], "{file}");
        host.run("downgrade base").done();
        assert!(host.tables().is_empty(), "{file}");
    }
}

#[test]
fn what_is_applied_is_undone_in_the_order_in_which_it_was_applied() {
    for file in ["chain-reversed", "chain-inserted", "chain-cut", "chain-replaced", "chain-edited"] {
        let host = replaced("chain-straight", file);
        let down = host.run("downgrade base").done();
        assert_eq!(steps(&down), ["downgrade chain@bb -> chain@aa, A link.", "downgrade chain@aa -> , A link."], "{file}");
        assert!(!down.err.contains("the edited file's downgrade runs"), "{file}");
        assert!(host.tables().is_empty(), "{file}");
    }
}

#[test]
fn a_file_that_tells_another_history_is_not_upgraded_and_stops_nobody_else() {
    let cases: [(&str, &[&str]); 5] = [
        ("chain-reversed", &["revision aa was applied on base, and this file puts it on bb", "revision bb was applied on aa"]),
        ("chain-inserted", &["revision bb was applied on aa, and this file puts it on xx"]),
        ("chain-cut", &["revision bb was applied on aa, and this file puts it on base"]),
        ("chain-replaced", &["revisions aa, bb are applied, and the file does not have them"]),
        ("chain-edited", &["revisions aa, bb are applied, and this file would apply them otherwise"]),
    ];
    for (file, parts) in cases {
        let host = replaced("chain-straight", file);
        host.add("shop");
        host.add("chapkit");
        let refused = format!("{file}.wasm (plugin chain) was refused");
        let said = host.run("upgrade head").refused().err_has(&[&refused, "tenon downgrade"]).err_has(parts);
        assert_eq!(steps(&said).len(), 2, "{file}: shop and chapkit go on");
        assert_eq!(host.ledger()[2..], ["chapkit@4d869b5fb06e", SHOP], "{file}");
        let before = host.everything();
        host.run("upgrade chain@head").refused().err_has(parts);
        host.run("upgrade head").refused().err_has(parts);
        assert_eq!(host.everything(), before, "{file}");
        // The way out that the message names.
        host.run("downgrade chain@base").done();
        host.run("upgrade heads").done();
        assert!(host.tables().iter().any(|table| table.starts_with("chain_")), "{file}");
    }
}

#[test]
fn whether_there_is_a_way_back_is_the_word_of_the_component_that_would_go_it() {
    // The file was edited, so the archived one runs, whatever the file says of ways back.
    let host = replaced("chain-straight", "chain-edited-one-way");
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
    // The archived one runs here, too, and has no way back: nothing is undone before that is known.
    let host = replaced("chain-one-way", "chain-edited");
    let before = host.everything();
    for command in ["downgrade base", "downgrade base --sql", "downgrade -2"] {
        host.run(command).refused().silent().err_has(&["chain@aa cannot be undone: this link stays"]);
        assert_eq!(host.everything(), before, "{command}");
    }
    host.run("downgrade -1").done();
    // A file that applies it the same way runs itself, be it to bring a way back or to close one.
    let host = replaced("chain-one-way", "chain-straight");
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
    let host = replaced("chain-straight", "chain-one-way");
    host.run("downgrade base").refused().err_has(&["chain@aa cannot be undone: this link stays"]);
    assert_eq!(host.ledger().len(), 2);
    host.remove("chain-one-way");
    host.run("downgrade base").done();
}

#[test]
fn rows_that_were_taken_from_the_ledger_stop_their_plugin_only() {
    let host = TestHost::new().plugin("chain-straight");
    host.run("upgrade head").done();
    host.database().execute("DELETE FROM tenon_ledger WHERE revision = 'aa'", []).unwrap();
    host.add("shop");
    let parts = ["chain-straight.wasm (plugin chain) was refused", "chain@bb is applied, but chain@aa, on which it stands, is not"];
    host.run("upgrade head").refused().err_has(&parts);
    assert_eq!(host.ledger(), ["chain@bb", SHOP]);
    host.run("upgrade chain@head").refused().err_has(&parts[1..]);
    // The way out that the message names.
    host.run("downgrade -2").done();
    host.database().execute("DROP TABLE chain_aa", []).unwrap();
    host.database().execute("DELETE FROM tenon_objects", []).unwrap();
    host.run("upgrade head").done();
}

#[test]
fn who_stands_on_a_plugin_that_cannot_be_replayed_is_left_out_with_it_and_nobody_else() {
    let host = TestHost::new().plugin("notes-2");
    host.run("upgrade head").done();
    host.replace("notes-2", "notes-1");
    host.add("requires-notes");
    host.add("shop");
    let parts = [
        "notes-1.wasm (plugin notes) was refused: revision a00000000002 is applied, and the file does not have it",
        "requires-notes.wasm (plugin requires-notes) was refused: what it stands on cannot be replayed: notes@a00000000002",
    ];
    host.run("upgrade head").refused().err_has(&parts);
    assert_eq!(host.ledger(), ["notes@a00000000001", "notes@a00000000002", SHOP]);
}

#[test]
fn the_next_revision_of_all_passes_over_a_plugin_that_cannot_be_replayed() {
    let host = TestHost::new().plugin("fails-halfway").plugin("shop");
    let parts = ["fails-halfway.wasm (plugin fails-halfway) was refused", "cannot be replayed on an empty database"];
    host.run("upgrade +1").refused().err_has(&parts);
    assert_eq!(host.ledger(), [SHOP]);
    host.run("upgrade +1").refused().err_has(&parts).err_has(&["+1", "didn't produce 1 migration"]);
}

/// Puts what `other` has applied in the place of what `database` has: what a downgrade and an upgrade of another process do.
fn apply_anew(database: &Connection, other: &TestHost) {
    database.execute_batch("DROP TABLE chain_aa; DROP TABLE chain_bb").unwrap();
    let made = support::rows(&other.database(), "SELECT sql FROM sqlite_schema WHERE name IN ('chain_aa', 'chain_bb')");
    made.iter().for_each(|sql| database.execute_batch(sql).unwrap());
    let rows = "DELETE FROM tenon_ledger; INSERT INTO tenon_ledger SELECT * FROM other.tenon_ledger;
                DELETE FROM tenon_components; INSERT INTO tenon_components SELECT * FROM other.tenon_components";
    database.execute_batch(rows).unwrap();
}

#[test]
fn what_another_file_applied_anew_while_a_downgrade_waited_is_not_undone_by_the_one_of_before() {
    let other = TestHost::new().plugin("chain-edited");
    other.run("upgrade head").done();
    let host = TestHost::new().plugin("chain-straight");
    host.run("upgrade head").done();
    let database = host.database();
    database.execute("ATTACH ?1 AS other", [other.path("tenon.db").to_str()]).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut child = host.command(&["-v", "downgrade", "base"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It has planned, and chosen the components, when it reaches for the lock that is held here.
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains("taking the write lock") {
        assert!(err.read_line(&mut told).unwrap() > 0, "it ended without reaching for the lock: {told}");
    }
    apply_anew(&database, &other);
    database.execute_batch("COMMIT").unwrap();
    err.read_to_string(&mut told).unwrap();
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    let said = Said { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: told };
    said.refused().err_has(&["another process changed what is applied"]);
    assert_eq!(host.ledger(), other.ledger());
    assert_eq!(host.tables(), other.tables());
    host.run("downgrade base").done().err_has(&["the edited file's downgrade runs"]);
}

/// A revision that was added late, and applied before a later one of a required plugin took away what it reads, does not run in the order of
/// an empty database. It ran, and what comes after it can run.
#[test]
fn what_ran_before_a_required_plugin_grew_is_proven_in_the_order_in_which_it_ran() {
    let host = TestHost::new().plugin("ground-1").plugin("house-1").configured("[plugins.house]\nreads = [\"ground\"]\n");
    host.run("upgrade head").done();
    host.database().execute_batch("INSERT INTO ground (id, soil) VALUES ('01J0000000000000000000000A', 'clay')").unwrap();
    host.replace("house-1", "house-2");
    host.run("upgrade head").done();
    host.replace("ground-1", "ground-2");
    let pending = ["upgrade head --plan", "upgrade head --simulate", "lint head", "drift", "upgrade house@head"];
    pending.iter().for_each(|command| drop(host.run(command).done()));
    host.run("upgrade head").done();
    assert_eq!(host.ledger(), ["ground@g1", "house@h1", "house@h2", "ground@g2"]);
    for command in ["upgrade head", "plugins list", "drift", "current", "history"] {
        let said = host.run(command).done();
        assert!(!said.err.contains("refused"), "{command}: {}", said.err);
    }
    host.replace("house-2", "house-3");
    assert_eq!(steps(&host.run("upgrade head").done()), ["upgrade house@h2 -> house@h3, Rooms."]);
    assert_eq!(host.column("SELECT stands_on, rooms FROM house"), ["clay|NULL"]);
    host.run("drift").done();
    // From an empty database none of it would run, and a new one is told so.
    let fresh = host.run("upgrade head --database sqlite:new.db").refused();
    fresh.err_has(&["house-3.wasm (plugin house) was refused", "house@h2", "no such column: soil"]);
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}
