//! Histories of other shapes: several revisions, branches, plugins that stand on others, and all or nothing of them.

use super::support::TestHost;
use super::support::seed::SEEDS;
use super::{ADOPT, made_as, theirs, untouched};

/// A host with a plugin, and the database of another build, or of another target, at these versions.
fn left_by(plugin: &str, build: &str, target: &str, versions: &[&str]) -> TestHost {
    let other = TestHost::new().plugin(build);
    other.run(&format!("upgrade {target}")).done();
    let host = TestHost::new().plugin(plugin);
    made_as(&host, &other, versions);
    host
}

#[test]
fn a_version_that_nobody_knows_says_nothing_and_the_tables_decide() {
    let host = left_by("notes-2", "notes-1", "head", &["deadbeef\u{1b}[2J"]);
    host.run(ADOPT).done().err_has(&[
        "alembic_version says deadbeef\\u{1b}[2J.",
        "warning: no plugin has a revision deadbeef\\u{1b}[2J: the tables decide",
        "notes@a00000000001 is there: the tables are what it leaves.",
    ]);
    host.run("upgrade head").done().err_has(&["Running upgrade notes@a00000000001 -> notes@a00000000002"]);
    host.run("drift").done();

    let host = left_by("notes-2", "notes-2", "head", &["deadbeef"]);
    host.run(ADOPT).done().err_has(&["notes@a00000000002 is there"]);
    assert_eq!(host.ledger(), ["notes@a00000000001", "notes@a00000000002"]);
}

/// What the book says of the way back.
#[test]
fn what_was_adopted_can_be_given_back() {
    let host = left_by("notes-2", "notes-1", "head", &["a00000000001"]);
    let before = theirs(&host);
    host.run(ADOPT).done();
    host.run("upgrade head").done();
    assert_ne!(theirs(&host), before);
    host.run("downgrade notes@a00000000001").done();
    for table in host.column("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'tenon\\_%' ESCAPE '\\'") {
        host.database().execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    assert_eq!(theirs(&host), before);
    host.run(ADOPT).done();
    host.run("drift").done();
}

#[test]
fn a_version_that_is_known_has_to_be_what_is_there() {
    let host = left_by("notes-2", "notes-1", "head", &["a00000000002"]);
    let said = untouched(&host);
    assert!(said.out.starts_with("notes@a00000000002, which the version names, does not leave what is there"), "{}", said.out);
    assert!(said.out.contains("\n  - priority "), "{}", said.out);
    assert!(said.out.ends_with("What is there is what notes@a00000000001 leaves.\n"), "{}", said.out);
}

#[test]
fn where_nothing_is_known_the_nearest_revision_is_compared() {
    let host = left_by("notes-2", "notes-1", "head", &["deadbeef"]);
    host.database().execute_batch("ALTER TABLE notes ADD COLUMN colour TEXT").unwrap();
    let said = untouched(&host);
    assert!(said.out.starts_with("notes@a00000000001, the nearest, does not leave what is there"), "{}", said.out);
    assert!(said.out.contains("table notes\n  + colour TEXT\n"), "{}", said.out);
}

#[test]
fn what_no_table_shows_stays_pending_unless_the_version_names_it() {
    let host = left_by("data-only-p", "data-only-p", "head", &["deadbeef"]);
    host.run(ADOPT).done().err_has(&["data-only-p@two leaves the same and stays pending", "`tenon stamp data-only-p@two`"]);
    assert_eq!(host.ledger(), ["data-only-p@one"]);
    host.run("stamp data-only-p@two").done();
    host.run("check").done();

    for (version, ledger) in [("one", vec!["data-only-p@one"]), ("two", vec!["data-only-p@one", "data-only-p@two"])] {
        let host = left_by("data-only-p", "data-only-p", "head", &[version]);
        let said = host.run(ADOPT).done();
        assert!(!said.err.contains("warning"), "{}", said.err);
        assert_eq!(host.ledger(), ledger);
    }
}

#[test]
fn of_branches_each_may_be_there_alone_or_with_others() {
    for (target, versions, ledger) in [
        ("chain@bb", vec!["deadbeef"], vec!["chain@bb"]),
        ("chain@aa", vec!["deadbeef"], vec!["chain@aa"]),
        ("chain@bb", vec!["bb"], vec!["chain@bb"]),
        ("heads", vec!["deadbeef"], vec!["chain@aa", "chain@bb"]),
        ("heads", vec!["aa", "bb"], vec!["chain@aa", "chain@bb"]),
    ] {
        let host = left_by("chain-cut", "chain-cut", target, &versions);
        host.run(ADOPT).done();
        assert_eq!(host.ledger(), ledger, "{target} {versions:?}");
        host.run("drift").done();
        host.run("upgrade heads").done();
        host.run("check").done();
    }
    // One is named, and both are there.
    let host = left_by("chain-cut", "chain-cut", "heads", &["aa"]);
    let said = untouched(&host);
    assert!(
        said.out.contains("table chain_bb\n  + ") && said.out.contains("What is there is what chain@aa with chain@bb leaves."),
        "{}",
        said.out
    );
}

/// What Alembic made of the plugins of a folder, in one history.
fn of_all(plugins: &[&str], target: &str, versions: &[&str]) -> TestHost {
    let (other, host) = (TestHost::new(), TestHost::new());
    for plugin in plugins {
        other.add(plugin);
        host.add(plugin);
    }
    other.run(&format!("upgrade {target}")).done();
    made_as(&host, &other, versions);
    host
}

#[test]
fn what_stands_on_another_plugin_is_recorded_after_it() {
    let host = of_all(&["billing", "chapkit", "shop"], "heads", &[SEEDS]);
    let before = theirs(&host);
    host.run(ADOPT).done();
    let ledger = host.ledger();
    assert_eq!(ledger[1..], ["shop@a1b2c3d4e5f6", "billing@b1c2d3e4f5a6", "billing@c4d5e6f7a8b9"]);
    assert_eq!(theirs(&host), before);
    host.run("check").done();
    host.run("drift").done();
    host.run("downgrade shop@base").refused().err_has(&["billing"]);
    host.run("downgrade base").done();

    let host = of_all(&["billing", "shop"], "billing@b1c2d3e4f5a6", &["b1c2d3e4f5a6"]);
    host.run(ADOPT).done();
    assert_eq!(host.ledger(), ["shop@a1b2c3d4e5f6", "billing@b1c2d3e4f5a6"]);
    host.run("upgrade head").done().err_has(&["billing@c4d5e6f7a8b9"]);
    host.run("drift").done();
}

#[test]
fn a_plugin_that_has_grown_since_is_at_the_revision_that_is_there() {
    let other = TestHost::new().plugin("ground-1").plugin("house-1");
    other.run("upgrade head").done();
    let host = TestHost::new().plugin("ground-2").plugin("house-1");
    made_as(&host, &other, &["h1"]);
    host.run(ADOPT).done().err_has(&["ground@g1 is there: the tables", "house@h1 is there: the version names it"]);
    assert_eq!(host.ledger(), ["ground@g1", "house@h1"]);
    host.run("upgrade head").done().err_has(&["Running upgrade ground@g1 -> ground@g2"]);
    host.run("check").done();
    host.run("drift").done();
}

#[test]
fn an_id_that_two_plugins_have_is_that_of_whom_the_tables_are() {
    let host = of_all(&["shop", "similar-ids"], "shop@head", &[SEEDS]);
    host.run(ADOPT).done().err_has(&["shop@a1b2c3d4e5f6 is there: the version names it", "similar-ids: nothing of it is there"]);
    assert_eq!(host.ledger(), ["shop@a1b2c3d4e5f6"]);
}

#[test]
fn what_stands_on_a_plugin_that_is_not_there_is_not_recorded() {
    let host = of_all(&["billing", "shop"], "head", &["c4d5e6f7a8b9"]);
    host.database().execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE orders; DROP TABLE users").unwrap();
    untouched(&host).err_has(&["the tables of billing@b1c2d3e4f5a6 are there, and those of", "shop", "take the plugin's file away"]);
}

#[test]
fn where_one_plugin_does_not_fit_none_is_recorded() {
    let host = of_all(&["chapkit", "shop"], "head", &[SEEDS]);
    host.database().execute_batch("DROP INDEX ix_configs_name").unwrap();
    let said = untouched(&host).err_has(&["shop@a1b2c3d4e5f6 is there", "nothing is recorded: change the tables"]);
    assert!(said.out.contains("chapkit@4d869b5fb06e, the nearest,"), "{}", said.out);
    host.database().execute_batch("CREATE INDEX ix_configs_name ON configs (name)").unwrap();
    host.run(ADOPT).done();
    assert_eq!(host.ledger().len(), 2);
}

/// The process ends before each statement in turn, until one run comes to its end.
#[test]
fn a_run_that_is_broken_off_records_nothing_and_the_next_one_all() {
    let host = of_all(&["chapkit", "shop"], "head", &[SEEDS]);
    let before = theirs(&host);
    let arguments: Vec<&str> = ADOPT.split(' ').collect();
    let mut run = 1;
    while !host.command(&arguments).env("TENON_ABORT_BEFORE_STATEMENT", run.to_string()).output().unwrap().status.success() {
        assert_eq!(theirs(&host), before);
        assert_eq!(host.column("SELECT name FROM sqlite_schema WHERE name LIKE 'tenon%'"), Vec::<String>::new(), "before statement {run}");
        run += 1;
    }
    assert!(run > 10, "only {run} runs");
    assert_eq!((theirs(&host), host.ledger().len()), (before, 2));
    host.run("drift").done();
}
