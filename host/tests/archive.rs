//! The component of every applied revision is in the database: which one runs when the file was deleted, replaced or edited.
//!
//! Four builds of the plugin `notes`: 0.9.0 (`notes-broken`) cannot undo its first revision when there are rows, 1.0.0 (`notes-1`) can, 2.0.0 (`notes-2`)
//! has a second one, 1.0.1 (`notes-edited`) makes another table under the first one's id.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use support::TestHost;
use support::shell::sqlite3;

const FIRST: &str = "notes@a00000000001";
const SECOND: &str = "notes@a00000000002";

fn applied_with(build: &str) -> TestHost {
    let host = TestHost::new().plugin(build);
    host.run("upgrade head").done();
    host
}

/// Who applied what, and which builds are archived.
fn archived(host: &TestHost) -> Vec<String> {
    host.column("SELECT plugin, plugin_version, size FROM tenon_components ORDER BY plugin_version")
        .into_iter()
        .map(|row| row.rsplit_once('|').expect("three columns").0.to_owned())
        .collect()
}

fn a_row(host: &TestHost) {
    host.database().execute("INSERT INTO notes (id, note) VALUES ('01J0000000000000000000000A', 'kept')", []).unwrap();
}

#[test]
fn applying_archives_the_component_whole() {
    let host = applied_with("notes-1");
    assert_eq!(archived(&host), ["notes|1.0.0"]);
    let bytes = std::fs::read(host.path("plugins/notes-1.wasm")).unwrap();
    assert_eq!(host.column("SELECT size FROM tenon_components"), [bytes.len().to_string()]);
    let stored = host.column("SELECT count(*) FROM tenon_ledger JOIN tenon_components ON component = hash");
    assert_eq!(stored, ["1"]);
}

#[test]
fn what_the_file_added_is_undone_after_the_file_went_back_to_an_older_one() {
    let host = applied_with("notes-2");
    host.replace("notes-2", "notes-1");
    assert_eq!(host.run("current").done().out, format!("{SECOND} (head)\n"));
    let history = host.run("history").done().out;
    assert!(history.contains(&format!("{FIRST} -> {SECOND} (head)")), "{history}");
    let before = host.everything();
    let said = host.run("upgrade head").refused();
    said.err_has(&["notes-1.wasm", "a00000000002", "the file does not have it", "newer file back"]);
    assert_eq!(host.everything(), before);
    host.run("downgrade -1").done();
    assert_eq!(host.ledger(), [FIRST]);
    assert!(!host.column("SELECT name FROM pragma_table_info('notes')").contains(&"priority".to_owned()));
    host.run("upgrade head").done().err_has(&["Nothing to do"]);
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}

#[test]
fn a_newer_file_goes_on_where_the_older_one_stood() {
    let host = applied_with("notes-1");
    a_row(&host);
    host.replace("notes-1", "notes-2");
    assert_eq!(host.run("current").done().out, format!("{FIRST}\n"), "it is no head any more");
    host.run("upgrade head").done();
    assert_eq!(host.column("SELECT note, priority FROM notes"), ["kept|NULL"]);
    assert_eq!(archived(&host), ["notes|1.0.0", "notes|2.0.0"]);
    host.remove("notes-2");
    host.run("downgrade -1").done();
    assert_eq!(host.column("SELECT note FROM notes"), ["kept"]);
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}

#[test]
fn a_broken_downgrade_is_mended_by_a_file_that_applies_the_same() {
    for mended in ["notes-1", "notes-2"] {
        let host = applied_with("notes-broken");
        a_row(&host);
        let before = host.everything();
        let broken = ["version 0.9.0", "this downgrade is broken", "rolled back"];
        host.run("downgrade base").refused().err_has(&broken);
        host.remove("notes-broken");
        host.run("downgrade base").refused().err_has(&broken);
        assert_eq!(host.everything(), before);
        host.add(mended);
        host.run("downgrade base").done();
        assert!(host.tables().is_empty(), "{mended}");
    }
}

#[test]
fn an_edited_file_does_not_undo_what_another_applied() {
    let host = applied_with("notes-broken");
    a_row(&host);
    host.replace("notes-broken", "notes-edited");
    host.run("downgrade base").refused().err_has(&["version 0.9.0", "this downgrade is broken"]);
    assert_eq!(host.tables(), ["notes"]);
}

#[test]
fn a_file_that_edits_an_applied_revision_is_not_upgraded_and_named() {
    let host = applied_with("notes-1");
    host.add("shop");
    host.replace("notes-1", "notes-edited");
    let edited = ["notes-edited.wasm (plugin notes) was refused", "a00000000001 is applied", "would apply it otherwise", "tenon downgrade"];
    host.run("upgrade head").refused().err_has(&edited);
    assert_eq!(host.ledger(), [FIRST, "shop@a1b2c3d4e5f6"], "the others go on");
    assert!(!host.column("SELECT name FROM pragma_table_info('notes')").contains(&"more".to_owned()));
    host.run("upgrade notes@head").refused().err_has(&edited);
    // The way out that the message names: undo it with what applied it, and apply it anew.
    host.run("downgrade notes@base").done();
    host.run("upgrade head").done();
    assert!(host.column("SELECT name FROM pragma_table_info('notes')").contains(&"more".to_owned()));
    assert_eq!(host.column("SELECT plugin_version FROM tenon_ledger WHERE plugin = 'notes'"), ["1.0.1"]);
}

#[test]
fn of_an_older_file_the_revisions_that_it_shares_are_undone_with_it() {
    let host = applied_with("notes-2");
    a_row(&host);
    host.replace("notes-2", "notes-broken");
    // The second is undone by the archived 2.0.0, the first by 0.9.0 from the folder, which applies it the same way.
    host.run("downgrade base").refused().err_has(&["version 0.9.0", "this downgrade is broken"]);
    assert_eq!(host.ledger(), [FIRST]);
    host.remove("notes-broken");
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}

#[test]
fn what_nothing_is_applied_by_leaves_the_archive() {
    let host = applied_with("notes-1");
    host.replace("notes-1", "notes-2");
    host.add("shop");
    host.run("upgrade head").done();
    assert_eq!(archived(&host), ["notes|1.0.0", "shop|1.0.0", "notes|2.0.0"]);
    host.run("downgrade notes@-1").done();
    assert_eq!(archived(&host), ["notes|1.0.0", "shop|1.0.0"]);
    // A script leaves what a run would have left.
    let script = host.run("downgrade notes@base --sql").done().out;
    sqlite3(&host.path("tenon.db"), &script).done();
    assert_eq!(archived(&host), ["shop|1.0.0"]);
    host.run("downgrade base").done();
    assert!(archived(&host).is_empty());
}

#[test]
fn the_script_of_a_downgrade_needs_no_file_either() {
    let host = applied_with("notes-2");
    host.remove("notes-2");
    let script = host.run("downgrade base --sql").done().out;
    assert!(script.contains("DROP TABLE notes"), "{script}");
    sqlite3(&host.path("tenon.db"), &script).done();
    assert!(host.tables().is_empty() && host.ledger().is_empty());
}

#[test]
fn a_component_that_was_tampered_with_is_not_run() {
    let host = applied_with("notes-1");
    host.remove("notes-1");
    let kept = host.database();
    let (size, shop) = archived_shop();
    let damages: [(&str, i64, &[u8]); 6] = [
        ("it cannot be decompressed", size, b"not zstd"),
        ("content has another hash", size, b""),
        ("it cannot be decompressed", 1, &shop),
        ("its size cannot be", -1, &shop),
        ("its size cannot be", i64::MAX, &shop),
        ("content has another hash", size, &shop),
    ];
    for (reason, size, content) in damages {
        kept.execute("UPDATE tenon_components SET content = ?1, size = ?2", rusqlite::params![content, size]).unwrap();
        host.run("downgrade base").refused().err_has(&["damaged", "archived component", reason]);
        assert_eq!(host.ledger(), [FIRST]);
    }
    kept.execute("DELETE FROM tenon_components", []).unwrap();
    let said = host.run("downgrade base").refused();
    said.err_has(&[FIRST, "the component that applied it is not archived"]);
    // A file of the same build is as good as the archive, and fills it again.
    host.add("notes-1");
    host.run("upgrade head").done();
    assert_eq!(archived(&host), ["notes|1.0.0"]);
    host.remove("notes-1");
    host.run("downgrade base").done();
}

/// Another plugin's component as the archive holds it, and its size before it was compressed.
fn archived_shop() -> (i64, Vec<u8>) {
    let other = TestHost::new().plugin("shop");
    other.run("upgrade head").done();
    let found = other.database().query_row("SELECT size, content FROM tenon_components", [], |row| Ok((row.get(0)?, row.get(1)?)));
    found.unwrap()
}
