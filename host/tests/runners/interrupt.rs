//! Ctrl-C while a table is copied: the database is as it was, that is said, and the next run finishes.

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

fn interrupt(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    // One that has ended is a child still, until it was waited for.
    assert!(sent.success());
}

/// Presses Ctrl-C as soon as the run says that rows are copied; answers what it said, and how it ended.
fn interrupted(host: &TestHost, arguments: &str) -> Said {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let mut child = host.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    while !err.contains("Copied ") {
        assert!(lines.read_line(&mut err).unwrap() > 0, "the run ended, and never said that rows are copied: {err}");
    }
    interrupt(&child);
    lines.read_to_string(&mut err).unwrap();
    println!("$ tenon {}\n{err}", arguments.join(" "));
    Said { code: child.wait().unwrap().code(), out: String::new(), err }
}

/// A run that Ctrl-C ends while it copies. The machine may be so busy that the copy is over first: a larger one takes longer.
fn while_copying(arguments: &str, word: &str) {
    for rows in [300_000, 1_000_000, 3_000_000] {
        let host = begun(rows);
        let before = host.everything();
        let said = interrupted(&host, arguments);
        let done = host.ledger();
        if done.contains(&"scripted@m2".to_owned()) {
            assert!(matches!(said.code, Some(0 | 130)), "{said:?}");
            continue;
        }
        assert_eq!(said.code, Some(130), "{said:?}");
        assert!(said.err.contains(word), "{said:?}");
        assert!(host.everything() == before, "something changed");
        host.run("drift").done();
        host.run("upgrade head").done();
        assert_eq!(host.column("SELECT count(*), min(typeof(a)), max(typeof(a)) FROM big"), [format!("{rows}|text|text")]);
        assert_eq!(host.ledger(), ["scripted@m1", "scripted@m2", "scripted@m3"]);
        return;
    }
    panic!("`tenon {arguments}` went on to its end, whatever it was told");
}

#[test]
fn ctrl_c_while_a_table_is_copied_leaves_the_database_as_it_was() {
    while_copying("upgrade head", "error: interrupted: what was not committed is undone, the revisions before it stay");
}

#[test]
fn ctrl_c_leaves_nothing_of_a_run_that_is_kept_as_a_whole() {
    while_copying("upgrade head --transaction all", "error: interrupted: the database is as it was");
}

#[test]
fn ctrl_c_takes_the_copy_of_a_simulation_with_it() {
    let files = |host: &TestHost| {
        let entries = std::fs::read_dir(host.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| name.to_string_lossy().starts_with(".tenon-simulate")).count()
    };
    for rows in [300_000, 1_000_000, 3_000_000] {
        let host = begun(rows);
        let said = interrupted(&host, "upgrade head --simulate");
        assert_eq!(files(&host), 0, "{said:?}");
        assert_eq!(host.ledger(), ["scripted@m1"]);
        if said.code == Some(130) {
            assert!(said.err.contains("error: interrupted: the database is as it was"), "{said:?}");
            return;
        }
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    panic!("the simulation went on to its end, whatever it was told");
}
