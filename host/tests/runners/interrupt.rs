//! Ctrl-C or SIGTERM while a table is copied: the database is as it was, that is said, and the next run finishes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::support::steps::{create, table, written};
use super::support::{Said, TestHost, component};

/// Makes `big`, then copies it for another type of a column.
fn plugin() -> Vec<u8> {
    let columns = |data_type: &str| {
        let column = |name: &str, data_type: &str| json!({"name": name, "data_type": data_type, "nullable": name != "id"});
        let mut big = table("big");
        big["columns"] = json!([column("id", "integer"), column("a", data_type), column("b", "text")]);
        big
    };
    let retype: Json = json!({"call": "alter-table", "name": "big", "changes":
        [{"kind": "set-type", "name": "a", "attributes": {"data-type": "text"}}]});
    let script = json!({"declares": {"tables": [columns("text")]}, "m1": [create(columns("integer"))], "m2": [retype]});
    written(std::fs::read(component("scripted")).unwrap(), &script)
}

/// A database in which the copy is still to come, with so many rows.
fn begun(rows: u32) -> TestHost {
    let host = TestHost::new();
    host.write("plugins/it.wasm", plugin());
    host.run("upgrade scripted@m1").done();
    host.database()
        .execute_batch(&format!(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO big SELECT i, i % 7, 'row ' || i FROM n"
        ))
        .unwrap();
    host
}

/// How the run is ended, and with which status; a process that was killed has none.
type Signal = (&'static str, Option<i32>);

const CTRL_C: Signal = ("INT", Some(130));
const TERM: Signal = ("TERM", Some(143));
const KILL: Signal = ("KILL", None);

const UNDONE: &str = "error: interrupted: what was not committed is undone, the revisions before it stay";

fn send(child: &Child, signal: Signal) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{} {}", signal.0, child.id())]).status().unwrap();
    // One that has ended is a child still, until it was waited for.
    assert!(sent.success());
}

/// Ends the run as soon as it says that rows are copied; answers what it said, and how it ended.
fn interrupted(host: &TestHost, arguments: &str, signal: Signal) -> Said {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let mut child = host.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    while !err.contains("Copied ") {
        assert!(lines.read_line(&mut err).unwrap() > 0, "the run ended, and never said that rows are copied: {err}");
    }
    send(&child, signal);
    lines.read_to_string(&mut err).unwrap();
    println!("$ tenon {}\n{err}", arguments.join(" "));
    Said { code: child.wait().unwrap().code(), out: String::new(), err }
}

/// A run that is ended while it copies; answers what it said. The machine may be so busy that the copy is over first: a larger one takes longer.
fn while_copying(arguments: &str, signal: Signal, word: &str) -> (TestHost, Said) {
    for rows in [300_000, 1_000_000, 3_000_000] {
        let host = begun(rows);
        let before = host.everything();
        let said = interrupted(&host, arguments, signal);
        let done = host.ledger();
        if done.contains(&"scripted@m2".to_owned()) {
            assert!(said.code == Some(0) || said.code == signal.1, "{said:?}");
            continue;
        }
        assert_eq!(said.code, signal.1, "{said:?}");
        assert!(said.err.contains(word), "{said:?}");
        assert!(host.everything() == before, "something changed");
        host.run("drift").done();
        host.run("upgrade head").done();
        assert_eq!(host.column("SELECT count(*), min(typeof(a)), max(typeof(a)) FROM big"), [format!("{rows}|text|text")]);
        assert_eq!(host.ledger(), ["scripted@m1", "scripted@m2", "scripted@m3"]);
        return (host, said);
    }
    panic!("`tenon {arguments}` went on to its end, whatever it was told");
}

#[test]
fn ctrl_c_while_a_table_is_copied_leaves_the_database_as_it_was() {
    while_copying("upgrade head", CTRL_C, UNDONE);
}

#[test]
fn sigterm_ends_a_run_as_ctrl_c_does() {
    while_copying("upgrade head", TERM, UNDONE);
}

#[test]
fn a_run_that_is_ended_has_said_where_its_backup_is() {
    let (host, said) = while_copying("upgrade head --backup", TERM, UNDONE);
    let (word, rest) = said.err.split_once("Running upgrade").unwrap();
    let restore = word.lines().find_map(|line| line.strip_prefix("To put it back, with nobody using it: ")).unwrap();
    assert!(word.starts_with("The database as it was: ") && !rest.contains("The database as it was"), "{said:?}");
    assert!(Command::new("sh").args(["-c", restore]).current_dir(host.path("")).status().unwrap().success());
    assert_eq!(host.ledger(), ["scripted@m1"]);
}

#[test]
fn ctrl_c_leaves_nothing_of_a_run_that_is_kept_as_a_whole() {
    while_copying("upgrade head --transaction all", CTRL_C, "error: interrupted: the database is as it was");
}

/// What a simulation made beside the database.
fn copies(host: &TestHost) -> usize {
    let entries = std::fs::read_dir(host.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter(|name| name.to_string_lossy().starts_with(".tenon-")).count()
}

/// A simulation that is ended while it copies a table; what is left of it is for `look`.
fn while_simulating(signal: Signal, look: impl Fn(&TestHost, &Said)) {
    for rows in [300_000, 1_000_000, 3_000_000] {
        let host = begun(rows);
        let said = interrupted(&host, "upgrade head --simulate", signal);
        assert_eq!(host.ledger(), ["scripted@m1"]);
        if said.code == signal.1 {
            return look(&host, &said);
        }
        assert_eq!((said.code, copies(&host)), (Some(0), 0), "{said:?}");
    }
    panic!("the simulation went on to its end, whatever it was told");
}

#[test]
fn who_ends_a_simulation_takes_its_copy_with_it() {
    for signal in [CTRL_C, TERM] {
        while_simulating(signal, |host, said| {
            assert_eq!(copies(host), 0, "{said:?}");
            assert!(said.err.contains("error: interrupted: the database is as it was"), "{said:?}");
        });
    }
}

#[test]
fn the_copy_of_a_simulation_that_was_killed_goes_with_the_next_one() {
    while_simulating(KILL, |host, _| {
        assert!(copies(host) >= 2, "the copy and its lock");
        host.run("upgrade scripted@m1 --simulate").done();
        assert_eq!(copies(host), 0);
    });
}
