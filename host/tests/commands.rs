//! The command line as a person and a script meet it: usage, streams, exit codes, files left alone.

mod support;

use std::io::Read;
use std::process::Stdio;
#[cfg(target_os = "linux")]
use std::process::{Child, Command};

use support::{SHOP, Said, TestHost};

#[test]
fn wrong_usage_is_2_and_on_standard_error() {
    let host = TestHost::new();
    for arguments in ["upgrade", "no-such-command", "upgrade head --colour", "serve --port 99999"] {
        let said = host.run(arguments).misused().silent();
        assert!(said.err.contains("--help"), "{arguments}: {}", said.err);
    }
    for said in [host.run("plugins"), host.run_with(&[])] {
        said.misused().err_has(&["Usage"]);
    }
    for arguments in ["upgrade shop@@head", "show @", "new Notes", "new async", "current --database x.db"] {
        host.run(arguments).misused().silent();
    }
    assert_eq!(std::fs::read_dir(host.path(".")).unwrap().count(), 1, "nothing was made");
}

#[test]
fn a_misspelt_option_is_named_and_steps_back_are_no_options() {
    let host = TestHost::new().plugin("shop");
    host.run("downgrade --cascde base").misused().err_has(&["'--cascde'", "--cascade"]);
    host.run("upgrade --sqll head").misused().err_has(&["'--sqll'", "--sql"]);
    host.run("show --verbos a1b2").misused().err_has(&["'--verbos'", "--verbose"]);
    host.run("upgrade +1").done();
    host.run("downgrade -1").done();
    host.run("upgrade shop@+1").done();
    host.run("downgrade shop@-1").done();
    host.run("upgrade head").done();
    host.run("downgrade --cascade -1").done();
    host.run("downgrade -1").refused().err_has(&["-1 didn't produce 1 migrations"]);
}

#[test]
fn every_command_has_help_with_examples() {
    let host = TestHost::new();
    for command in ["", "upgrade", "downgrade", "current", "history", "heads", "branches", "show", "plugins inspect", "serve", "new"] {
        let said = host.run(format!("{command} --help").trim()).done();
        assert!(said.out.contains("Example"), "{command}: {}", said.out);
        assert_eq!(host.run(format!("help {command}").trim()).done().out, said.out);
    }
    host.run("help no-such-command").misused();
}

#[test]
fn current_heads_history_and_show_say_what_the_ledger_says() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    assert_eq!(host.run("current").done().out, "");
    assert_eq!(host.run("history").done().out.lines().count(), 3);
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

/// The binary on a terminal, which `script` makes.
#[cfg(target_os = "linux")]
fn on_a_terminal(host: &TestHost, terminal: &str, command: &str) -> Child {
    let tenon = host.command(&[]);
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{} {command}", tenon.get_program().display()), "/dev/null"]).current_dir(host.path("."));
    for (name, value) in tenon.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    let spawned = script.env("TERM", terminal).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    spawned.expect("there is `script`, which is part of util-linux")
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_of_more_than_a_second_shows_a_bar_on_a_terminal() {
    let host = TestHost::new().plugin("many-revisions");
    host.run("upgrade many-revisions@+1").done();
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut running = on_a_terminal(&host, "xterm", "upgrade head");
    let (mut out, mut told, mut bytes) = (running.stdout.take().unwrap(), String::new(), [0; 4096]);
    while !told.contains("preparing: plugins are loaded") {
        let read = out.read(&mut bytes).unwrap();
        assert!(read > 0, "it ended and had shown nothing: {told:?}");
        told.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    holder.execute_batch("COMMIT").unwrap();
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    let rest = String::from_utf8_lossy(&rest);
    assert!(running.wait().unwrap().success() && rest.contains("[#") && rest.contains("-] "), "{rest:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_can_do_nothing_is_sent_nothing_but_text() {
    let host = TestHost::new().plugin("shop");
    for (command, starts) in [("upgrade nonsense", "error: "), ("upgrade head", "Running upgrade"), ("-q downgrade base", "")] {
        let said = on_a_terminal(&host, "dumb", command).wait_with_output().unwrap().stdout;
        let said = String::from_utf8_lossy(&said);
        assert!(said.starts_with(starts) && !said.contains('\u{1b}'), "{command}: {said:?}");
    }
}

/// The global options before and after the command, the environment, and the configuration: each wins over those after it.
#[test]
fn options_environment_and_configuration_name_the_same_things() {
    let host = TestHost::new().plugin("shop");
    let settings = [
        ("--database", "TENON_DATABASE", "database", "sqlite:one.db", "sqlite:two.db", "sqlite:three.db", "sqlite:four.db"),
        ("--plugins", "TENON_PLUGINS", "plugins-folder", "one", "two", "three", "four"),
    ];
    for (option, variable, key, before, after, environment, configured) in settings {
        host.write("tenon.toml", format!("{key} = \"{configured}\"\n"));
        let in_environment = |arguments: &[&str]| {
            let mut command = host.command(arguments);
            Said::from(command.env(variable, environment).output().unwrap())
        };
        let ways = [
            (in_environment(&[option, before, "upgrade", "head"]), before),
            (in_environment(&["upgrade", "head", option, after]), after),
            (in_environment(&["upgrade", "head"]), environment),
            (host.run("upgrade head"), configured),
        ];
        for (said, expected) in ways {
            match expected.strip_prefix("sqlite:") {
                Some(file) => {
                    said.done();
                    assert!(host.path(file).exists(), "{option} {expected}");
                }
                None => drop(said.refused().err_has(&[&format!("cannot scan the plugins folder {expected}")])),
            }
        }
        let nothing = Said::from(host.command(&["upgrade", "head"]).env(variable, "").output().unwrap());
        assert_eq!(nothing.err, host.run("upgrade head").err, "a variable that is empty is none");
    }
    host.write("tenon.toml", "databse = \"sqlite:four.db\"\n");
    host.run("current").refused().err_has(&["tenon.toml", "databse"]);
    host.write("tenon.toml", "database = \"four.db\"\n");
    host.run("current").refused().err_has(&["the configuration tenon.toml", "line 1", "write sqlite:PATH"]);
    std::fs::remove_file(host.path("tenon.toml")).unwrap();
    host.run("current --database postgres://x").misused().err_has(&["sqlite:PATH"]);
}

#[test]
fn the_configuration_can_be_another_file() {
    let host = TestHost::new().plugin("shop");
    for name in ["option", "variable"] {
        host.write(&format!("{name}.toml"), format!("database = \"sqlite:{name}.db\"\n"));
    }
    let with_variable = |arguments: &[&str]| host.command(arguments).env("TENON_CONFIG", "variable.toml").status().unwrap();
    assert!(with_variable(&["upgrade", "head"]).success() && host.path("variable.db").exists());
    std::fs::remove_file(host.path("variable.db")).unwrap();
    assert!(with_variable(&["upgrade", "head", "--config", "option.toml"]).success() && host.path("option.db").exists());
    assert!(with_variable(&["--config", "option.toml", "upgrade", "head"]).success() && !host.path("variable.db").exists());
    assert!(host.command(&["current"]).env("TENON_CONFIG", "").status().unwrap().success());
}

#[test]
fn the_environment_says_where_to_listen() {
    let host = TestHost::new();
    let serve = |arguments: &[&str], variable: &str, value: &str| {
        let mut command = host.command(arguments);
        Said::from(command.env(variable, value).output().unwrap())
    };
    // A host that nobody has: nothing is served, and who was asked for is named.
    serve(&["serve", "--port", "0"], "TENON_HOST", "192.0.2.7").refused().err_has(&["cannot listen on 192.0.2.7:0"]);
    serve(&["serve", "--host", "192.0.2.7"], "TENON_PORT", "8123").refused().err_has(&["cannot listen on 192.0.2.7:8123"]);
    serve(&["serve", "--host", "192.0.2.7"], "TENON_PORT", "").refused().err_has(&["cannot listen on 192.0.2.7:8000"]);
    serve(&["serve"], "TENON_PORT", "99999").misused().err_has(&["99999"]);
}

#[test]
fn the_spelling_of_other_programs_is_not_taken_for_a_path() {
    let host = TestHost::new();
    for (url, instead) in [
        ("sqlite:///x.db", "write sqlite:x.db"),
        ("sqlite:///./x.db", "write sqlite:./x.db"),
        ("sqlite+aiosqlite:///x.db", "write sqlite:x.db"),
        ("sqlite://x.db", "write sqlite:x.db"),
        ("sqlite:////data/x.db", "write sqlite:/data/x.db"),
        ("sqlite://", "write sqlite:PATH"),
        ("sqlite:///:memory:", "write sqlite:PATH"),
        ("sqlite::memory:", "write sqlite:PATH"),
    ] {
        host.run_with(&["--database", url, "upgrade", "head"]).misused().err_has(&[url, instead]);
    }
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
