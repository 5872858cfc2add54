//! `kill -9` in the middle of a run, at moments spread over it: the database always stands at a whole revision, nobody holds a lock,
//! and the next run finishes.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use support::{Said, TestHost, rows};

const PLUGINS: [&str; 4] = ["many-revisions", "shop", "billing", "chapkit"];
const UPGRADE: [&str; 3] = ["--quiet", "upgrade", "head"];
const DOWNGRADE: [&str; 3] = ["--quiet", "downgrade", "base"];
const REVISIONS: usize = 63;

fn host() -> TestHost {
    PLUGINS.iter().fold(TestHost::new(), |host, plugin| host.plugin(plugin))
}

fn spawn(host: &TestHost, arguments: &[&str]) -> Child {
    host.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// How long a whole run takes, from its start to its end.
fn measured(host: &TestHost, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    assert!(spawn(host, arguments).wait().unwrap().success());
    begun.elapsed()
}

/// Starts a run and kills it after so long. Answers whether it was still running.
fn killed(host: &TestHost, arguments: &[&str], after: Duration) -> bool {
    let mut child = spawn(host, arguments);
    // Nothing is waited for here: the moment itself is what is being tried.
    sleep(after);
    // A child that has ended and was not waited for takes the signal too; how it ended says whether the kill did it.
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Asserts that the database stands at a whole revision, and answers how many are applied.
fn whole(host: &TestHost) -> usize {
    if !host.path("tenon.db").exists() {
        return 0;
    }
    let database: Connection = host.database();
    // The first to open it after the kill: what the dead run left in the log is recovered here.
    database.busy_timeout(Duration::ZERO).unwrap();
    assert_eq!(rows(&database, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&database, "PRAGMA foreign_key_check"), [""; 0]);
    database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").expect("no lock remains");
    let tables = rows(&database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let (mine, plugins): (Vec<_>, Vec<_>) = tables.into_iter().partition(|name| name.starts_with("tenon_"));
    if mine.is_empty() {
        assert!(plugins.is_empty(), "tables without a ledger: {plugins:?}");
        return 0;
    }
    assert_eq!(mine.len(), 4, "the bookkeeping is whole: {mine:?}");
    let ledger = rows(&database, "SELECT plugin, revision FROM tenon_ledger ORDER BY seq");
    let mut expected: Vec<String> = ledger.iter().flat_map(|row| tables_of(row)).collect();
    let mut found = plugins;
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "the tables are those of the ledger's revisions");
    for table in found.iter().filter(|name| name.starts_with("many_")) {
        let content = rows(&database, &format!("SELECT count(*), sum(n), sum(length(payload)) FROM {table}"));
        assert_eq!(content, ["100|4950|20000"], "{table} has all its rows");
    }
    let owned = rows(&database, "SELECT name FROM tenon_objects WHERE kind = 'table' ORDER BY name");
    assert_eq!(owned, expected, "every table has its owner");
    let objects = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'tenon_%'";
    let unowned = rows(&database, &format!("{objects} EXCEPT SELECT name FROM tenon_objects"));
    assert_eq!(unowned, [""; 0]);
    let orphans = "SELECT component FROM tenon_ledger WHERE component NOT IN (SELECT hash FROM tenon_components)";
    assert_eq!(rows(&database, orphans), [""; 0], "what was applied is archived");
    ledger.len()
}

/// The tables that a revision, as the ledger has it, makes.
fn tables_of(row: &str) -> Vec<String> {
    let names: &[&str] = match row.split_once('|').unwrap() {
        ("many-revisions", revision) => return vec![format!("many_{revision}")],
        ("shop", _) => &["users", "orders"],
        ("billing", _) => &["invoices"],
        ("chapkit", _) => &["artifacts", "configs", "config_artifacts", "tasks"],
        other => panic!("{other:?}"),
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `current` answers the ledger's heads, without changing anything.
fn current_agrees(host: &TestHost, applied: usize) {
    let current = host.run("current").done().out;
    let many = host.path("tenon.db").exists().then(|| host.database()).map(|database| {
        let has_ledger = rows(&database, "SELECT name FROM sqlite_schema WHERE name = 'tenon_ledger'").len() == 1;
        let last = "SELECT revision FROM tenon_ledger WHERE plugin = 'many-revisions' ORDER BY revision DESC LIMIT 1";
        if has_ledger { rows(&database, last) } else { Vec::new() }
    });
    match many.unwrap_or_default().first() {
        None => assert!(!current.contains("many-revisions"), "{current}"),
        Some(last) => assert!(current.contains(&format!("many-revisions@{last}")), "{current}"),
    }
    assert_eq!(current.is_empty(), applied == 0, "{current}");
}

/// Kills runs of `arguments` at `moments` moments spread over one measured run, until so many have landed while it ran.
///
/// # Shape
/// At how many applied revisions each killed run stood, in the order of the moments.
fn landed(
    name: &str,
    arguments: &[&str],
    moments: usize,
    prepare: impl Fn(&TestHost) + Sync,
    finish: impl Fn(&TestHost) + Sync,
) -> Vec<(Duration, usize)> {
    let first = host();
    prepare(&first);
    let whole_run = measured(&first, arguments);
    let stands: Mutex<Vec<(Duration, usize)>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let tried = AtomicUsize::new(0);
    let hammer = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= moments {
                return;
            }
            let mut after = whole_run * u32::try_from(2 * number + 1).unwrap() / u32::try_from(2 * moments).unwrap();
            // Runs differ in length. One that was faster than its moment is tried again, with a moment that comes earlier.
            loop {
                let host = host();
                prepare(&host);
                tried.fetch_add(1, Ordering::Relaxed);
                if killed(&host, arguments, after) {
                    let applied = whole(&host);
                    current_agrees(&host, applied);
                    finish(&host);
                    stands.lock().unwrap().push((after, applied));
                    break;
                }
                after = after * 9 / 10;
            }
        }
    };
    // Two at a time: less steady moments, and twice as many of them in the same time.
    std::thread::scope(|scope| {
        scope.spawn(hammer);
        scope.spawn(hammer);
    });
    let mut stands = stands.into_inner().unwrap();
    stands.sort();
    println!("{name}: one run took {whole_run:.0?}; of {} kills {} landed", tried.into_inner(), stands.len());
    println!("killed after: revisions applied");
    stands.iter().for_each(|(after, applied)| println!("{:>9.1?} ms: {applied:>2}", after.as_secs_f64() * 1000.0));
    stands
}

/// The runs that were killed neither before their first revision nor after their last.
fn within(stands: &[(Duration, usize)]) -> usize {
    stands.iter().filter(|(_, applied)| (1..REVISIONS).contains(applied)).count()
}

#[test]
fn an_upgrade_that_is_killed_leaves_whole_revisions_and_the_next_one_finishes() {
    let finish = |host: &TestHost| {
        host.run("--quiet upgrade head").done();
        assert_eq!(whole(host), REVISIONS);
    };
    let stands = landed("upgrade head", &UPGRADE, 44, |_| {}, finish);
    assert!(stands.len() >= 40, "{} kills landed", stands.len());
    assert!(within(&stands) >= 10, "the moments are spread over the run");
}

#[test]
fn a_downgrade_that_is_killed_leaves_whole_revisions_and_the_next_one_finishes() {
    let prepare = |host: &TestHost| {
        host.run("--quiet upgrade head").done();
    };
    let finish = |host: &TestHost| {
        host.run("--quiet downgrade base").done();
        assert_eq!(whole(host), 0);
    };
    let stands = landed("downgrade base", &DOWNGRADE, 11, prepare, finish);
    assert!(stands.len() >= 10, "{} kills landed", stands.len());
    assert!(within(&stands) >= 3, "the moments are spread over the run");
}

#[test]
fn runs_that_pull_in_both_directions_leave_whole_revisions() {
    let host = host();
    host.run("-q upgrade head").done();
    let commands: [&[&str]; 5] =
        [&UPGRADE, &DOWNGRADE, &["-q", "downgrade", "many-revisions@base"], &["-q", "upgrade", "billing@head"], &["-q", "downgrade", "-1"]];
    for round in 0..4 {
        let run = |arguments: &[&str]| {
            let child = host.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            (arguments.join(" "), child)
        };
        let children: Vec<_> = commands.iter().cycle().skip(round).take(6).map(|arguments| run(arguments)).collect();
        for (command, child) in children {
            let said = Said::from(child.wait_with_output().unwrap());
            println!("{command}: {:?} {}", said.code, said.err.trim_end());
            // Each either did its work or says who was in its way: never a broken plan carried out, never a panic.
            let excuses = ["another process changed what is applied", "didn't produce", "cannot undo", "needs"];
            let excused = said.code == Some(1) && excuses.iter().any(|excuse| said.err.contains(excuse));
            assert!(said.code == Some(0) || excused, "{command}: {said:?}");
        }
        println!("round {round}: {} revisions", whole(&host));
    }
    host.run("-q upgrade head").done();
    assert_eq!(whole(&host), REVISIONS);
}
