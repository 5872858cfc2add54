//! `stamp`: what is recorded moves, both ways, and no table is touched.

use super::support::{SHOP, TestHost};

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

/// `--purge` with a revision means its plugin's, however the revision is written; a plugin that nobody knows is refused.
#[test]
fn stamp_purge_forgets_the_plugins_whose_revision_is_meant_and_no_others() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let before = host.everything();
    let ledger = host.ledger();
    for refused in ["nosuch@base", "nosuch@head", "+1", "head-1", "ffff"] {
        host.run(&format!("stamp {refused} --purge")).refused();
    }
    host.run("stamp nosuch@base --purge").refused().err_has(&["there is no plugin 'nosuch'"]);
    host.run("stamp +1 --purge").refused().err_has(&["+1 needs a plugin: write PLUGIN@+1"]);
    assert_eq!(host.everything(), before);
    let said = host.run("stamp b1c2 --purge").done();
    said.err_has(&["Recorded no more: billing@c4d5e6f7a8b9."]);
    assert_eq!(host.ledger(), ledger[..2], "shop's is still recorded");
    host.run("stamp c4d5-1 --purge").done();
    assert_eq!(host.ledger(), ledger[..2]);
    host.run("stamp a1b2 --purge").done();
    assert_eq!(host.ledger().len(), 2, "{:?}", host.ledger());
}

#[test]
fn stamp_moves_back_as_it_moves_on_and_touches_no_table() {
    let host = TestHost::new().plugin("chain-straight");
    host.run("upgrade head").done();
    let tables = host.tables();
    let both = ["chain@aa", "chain@bb"];
    for (back, left, gone) in [
        ("stamp chain@aa", &both[..1], "Recorded no more: chain@bb."),
        ("stamp -1", &both[..1], "Recorded no more: chain@bb."),
        ("stamp bb-1", &both[..1], "Recorded no more: chain@bb."),
        ("stamp chain@-2", &[], "Recorded no more: chain@bb, chain@aa."),
        ("stamp chain@base", &[], "Recorded no more: chain@bb, chain@aa."),
        ("stamp base", &[], "Recorded no more: chain@bb, chain@aa."),
    ] {
        host.run(back).done().silent().err_has(&[gone]);
        assert_eq!((host.ledger(), host.tables()), (left.iter().map(|it| (*it).to_owned()).collect(), tables.clone()), "{back}");
        host.run("stamp head").done().err_has(&["Running stamp"]);
        assert_eq!(host.ledger(), both);
        host.run("drift").done();
    }
    let said: serde_json::Value = serde_json::from_str(&host.run("stamp chain@aa --json").done().out).unwrap();
    assert_eq!((&said["forgotten"], &said["steps"]), (&serde_json::json!(["chain@bb"]), &serde_json::json!([])));
    // Going back needs no file: what is recorded says enough.
    host.remove("chain-straight");
    host.run("stamp chain@base").done().err_has(&["Recorded no more: chain@aa."]);
    host.add("chain-straight");
    host.run("stamp head").done();
    host.run("downgrade base").done();
    assert!(host.tables().is_empty(), "what was recorded again can be undone");
}

#[test]
fn stamp_takes_nothing_from_below_what_another_plugin_has_recorded() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    let before = host.everything();
    let said = host.run("stamp shop@base").refused().err_has(&["billing@b1c2d3e4f5a6 is recorded and stands on", SHOP]);
    assert!(!said.err.contains("downgrade") && !said.err.contains("--cascade"), "{}", said.err);
    assert_eq!(host.everything(), before);
    host.run("stamp billing@base").done();
    host.run("stamp shop@base").done();
    assert!(host.ledger().is_empty());
}

/// Somebody undid by hand what the revisions had made.
#[test]
fn what_is_gone_when_stamp_goes_back_is_nobodys_any_more() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    host.database().execute_batch("DROP TABLE orders; DROP TABLE users").unwrap();
    host.run("stamp base").done();
    assert_eq!(host.column("SELECT name FROM tenon_objects"), Vec::<String>::new());
    host.run("upgrade head").done();
    host.run("drift").done();
}

#[test]
fn stamp_makes_no_database() {
    let host = TestHost::new().plugin("shop");
    for command in ["stamp head", "stamp head --purge", "stamp base --purge"] {
        host.run(command).refused().silent().err_has(&["there is no database tenon.db", "tenon ensure-version"]);
        assert!(!host.path("tenon.db").exists(), "{command}");
    }
    host.run("stamp base").done().err_has(&["Nothing to do."]);
    host.run("ensure-version").done();
    host.run("stamp head").done().err_has(&["there is no table users"]);
}
