//! What is asked for every day beside upgrades: `check`, `ensure-version` and words that mean nothing here; the other commands each in a file.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

#[cfg(unix)]
mod edit;
mod looking;
mod ranges;
mod stamp;
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod written;

use support::{SHOP, TestHost};

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
    let ensured: serde_json::Value = serde_json::from_str(&host.run("ensure-version --json").done().out).unwrap();
    assert_eq!(ensured, serde_json::json!({ "database": "tenon.db", "made": true }));
    let objects = host.column("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    assert!(!objects.is_empty() && objects.iter().all(|name| name.starts_with("tenon_")), "{objects:?}");
    let before = host.everything();
    host.run("ensure-version").done();
    assert_eq!(host.everything(), before);
    assert_eq!(host.run("check").refused().out, format!("not applied: {SHOP}\n"));
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
        (
            "duplicate-revision",
            "plugin duplicate-revision: two revisions have the id a00000000001, \"Nothing.\" and \"Nothing.\"; give one of them another id",
        ),
        ("cycle", "revisions need each other in a circle: cycle@"),
        ("missing-parent", "names b00000000002 as its parent, and plugin missing-parent has no such revision; it has a00000000001"),
    ] {
        host.add(guest);
        host.run(&format!("upgrade {guest}@head")).refused().err_has(&[guest, says]);
        host.remove(guest);
    }
}

#[test]
fn the_examples_of_a_command_are_in_the_plural_where_there_are_several_and_fit_a_terminal() {
    let host = TestHost::new();
    let commands = "upgrade downgrade stamp adopt check edit ensure-version lint verify drift repair current history heads branches show graph er \
                    revision merge serve openapi new";
    for command in commands.split_whitespace() {
        let help = host.run(&format!("{command} --help")).done().out;
        let (heading, examples) =
            help.split_once("\nExample").map(|(_, rest)| rest.split_once('\n').unwrap()).unwrap_or_else(|| panic!("{help}"));
        let number = examples.lines().filter(|line| line.trim_start().starts_with("tenon ") || line.contains("EDITOR=")).count();
        assert_eq!(heading, if number > 1 { "s:" } else { ":" }, "{help}");
        let (_, after) = help.rsplit_once("Global options").unwrap();
        let longest = after.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(120), "{command}: {longest:?} {help}");
    }
}
