//! Upgrades and downgrades over several plugins, with the real binary on a real file.

mod support;

use support::{SHOP, TestHost};

fn three() -> TestHost {
    TestHost::new().plugin("billing").plugin("chapkit").plugin("shop")
}

#[test]
fn head_applies_all_plugins_in_the_order_of_what_they_need() {
    let host = three();
    let said = host.run("upgrade head").done();
    assert!(said.out.is_empty(), "steps are progress, not results: {}", said.out);
    let lines: Vec<&str> = said.err.lines().filter(|line| line.starts_with("Running")).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[2], &format!("Running upgrade  -> {}, {}", host.ledger()[2], lines[2].split_once(", ").unwrap().1));
    assert_eq!(host.ledger()[..2], ["chapkit@4d869b5fb06e", SHOP]);
    assert!(host.ledger()[2].starts_with("billing@"));
    assert_eq!(host.tables(), ["artifacts", "config_artifacts", "configs", "invoice_numbers", "invoices", "orders", "tasks", "users"]);
}

#[test]
fn what_is_committed_together_stays_when_a_later_revision_fails() {
    let host = three();
    host.run("upgrade chapkit@head").done();
    host.database().execute_batch("CREATE TABLE invoices (by_hand)").unwrap();
    let said = host.run("upgrade head --json").refused().err_has(&["billing@", "table invoices was not made by a plugin"]);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let taken: Vec<_> = report["steps"].as_array().unwrap().iter().map(|step| step["revision"].as_str().unwrap()).collect();
    assert_eq!(taken, [SHOP]);
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e", SHOP]);

    let again = host.run("upgrade head").refused();
    assert_eq!(again.err.lines().filter(|line| line.starts_with("Running")).count(), 1, "{}", again.err);
    host.database().execute_batch("DROP TABLE invoices").unwrap();
    host.run("upgrade head").done();
    assert_eq!(host.ledger().len(), 4);
}

#[test]
fn head_again_does_nothing() {
    let host = three();
    host.run("upgrade head").done();
    let said = host.run("upgrade head").done();
    assert!(!said.err.contains("Running"), "{}", said.err);
}

#[test]
fn a_target_of_one_plugin_brings_what_it_needs_and_no_more() {
    let host = three();
    host.run("upgrade billing@head").done();
    assert_eq!(host.ledger().len(), 3);
    assert_eq!(host.ledger()[0], SHOP);
}

#[test]
fn minus_one_undoes_the_revision_applied_last() {
    let host = three();
    host.run("upgrade shop@head").done();
    host.run("upgrade head").done();
    host.run("downgrade -1").done().err_has(&["Running downgrade "]);
    assert_eq!(host.ledger().len(), 3);
    host.run("upgrade +1").done();
    assert_eq!(host.ledger().len(), 4);
}

#[test]
fn what_an_applied_revision_depends_on_stays_unless_it_may_cascade() {
    let host = three();
    host.run("upgrade head").done();
    host.run("downgrade shop@base").refused().err_has(&["billing@", SHOP, "--cascade"]);
    assert_eq!(host.ledger().len(), 4);
    host.run("downgrade shop@base --cascade").done();
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e"]);
    assert!(!host.tables().contains(&"users".to_owned()));
}

#[test]
fn base_leaves_nothing_but_the_bookkeeping() {
    let host = three();
    host.run("upgrade head").done();
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
    assert!(host.column("SELECT name FROM tenon_objects").is_empty());
    assert!(host.column("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'tenon%' AND name NOT LIKE 'sqlite%'").is_empty());
    host.run("upgrade head").done();
    assert_eq!(host.tables().len(), 8);
}

#[test]
fn a_downgrade_works_when_the_file_was_deleted() {
    let host = three();
    host.run("upgrade head").done();
    host.remove("billing");
    host.run("downgrade billing@base").done();
    assert_eq!(host.ledger().len(), 2);
    host.remove("shop");
    host.remove("chapkit");
    host.run("current").done();
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}

#[test]
fn unknown_ambiguous_and_malformed_targets_are_each_their_own_error() {
    let host = three();
    host.run("upgrade deadbeef").refused().err_has(&["can't locate revision identified by 'deadbeef'"]);
    host.run("upgrade shopp@head").refused().err_has(&["shopp", "did you mean 'shop'"]);
    host.run("upgrade +9").refused().err_has(&["+9", "didn't produce 9 migrations"]);
    host.run("downgrade -1").refused().err_has(&["-1", "didn't produce 1 migrations"]);
    host.run("upgrade base").refused().err_has(&["downgrade"]);
    host.run("downgrade head").refused().err_has(&["upgrade"]);
    host.run("upgrade a@b@c").misused();
    assert!(!host.path("tenon.db").exists(), "nothing was to be done, so nothing is made");
}

#[test]
fn an_id_that_two_plugins_have_or_several_begin_with_is_ambiguous_unless_it_is_written_whole() {
    let host = TestHost::new().plugin("similar-ids").plugin("shop");
    let both =
        format!("revision 'a1b2c3d4e5f6' is ambiguous: it can be {SHOP}, similar-ids@a1b2c3d4e5f6; write more of it, or PLUGIN@ before it");
    let begin = "similar-ids@a1b2c3d4e5f6, similar-ids@ab, similar-ids@abc, similar-ids@abcd";
    for command in ["upgrade", "downgrade", "show"] {
        host.run(&format!("{command} a1b2c3d4e5f6")).refused().err_has(&[&both]);
        host.run(&format!("{command} a1b2")).refused().err_has(&["revision 'a1b2' is ambiguous", SHOP]);
        host.run(&format!("{command} similar-ids@a")).refused().err_has(&["revision 'a' is ambiguous", begin]);
        host.run(&format!("{command} similar-ids@B")).refused().err_has(&["can't locate revision identified by 'B'"]);
    }
    // Whole ids, though others begin so; words that begin like targets; a number; another case.
    for (target, stands) in [
        ("ab", "ab"),
        ("abc", "abc"),
        ("similar-ids@abcd", "abcd"),
        ("similar-ids@a1b2", "a1b2c3d4e5f6"),
        ("base1", "base1"),
        ("h", "h"),
        ("0", "0"),
        ("AB", "AB"),
    ] {
        host.run(&format!("upgrade {target}")).done();
        assert_eq!(host.run("current").done().out, format!("similar-ids@{stands}{}\n", if stands == "AB" { " (head)" } else { "" }));
    }
    host.run("downgrade base").done();
}

#[test]
fn a_run_that_has_nothing_to_do_makes_no_database() {
    let host = TestHost::new().plugin("shop");
    host.run("downgrade base").done().err_has(&["Nothing to do"]);
    for command in ["downgrade -1", "downgrade shop@a1b2c3d4e5f6", "upgrade nonsense", "upgrade shop@+9", "upgrade nobody@head"] {
        host.run(command).refused();
        assert!(!host.path("tenon.db").exists(), "{command}");
    }
    host.remove("shop");
    host.run("upgrade head").done().err_has(&["Nothing to do"]);
    assert!(!host.path("tenon.db").exists());
    // A database of the operator's own gets no tables of ours either.
    host.write("tenon.db", "");
    host.run("downgrade base").done();
    assert!(host.column("SELECT name FROM sqlite_schema").is_empty());
}

#[test]
fn a_plugin_without_a_file_cannot_be_upgraded_and_that_is_said() {
    let host = three();
    host.run("upgrade head").done();
    host.remove("billing");
    for target in ["billing@head", "billing@heads", "billing@+1"] {
        host.run(&format!("upgrade {target}")).refused().err_has(&["plugin billing has no file in the plugins folder"]);
    }
    host.run("upgrade head").done().err_has(&["Nothing to do"]);
}

#[test]
fn two_processes_upgrading_at_once_both_end_well() {
    for _ in 0..5 {
        let host = TestHost::new().plugin("shop").plugin("billing").plugin("many-revisions");
        let spawn = || {
            host.command(&["upgrade", "head"]).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        };
        let children = [spawn(), spawn(), spawn()];
        let mut told = 0;
        for child in children {
            let output = child.wait_with_output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{err}");
            told += err.matches("Running upgrade").count();
        }
        let ledger = host.ledger();
        assert_eq!(told, ledger.len(), "only who does a step tells of it");
        let unique: std::collections::BTreeSet<&String> = ledger.iter().collect();
        assert_eq!(unique.len(), ledger.len());
        host.run("current").done();
    }
}

#[test]
fn applying_the_last_of_two_heads_of_one_plugin_needs_a_choice() {
    let host = TestHost::new().plugin("two-heads").plugin("shop");
    host.run("upgrade head").refused().err_has(&["two-heads has 2 heads", "two-heads@"]);
    assert!(!host.path("tenon.db").exists() || host.ledger().is_empty());
    host.run("upgrade heads").done();
    assert!(host.ledger().len() >= 3);
}
