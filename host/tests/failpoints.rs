//! The process ends before each statement of a run in turn: the file is at a whole revision then, and the next run finishes.
//!
//! The run has changes in place, copies of a table, a trigger, and rows that are changed.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{TestHost, rows};

/// Where the run begins and ends.
const FROM: &str = "upgrade changes@start";
const TO: &str = "upgrade changes@trigger";

/// The plugin's objects and rows; that the file is sound.
fn state(host: &TestHost) -> Vec<String> {
    let database = host.database();
    assert_eq!(rows(&database, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&database, "PRAGMA foreign_key_check"), Vec::<String>::new());
    let mut found = rows(&database, "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'tenon%' AND sql IS NOT NULL ORDER BY name");
    found.extend(rows(&database, "SELECT * FROM items ORDER BY id"));
    found
}

fn begun() -> TestHost {
    let host = TestHost::new().plugin("changes");
    host.run(FROM).done();
    host
}

/// Ends a run before its n-th statement; answers whether it came to that.
fn aborted(host: &TestHost, arguments: &str, n: usize) -> bool {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let ended = host.command(&arguments).env("TENON_ABORT_BEFORE_STATEMENT", n.to_string()).output().unwrap();
    assert!(ended.status.success() || ended.status.code().is_none(), "{}", String::from_utf8_lossy(&ended.stderr));
    !ended.status.success()
}

/// The state after each number of revisions, as a run that nothing disturbs leaves it.
fn undisturbed() -> BTreeMap<usize, Vec<String>> {
    let host = begun();
    let mut states = BTreeMap::from([(host.ledger().len(), state(&host))]);
    while host.ledger().last().unwrap() != "changes@trigger" {
        host.run("upgrade +1").done();
        states.insert(host.ledger().len(), state(&host));
    }
    states
}

/// Ends a run before every so many statements, from a database that is made each time.
fn every_statement(begun: impl Fn() -> TestHost + Sync, arguments: &str, every: usize, states: &BTreeMap<usize, Vec<String>>, last: usize) {
    let (next, whole) = (AtomicUsize::new(1), Mutex::new(BTreeMap::<usize, usize>::new()));
    let work = || loop {
        let n = next.fetch_add(every, Ordering::Relaxed);
        let host = begun();
        let was_aborted = aborted(&host, arguments, n);
        let stands = host.ledger().len();
        assert_eq!(&state(&host), &states[&stands], "ended before statement {n}");
        *whole.lock().unwrap().entry(stands).or_default() += 1;
        if !was_aborted {
            return;
        }
        host.run(arguments).done();
        assert_eq!(&state(&host), &states[&last], "after statement {n}, and another run");
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    let whole = whole.into_inner().unwrap();
    println!("ended {} times; so often with so many revisions: {whole:?}", whole.values().sum::<usize>());
    assert!(whole.values().sum::<usize>() * every > 100, "{whole:?}");
}

#[test]
fn a_run_that_ends_before_any_of_its_statements_leaves_whole_revisions() {
    let states = undisturbed();
    every_statement(begun, TO, 1, &states, states.len());
}

#[test]
fn so_does_a_way_back() {
    let done = || {
        let host = begun();
        host.run(TO).done();
        host
    };
    let host = done();
    let mut states = BTreeMap::from([(host.ledger().len(), state(&host))]);
    while host.ledger().len() > 1 {
        host.run("downgrade -1").done();
        states.insert(host.ledger().len(), state(&host));
    }
    every_statement(done, "downgrade changes@start", 7, &states, 1);
}

/// The ledger's length, and the texts of all objects but the host's.
fn made(host: &TestHost) -> (usize, Vec<String>) {
    let database = host.database();
    assert_eq!(rows(&database, "PRAGMA integrity_check"), ["ok"]);
    let objects = rows(&database, "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'tenon%' AND sql IS NOT NULL ORDER BY name");
    let has_ledger = rows(&database, "SELECT 1 FROM sqlite_schema WHERE name = 'tenon_ledger'") == ["1"];
    (if has_ledger { host.ledger().len() } else { 0 }, objects)
}

#[test]
fn revisions_that_only_make_something_new_are_there_whole_whatever_is_committed_together() {
    let begun = || TestHost::new().plugin("chapkit").plugin("shop");
    let host = begun();
    let mut states = BTreeMap::from([(0, Vec::new())]);
    for _ in 0..2 {
        host.run("upgrade +1").done();
        states.extend([made(&host)]);
    }
    for n in (1..).step_by(5) {
        let host = begun();
        let was_aborted = aborted(&host, "upgrade head", n);
        if host.path("tenon.db").exists() {
            let (stands, objects) = made(&host);
            assert_eq!(objects, states[&stands], "ended before statement {n}");
        }
        host.run("upgrade head").done();
        assert_eq!(made(&host), (2, states[&2].clone()));
        if !was_aborted {
            assert!(n > 40, "{n}");
            break;
        }
    }
}

#[test]
fn a_run_that_is_kept_as_a_whole_leaves_all_of_it_or_nothing() {
    let states = undisturbed();
    for n in (1..).step_by(23) {
        let host = begun();
        let was_aborted = aborted(&host, &format!("{TO} --transaction all"), n);
        let stands = host.ledger().len();
        assert_eq!(&state(&host), &states[&stands]);
        assert!(stands == 1 || stands == states.len(), "ended before statement {n}, with {stands} revisions");
        if !was_aborted {
            break;
        }
    }
}
