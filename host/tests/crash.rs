//! `kill -9` in the middle of a run, at moments spread over it: the database always stands at a whole revision, nobody holds a lock,
//! and the next run finishes.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use support::{Said, TestHost, rows};

const PLUGINS: [&str; 4] = ["many-revisions", "shop", "billing", "chapkit"];
const UPGRADE: [&str; 2] = ["upgrade", "head"];
const DOWNGRADE: [&str; 2] = ["downgrade", "base"];
const REVISIONS: usize = 64;

fn host() -> TestHost {
    PLUGINS.iter().fold(TestHost::new(), |host, plugin| host.plugin(plugin))
}

/// From when the time of a kill is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Since {
    /// The process was started: it loads, plans and replays, and perhaps makes the database.
    Start,
    /// It said that it runs its first step.
    FirstStep,
}

/// A run as a process.
struct Run {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Run {
    fn begin(host: &TestHost, arguments: &[&str]) -> Self {
        let mut child = host.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        Self { child, said }
    }

    /// Waits until the first step is announced. What is said later is dropped unread: the pipe holds it all.
    fn reach(&mut self, since: Since) {
        let mut line = String::new();
        while since == Since::FirstStep && !line.starts_with("Running") {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the run ended without a step");
        }
    }
}

/// How long a whole run takes from there to its end.
fn measured(host: &TestHost, arguments: &[&str], since: Since) -> Duration {
    let mut run = Run::begin(host, arguments);
    run.reach(since);
    let begun = Instant::now();
    std::io::copy(&mut run.said, &mut std::io::sink()).unwrap();
    assert!(run.child.wait().unwrap().success());
    begun.elapsed()
}

/// Starts a run and kills it so long after that. Answers whether it was still running.
fn killed(host: &TestHost, arguments: &[&str], since: Since, after: Duration) -> bool {
    let mut run = Run::begin(host, arguments);
    run.reach(since);
    // Until the run ends, which its standard error tells, or the moment comes that is being tried.
    let (end, ended) = channel::<()>();
    let mut said = run.said;
    let listener = std::thread::spawn(move || {
        let heard = std::io::copy(&mut said, &mut std::io::sink());
        drop(end);
        heard
    });
    assert!(matches!(ended.recv_timeout(after), Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)));
    // A child that has ended and was not waited for takes the signal too; how it ended says whether the kill did it.
    run.child.kill().unwrap();
    let killed = run.child.wait().unwrap().code().is_none();
    listener.join().unwrap().unwrap();
    killed
}

/// Asserts that the database stands at a whole revision, and answers what is applied, in order.
fn whole(host: &TestHost) -> Vec<String> {
    if !host.path("tenon.db").exists() {
        return Vec::new();
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
        return Vec::new();
    }
    assert_eq!(mine.len(), 5, "the bookkeeping is whole: {mine:?}");
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
    ledger.iter().map(|row| row.replace('|', "@")).collect()
}

/// The tables that a revision, as the ledger has it, makes.
fn tables_of(row: &str) -> Vec<String> {
    let names: &[&str] = match row.split_once('|').unwrap() {
        ("many-revisions", revision) => return vec![format!("many_{revision}")],
        ("shop", _) => &["users", "orders"],
        ("billing", "b1c2d3e4f5a6") => &["invoices"],
        ("billing", _) => &["invoice_numbers"],
        ("chapkit", _) => &["artifacts", "configs", "config_artifacts", "tasks"],
        other => panic!("{other:?}"),
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `current` answers the ledger's heads.
fn current_agrees(host: &TestHost, applied: &[String]) {
    let current = host.run("current").done().out;
    match applied.iter().rfind(|node| node.starts_with("many-revisions@")) {
        None => assert!(!current.contains("many-revisions"), "{current}"),
        Some(last) => assert!(current.contains(last.as_str()), "{current}"),
    }
    assert_eq!(current.is_empty(), applied.is_empty(), "{current}");
}

/// A kill that landed while the run ran.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kill {
    since: Since,
    after: Duration,
    /// What was applied then, in order.
    applied: Vec<String>,
}

/// Kills runs of `arguments`, at moments spread over one measured run, until all of them have landed while it ran: `(n, since)` is n
/// moments between there and the end.
fn landed(
    name: &str,
    arguments: &[&str],
    moments: [(u32, Since); 2],
    prepare: impl Fn(&TestHost) + Sync,
    finish: impl Fn(&TestHost) + Sync,
) -> Vec<Kill> {
    // As long as those that will be killed, which run two at a time. The first run of a build compiles the plugins; no later one does.
    let whole_run = |since| {
        let one = || {
            let host = host();
            prepare(&host);
            measured(&host, arguments, since)
        };
        one();
        let two = std::thread::scope(|scope| [scope.spawn(one), scope.spawn(one)].map(|run| run.join().unwrap()));
        two.into_iter().max().unwrap()
    };
    let mut planned = Vec::new();
    for (count, since) in moments {
        let length = whole_run(since);
        println!("{name}: one run took {length:.0?}, counted from {since:?}");
        planned.extend((0..count).map(|number| (since, length * (2 * number + 1) / (2 * count))));
    }
    let stands: Mutex<Vec<Kill>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let tried = AtomicUsize::new(0);
    let hammer = || {
        while let Some(&(since, mut after)) = planned.get(next.fetch_add(1, Ordering::Relaxed)) {
            // Runs differ in length. One that was faster than its moment is tried again, with a moment that comes earlier.
            loop {
                let host = host();
                prepare(&host);
                tried.fetch_add(1, Ordering::Relaxed);
                if killed(&host, arguments, since, after) {
                    let applied = whole(&host);
                    current_agrees(&host, &applied);
                    finish(&host);
                    stands.lock().unwrap().push(Kill { since, after, applied });
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
    println!(
        "{name}: of {} kills {} landed; each after so long, with so many revisions applied, the last of them",
        tried.into_inner(),
        stands.len()
    );
    for Kill { since, after, applied } in &stands {
        let last = applied.last().map_or("none", String::as_str);
        println!("{:>9} + {:>6.1} ms: {:>2}, {last}", format!("{since:?}"), after.as_secs_f64() * 1000.0, applied.len());
    }
    stands
}

/// At how many different revisions the killed runs stood, other than before their first and after their last.
fn within(stands: &[Kill]) -> usize {
    let numbers: BTreeSet<usize> = stands.iter().map(|kill| kill.applied.len()).collect();
    numbers.range(1..REVISIONS).count()
}

#[test]
fn an_upgrade_that_is_killed_leaves_whole_revisions_and_the_next_one_finishes() {
    let finish = |host: &TestHost| {
        host.run("--quiet upgrade head").done();
        assert_eq!(whole(host).len(), REVISIONS);
    };
    let stands = landed("upgrade head", &UPGRADE, [(6, Since::Start), (40, Since::FirstStep)], |_| {}, finish);
    assert!(stands.len() >= 40, "{} kills landed", stands.len());
    assert!(within(&stands) >= 20, "the moments are spread over the run");
}

#[test]
fn a_downgrade_that_is_killed_leaves_whole_revisions_and_the_next_one_finishes() {
    let prepare = |host: &TestHost| {
        host.run("--quiet upgrade head").done();
    };
    let finish = |host: &TestHost| {
        host.run("--quiet downgrade base").done();
        assert_eq!(whole(host), [""; 0]);
    };
    let stands = landed("downgrade base", &DOWNGRADE, [(2, Since::Start), (10, Since::FirstStep)], prepare, finish);
    assert!(stands.len() >= 10, "{} kills landed", stands.len());
    assert!(within(&stands) >= 4, "the moments are spread over the run");
}

#[test]
fn runs_that_pull_in_both_directions_leave_whole_revisions() {
    let host = host();
    host.run("-q upgrade head").done();
    let commands: [&[&str]; 5] = [
        &["-q", "upgrade", "head"],
        &["-q", "downgrade", "base"],
        &["-q", "downgrade", "many-revisions@base"],
        &["-q", "upgrade", "billing@head"],
        &["-q", "downgrade", "-1"],
    ];
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
        println!("round {round}: {} revisions", whole(&host).len());
    }
    host.run("-q upgrade head").done();
    assert_eq!(whole(&host).len(), REVISIONS);
}
