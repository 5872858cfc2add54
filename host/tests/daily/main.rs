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
    host.run("ensure-version").done();
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
        ("duplicate-revision", "revision a00000000001: is declared twice"),
        ("cycle", "revisions need each other in a circle: cycle@"),
        ("missing-parent", "names b00000000002 as its parent, and plugin missing-parent has no such revision; it has a00000000001"),
    ] {
        host.add(guest);
        host.run(&format!("upgrade {guest}@head")).refused().err_has(&[guest, says]);
        host.remove(guest);
    }
}
