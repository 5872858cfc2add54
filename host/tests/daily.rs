//! What is asked for every day beside upgrades: `check`, `ensure-version`, `stamp --purge`, `edit`, ranges, and words that mean nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::{SHOP, Said, TestHost};

#[test]
fn check_says_what_is_not_applied_and_is_content_afterwards() {
    let host = TestHost::new().plugin("shop");
    let said = host.run("check").refused();
    assert_eq!(said.out, format!("not applied: {SHOP}\n"));
    assert!(!host.path("tenon.db").exists(), "to look makes no database");
    host.run("upgrade head").done();
    host.run("check").done().silent().err_has(&["No new upgrade operations detected."]);
    let checked: serde_json::Value = serde_json::from_str(&host.run("check --json").done().out).unwrap();
    assert_eq!(checked, serde_json::json!({ "pending": [], "refused": [], "unwritten": [] }));
    host.add("missing-parent");
    host.run("check").refused().silent().err_has(&["missing-parent.wasm"]);
    host.run("check --plugin nowhere").refused().err_has(&["nowhere is no plugin's crate", "there is no such folder"]);
}

#[test]
fn ensure_version_makes_the_bookkeeping_and_nothing_else() {
    let host = TestHost::new().plugin("shop");
    host.run("ensure-version").done();
    let objects = host.column("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    assert!(!objects.is_empty() && objects.iter().all(|name| name.starts_with("tenon_")), "{objects:?}");
    let before = host.everything();
    host.run("ensure-version").done();
    assert_eq!(host.everything(), before);
    assert_eq!(host.run("check").refused().out, format!("not applied: {SHOP}\n"));
}

/// The file's history has nothing in common with the ledger's, and the tables are as the file's first revision leaves them.
#[test]
fn stamp_purge_forgets_what_no_file_knows_and_touches_no_table() {
    let host = TestHost::new().plugin("chain-straight");
    host.run("upgrade head").done();
    host.replace("chain-straight", "chain-replaced");
    host.run("stamp chain@head").refused();
    host.database().execute_batch("ALTER TABLE chain_aa RENAME TO chain_cc").unwrap();
    let tables = host.tables();
    host.run("stamp chain@head --purge").done().err_has(&["Running stamp", "chain@cc"]);
    assert_eq!((host.ledger(), host.tables()), (vec!["chain@cc".to_owned()], tables.clone()));
    host.run("upgrade head").done();
    host.run("stamp base --purge").done().err_has(&["Recorded no more: chain@cc."]);
    assert_eq!((host.ledger(), host.tables()), (vec![], tables));
    assert_eq!(host.run("check").refused().out, "not applied: chain@cc\n");
}

#[test]
fn stamp_purge_leaves_nothing_that_stands_on_air() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let before = host.everything();
    host.run("stamp shop@base --purge").refused().err_has(&["billing@b1c2d3e4f5a6 is recorded and stands on", SHOP]);
    host.run("stamp shop@nothing --purge").refused().err_has(&["can't locate revision identified by 'nothing'"]);
    assert_eq!(host.everything(), before);
    // What it forgot is recorded again, where the target has it.
    host.run("stamp head --purge").done();
    assert_eq!(host.ledger().len(), 3);
    host.run("drift").done();
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}

/// A program that writes what it is asked to open into the file `opened`, and exits as it is told to.
fn editor(folder: &Path, status: u8) -> String {
    let file = folder.join("editor");
    std::fs::write(&file, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {}\nexit {status}\n", folder.join("opened").display())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn edit_opens_the_file_of_a_revision() {
    let host = TestHost::new();
    host.run("new notes").done();
    let migrations = host.path("notes/migrations");
    let first = std::fs::read_dir(&migrations).unwrap().next().unwrap().unwrap().path();
    let id = first.file_name().unwrap().to_str().unwrap().split('_').nth(2).unwrap().to_owned();
    std::fs::write(migrations.join("20990101_0000_ffff_later.rs"), "").unwrap();
    std::fs::write(migrations.join("readme.md"), "").unwrap();
    let program = editor(&host.path("."), 0);
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        let mut command = host.command(&[&["edit", "--plugin", "notes"], words].concat());
        let cargo = std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("CARGO_PKG"));
        for name in cargo {
            command.env_remove(name);
        }
        Said::from(command.env_remove("VISUAL").env_remove("EDITOR").envs(variables.iter().copied()).output().unwrap())
    };
    let opened = || std::fs::read_to_string(host.path("opened")).unwrap();
    let with_words = format!("{program} --wait");
    run(&[&id[..5]], &[("EDITOR", with_words.as_str())]).done().silent();
    assert_eq!(opened(), format!("--wait\nnotes/migrations/{}\n", first.file_name().unwrap().to_str().unwrap()));
    run(&["head"], &[("EDITOR", "/nowhere"), ("VISUAL", program.as_str())]).done();
    assert_eq!(opened(), "notes/migrations/20990101_0000_ffff_later.rs\n");
    run(&["head"], &[("VISUAL", " ")]).refused().err_has(&["set EDITOR"]);
    run(&["head"], &[("EDITOR", "/nowhere/vi")]).refused().err_has(&["the editor /nowhere/vi cannot be run"]);
    run(&["zz"], &[("EDITOR", program.as_str())]).refused().err_has(&["has no file of revision \"zz\"", "ffff", &id]);
    editor(&host.path("."), 7);
    run(&["head"], &[("EDITOR", program.as_str())]).refused();
}

/// Alembic says one thing of most of these, or nothing.
#[test]
fn whatever_is_wrong_with_a_name_or_a_history_is_its_own_error_and_says_what_there_is() {
    let host = TestHost::new().plugin("chain-straight").plugin("similar-ids");
    host.run("upgrade chain@head").done();
    for (command, says) in [
        ("upgrade chain@aa", "chain@aa is applied already, and later revisions too (chain is at chain@bb); to go back to it use downgrade"),
        ("upgrade similar-ids@a", "revision 'a' is ambiguous: it can be similar-ids@a1b2c3d4e5f6, similar-ids@ab"),
        ("upgrade chain@zz", "can't locate revision identified by 'zz' in plugin chain; known are chain@aa, chain@bb"),
        ("upgrade chian@head", "there is no plugin 'chian'; did you mean 'chain'?; known are chain, similar-ids"),
        ("downgrade similar-ids@ab", "similar-ids@ab is not applied, so there is no way down to it"),
    ] {
        host.run(command).refused().err_has(&[says]);
    }
    for (guest, says) in [
        ("duplicate-revision", "revision a00000000001: is declared twice"),
        ("cycle", "revisions need each other in a circle: cycle@"),
        ("missing-parent", "names b00000000002 as its parent, and plugin missing-parent has no such revision; it has a00000000001"),
    ] {
        host.add(guest);
        host.run(&format!("upgrade {guest}@head")).refused().err_has(&[guest, says]);
        host.remove(guest);
    }
}

#[test]
fn ranges_say_what_would_be_run_between_any_two_points_both_ways() {
    let host = TestHost::new().plugin("chain-straight");
    let runs = |command: &str| {
        let out = host.run(command).done().out;
        out.lines().filter_map(|line| line.strip_prefix("-- Running ").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(runs("upgrade base:chain@aa --sql"), ["upgrade  -> chain@aa"]);
    assert_eq!(runs("upgrade chain@aa:chain@head --sql"), ["upgrade chain@aa -> chain@bb"]);
    assert_eq!(runs("downgrade chain@head:chain@aa --sql"), ["downgrade chain@bb -> chain@aa"]);
    assert_eq!(runs("downgrade chain@bb:base --sql").len(), 2);
    host.run("upgrade chain@bb:chain@aa --sql").refused().silent();
    host.run("downgrade chain@aa:chain@bb --sql").refused().silent();
    host.run("upgrade chain@aa:chain@bb").not_done().err_has(&["which only --sql takes"]);
    host.run("upgrade head").done();
    let history = host.run("history -v -i -r chain@bb:").done().out;
    assert!(history.starts_with("Rev: chain@bb (head) (current)\nParent: chain@aa\n"), "{history}");
    assert!(!history.contains("Rev: chain@aa"), "{history}");
}
