//! Tables that are changed step by step and back again, and what an upgrade says of it beforehand.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::json;
use support::TestHost;

/// The plugin's objects and rows. A copied table has its name in quotes, and a dropped column takes a line break along.
fn state(host: &TestHost) -> Vec<String> {
    let sql = "SELECT replace(sql, '\"', '') FROM sqlite_schema
               WHERE tbl_name IN ('items', 'item_log') AND sql IS NOT NULL ORDER BY type, name";
    let mut found: Vec<String> = host.column(sql).iter().map(|text| text.split_whitespace().collect()).collect();
    found.extend(host.column("SELECT * FROM items ORDER BY id"));
    found.extend(host.column("SELECT * FROM item_log ORDER BY rowid"));
    found
}

#[test]
fn every_change_can_be_made_and_undone() {
    let host = TestHost::new().plugin("changes");
    let mut states = Vec::new();
    let revisions = host.revisions("changes");
    assert_eq!(revisions.len(), 11);
    for _ in &revisions {
        host.run("upgrade +1").done();
        states.push(state(&host));
    }
    assert_eq!(host.column("SELECT * FROM items ORDER BY id"), ["1|NULL|one|10.5|21", "2|NULL|NULL|30|60"]);
    host.run("upgrade head").done().err_has(&["Nothing to do."]);
    while let Some(before) = states.pop() {
        assert_eq!(state(&host), before);
        host.run("downgrade -1").done();
    }
    assert_eq!(host.tables(), Vec::<String>::new());
}

#[test]
fn a_computed_column_is_shown_and_never_written() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade head").done();
    let server = host.serve();
    let made = server.post("items", &json!({"id": 3, "name": "three", "amount": 4, "doubled": 1})).is(201).json();
    assert_eq!((&made["doubled"], &made["amount"]), (&json!(8.0), &json!(4.0)));
    let put = server.put("items/3", &json!({"id": 3, "name": "drei", "amount": 5})).is(200).json();
    assert_eq!((&put["doubled"], &put["name"]), (&json!(10.0), &json!("drei")));
    assert_eq!(host.column("SELECT item, what FROM item_log"), ["3|changed"], "the trigger acts on what the host writes");
}

#[test]
fn a_plan_says_the_way_the_rows_and_what_would_be_lost_and_touches_nothing() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@default").done();
    let before = std::fs::read(host.path("tenon.db")).unwrap();
    let said = host.run("upgrade changes@several --plan").done();
    for line in [
        "Running upgrade changes@default -> changes@expression, A change.",
        "    give column items.amount a default  [rebuild; SQLite changes no default in place; items: 2 rows]",
        "    add check items (amount > 0)  [native; items: 2 rows]",
        "    create trigger tr_items on items",
        "        ALTER TABLE items ADD CHECK (amount > 0);",
    ] {
        assert!(said.out.contains(line), "{line:?} is not in:\n{}", said.out);
    }
    assert!(!said.out.contains("DESTRUCTIVE"), "{}", said.out);
    let plan: serde_json::Value = serde_json::from_str(&host.run("upgrade changes@type --plan --json").done().out).unwrap();
    assert_eq!(plan["steps"][0]["operations"][0]["rows"], json!({"items": 2}));
    assert_eq!(plan["steps"][1]["operations"][0]["way"], "rebuild");
    assert!(plan["steps"][1]["operations"][0]["statements"][0].as_str().unwrap().starts_with("CREATE TABLE tenon_rebuild"));
    assert_eq!(std::fs::read(host.path("tenon.db")).unwrap(), before);
}

#[test]
fn a_simulation_says_what_would_come_of_it_and_leaves_no_trace() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@default").done();
    let before = std::fs::read(host.path("tenon.db")).unwrap();
    // Beside a database that is read, SQLite leaves its index of the WAL.
    let is_sqlites = |name: &str| name.ends_with("-wal") || name.ends_with("-shm");
    let files = || {
        let names = std::fs::read_dir(host.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !is_sqlites(name)).collect::<std::collections::BTreeSet<_>>()
    };
    let there = files();
    let said = host.run("upgrade head --simulate").done().err_has(&["Running upgrade changes@default -> changes@expression"]);
    for line in ["changed: table items", "created: trigger tr_items", "the database itself is as it was"] {
        assert!(said.out.contains(line), "{line:?} is not in:\n{}", said.out);
    }
    assert_eq!(files(), there);
    assert!(std::fs::read(host.path("tenon.db")).unwrap() == before, "the database keeps every byte");
    let simulated: serde_json::Value = serde_json::from_str(&host.run("upgrade head --simulate --json").done().out).unwrap();
    assert_eq!((simulated["steps"].as_array().unwrap().len(), &simulated["failure"]), (8, &json!(null)));
}

#[test]
fn a_simulation_finds_the_step_that_the_rows_do_not_allow() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@type").done();
    let by_hand = rusqlite::Connection::open(host.path("tenon.db")).unwrap();
    by_hand.execute_batch("INSERT INTO items (id, code) VALUES (8, 'same'), (9, 'same')").unwrap();
    drop(by_hand);
    let before = host.everything();
    let said = host.run("upgrade head --simulate").refused();
    let reasons =
        ["the upgrade would fail: upgrade of changes@unique", "UNIQUE (code) of table items allows each only once", "code 'same', rows 2"];
    said.err_has(&reasons);
    assert_eq!(host.everything(), before);
    host.run("upgrade head").refused().err_has(&reasons[1..]);
}

#[test]
fn a_backup_is_the_database_before_and_can_be_put_back_as_it_says() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@start").done();
    let before = host.everything();
    let said = host.run("upgrade head --backup").done();
    let restore = said.err.lines().find_map(|line| line.strip_prefix("To put it back, with nobody using it: ")).unwrap().to_owned();
    assert_ne!(host.everything(), before);
    // What a program leaves that was killed while it wrote: SQLite would roll it back into the restored file.
    host.write("tenon.db-journal", "left");
    let shell = std::process::Command::new("sh").args(["-c", &restore]).current_dir(host.path("")).status().unwrap();
    assert!(shell.success() && !host.path("tenon.db-journal").exists(), "{restore}");
    assert_eq!(host.everything(), before);
    host.write("there.db", "mine");
    host.run("upgrade head --backup=there.db").refused().err_has(&["there.db", "it is there already"]);
    assert_eq!((host.everything(), std::fs::read(host.path("there.db")).unwrap()), (before, b"mine".to_vec()));
    host.write("fresh.db.part", "mine");
    host.run("upgrade changes@default --backup=fresh.db").done().err_has(&["The database as it was: fresh.db"]);
    assert_eq!(std::fs::read(host.path("fresh.db.part")).unwrap(), b"mine");
    host.run("upgrade head --backup=no/such/fresh.db").refused().err_has(&["no copy of the database can be made in no/such"]);
    assert_eq!(host.ledger(), ["changes@start", "changes@nullable", "changes@default"]);
}

#[test]
fn a_downgrade_keeps_the_rows_that_it_drops_where_a_backup_is_asked_for() {
    let host = TestHost::new().plugin("changes");
    host.run("downgrade base --backup").done().err_has(&["Nothing to do."]);
    host.run("upgrade changes@default").done();
    let before = host.everything();
    host.run("downgrade base --backup --sql").misused();
    host.run("downgrade base --backup=no/such/fresh.db").refused().err_has(&["no copy of the database can be made in no/such"]);
    assert_eq!(host.everything(), before);
    let said = host.run("downgrade base --backup=before.db --json").done();
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&report["backup"]["path"], report["steps"].as_array().unwrap().len()), (&json!("before.db"), 3));
    assert!(host.tables().is_empty());
    let restore = report["backup"]["restore"].as_str().unwrap();
    let shell = std::process::Command::new("sh").args(["-c", restore]).current_dir(host.path("")).status().unwrap();
    assert!(shell.success(), "{restore}");
    assert_eq!(host.everything(), before);
}

#[test]
fn where_a_backup_is_is_said_before_anything_is_done_and_to_whom_wants_to_hear_nothing() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@start").done();
    let said = host.run("upgrade changes@nullable --backup=one.db").done().err;
    let place = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text:?} is not in {said}"));
    assert!(place("The database as it was: one.db") < place("To put it back") && place("To put it back") < place("Running upgrade"));
    assert_eq!(said.matches("To put it back").count(), 1);
    let said = host.run("upgrade changes@default --backup=two.db -q").done().err;
    assert_eq!((said.lines().count(), said.starts_with("The database as it was: two.db\n")), (2, true), "{said}");
    let said = host.run("upgrade changes@expression --backup=three.db --json").done();
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["backup"]["path"], "three.db");
    said.err_has(&["The database as it was: three.db"]);
}

#[test]
fn a_run_is_kept_step_by_step_or_as_a_whole() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade changes@start").done();
    rusqlite::Connection::open(host.path("tenon.db")).unwrap().execute_batch("INSERT INTO items (id, code) VALUES (8, 'one')").unwrap();
    let before = host.everything();
    let said = host.run("upgrade head --transaction all --json").refused().err_has(&["UNIQUE (code) of table items"]);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((host.everything(), &report["steps"]), (before, &json!([])));
    host.run("upgrade head --transaction per-step").refused();
    let kept = ["start", "nullable", "default", "expression", "type"].map(|id| format!("changes@{id}"));
    assert_eq!(host.ledger(), kept);
    let whole = TestHost::new().plugin("changes");
    whole.run("upgrade head --transaction all --paranoid").done();
    assert_eq!(whole.ledger().len(), 11);
}

#[test]
fn what_goes_with_a_step_back_needs_no_leave() {
    let host = TestHost::new().plugin("changes");
    host.run("upgrade head").done();
    host.run("downgrade base").done();
    assert_eq!(host.tables(), Vec::<String>::new());
}

#[test]
fn options_that_contradict_each_other_are_wrong_usage() {
    let host = TestHost::new().plugin("changes");
    for options in ["--plan --sql", "--plan --simulate", "--sqlite 3.54", "--sql --backup", "--transaction some", "--plan --paranoid"] {
        host.run(&format!("upgrade head {options}")).misused();
    }
    assert!(!host.path("tenon.db").exists());
}
