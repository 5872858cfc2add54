//! The command line as a person and a script meet it: usage, streams, exit codes, files left alone.

mod support;

use std::io::Read;
use std::process::Stdio;

use support::TestHost;

const SHOP: &str = "shop@a1b2c3d4e5f6";

#[test]
fn wrong_usage_is_2_and_on_standard_error() {
    let host = TestHost::new();
    for arguments in ["upgrade", "no-such-command", "upgrade head --colour", "serve --port 99999"] {
        let said = host.run(arguments);
        assert_eq!(said.code, Some(2), "{arguments}");
        assert!(said.out.is_empty() && said.err.contains("--help"), "{arguments}: {}", said.err);
    }
    assert_eq!(host.run_with(&[]).code, Some(2));
    for said in [host.run("plugins"), host.run_with(&[])] {
        assert!(said.err.contains("Usage"), "{}", said.err);
    }
}

#[test]
fn every_command_has_help_with_examples() {
    let host = TestHost::new();
    for command in ["", "upgrade", "downgrade", "current", "history", "show", "serve", "new"] {
        let said = host.run(format!("{command} --help").trim()).done();
        assert!(said.out.contains("Example"), "{command}: {}", said.out);
    }
}

#[test]
fn current_heads_history_and_show_say_what_the_ledger_says() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    assert_eq!(host.run("current").done().out, "");
    assert_eq!(host.run("history").done().out.lines().count(), 2);
    host.run("upgrade head").done();
    let current = host.run("current").done().out;
    assert!(current.lines().any(|line| line == format!("{SHOP} (head)")), "also when another plugin depends on it: {current}");
    assert_eq!(current.lines().count(), 2);
    let history = host.run("history").done().out;
    assert!(history.ends_with(&format!("<base> -> {SHOP} (head), Initial custom tables using helper pattern.\n")), "{history}");
    assert!(host.run("heads").done().out.contains(&format!("{SHOP} (head)\n")));
    let show = host.run("show a1b2").done().out;
    assert!(show.starts_with(&format!("Rev: {SHOP} (head)\nParent: <base>\n")), "{show}");
    assert!(show.contains("    Initial custom tables using helper pattern."), "{show}");
    host.remove("billing");
    host.remove("shop");
    assert_eq!(host.run("current").done().out, current, "the ledger is enough");
    assert_eq!(host.run("history").done().out, history);
}

#[test]
fn facts_are_json_when_asked_for() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head --json").done();
    for command in ["current", "history", "heads", "show a1b2", "plugins list", "plugins inspect shop"] {
        for order in [format!("--json {command}"), format!("{command} --json")] {
            let out = host.run(&order).done().out;
            assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{order}: {out}");
        }
    }
}

#[test]
fn commands_that_read_leave_the_file_as_it_is_and_make_none() {
    let host = TestHost::new().plugin("shop");
    let readers = ["current", "history", "heads", "show a1b2", "plugins list", "plugins inspect shop", "upgrade head --sql"];
    for command in readers {
        host.run(command).done();
        assert!(!host.path("tenon.db").exists(), "{command} made a database");
    }
    host.run("upgrade head").done();
    // A database whose last writer died: the newest rows are in the WAL beside it.
    let writer = host.database();
    writer.execute_batch("PRAGMA wal_autocheckpoint = 0; INSERT INTO users (id, email, name) VALUES ('x', 'x', 'x')").unwrap();
    let copy = TestHost::new().plugin("shop");
    for suffix in ["", "-wal"] {
        std::fs::copy(host.path(&format!("tenon.db{suffix}")), copy.path(&format!("tenon.db{suffix}"))).unwrap();
    }
    let before = (std::fs::read(copy.path("tenon.db")).unwrap(), std::fs::read(copy.path("tenon.db-wal")).unwrap());
    assert!(!before.1.is_empty(), "the WAL is unfinished");
    for command in readers.into_iter().chain(["downgrade base --sql"]) {
        copy.run(command).done();
        let after = (std::fs::read(copy.path("tenon.db")).unwrap(), std::fs::read(copy.path("tenon.db-wal")).unwrap());
        assert!(before == after, "{command} changed the file");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let host = TestHost::new().plugin("shop");
    host.write("tenon.db", "this is a letter, not a database, and it is long enough to have a header of a hundred bytes ........");
    let before = std::fs::read(host.path("tenon.db")).unwrap();
    for command in ["current", "upgrade head", "downgrade base"] {
        host.run(command).refused().err_has(&["tenon.db"]);
    }
    assert_eq!(std::fs::read(host.path("tenon.db")).unwrap(), before);
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let host = TestHost::new().plugin("many-revisions").plugin("shop");
    let mut child = host.command(&["history"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(err, "");
}

#[test]
fn options_environment_and_configuration_name_the_same_things() {
    let host = TestHost::new().plugin("shop");
    host.run("--database sqlite:one.db upgrade head").done();
    host.run("upgrade head --database sqlite:two.db").done();
    let mut with_env = host.command(&["upgrade", "head"]);
    assert!(with_env.env("TENON_DATABASE", "sqlite:three.db").status().unwrap().success());
    host.write("tenon.toml", "database = \"sqlite:four.db\"\n");
    host.run("upgrade head").done();
    for name in ["one.db", "two.db", "three.db", "four.db"] {
        assert!(host.path(name).exists(), "{name}");
    }
    host.write("tenon.toml", "databse = \"sqlite:four.db\"\n");
    host.run("current").refused().err_has(&["tenon.toml", "databse"]);
    std::fs::remove_file(host.path("tenon.toml")).unwrap();
    host.run("current --database postgres://x").misused().err_has(&["sqlite:PATH"]);
}

#[test]
fn odd_file_names_are_file_names() {
    let host = TestHost::new().plugin("shop");
    for name in ["a b.db", "what?.db", "100%.db", "hash#tag.db", "größe.db"] {
        let url = format!("sqlite:{name}");
        host.run_with(&["--database", &url, "upgrade", "head"]).done();
        assert!(host.path(name).exists(), "{name}");
    }
}
