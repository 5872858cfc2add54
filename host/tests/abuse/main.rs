//! Odd words, odd paths, closed pipes, and in `databases` those that are held or damaged: each is answered in a sentence, and nothing is left
//! behind.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]
#![cfg(unix)]

mod databases;
#[path = "../support/mod.rs"]
mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{SHOP, Said, TestHost};

const NO_UTF8: &[u8] = b"odd\xff";

fn bundled() -> TestHost {
    TestHost::new().plugin("shop").plugin("chapkit").plugin("billing")
}

fn applied() -> TestHost {
    let host = bundled();
    host.run("upgrade head").done();
    host
}

/// Runs to the end; whatever was said, nobody panicked.
fn ran(command: &mut Command) -> Said {
    let said = Said::from(command.output().unwrap());
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said
}

/// A pipe that nobody reads.
fn nobody() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn words_that_are_no_targets_are_told_apart_from_targets_that_lead_nowhere() {
    let host = bundled();
    let words =
        ["", " ", "@", "shop@", "@head", "shop@@head", "a@b@c", "+0", "-0", "+", "-", "+99999999999", "-99999999999", "a'b", "../x"];
    for word in words.into_iter().chain(["a\nb", "größe", "%", "\u{1b}[31mred", "shop@\u{202e}daeh", "+1+1", "head+", "head@shop"]) {
        for verb in ["upgrade", "downgrade"] {
            let said = host.run_with(&[verb, "--", word]).not_done().silent();
            let is_word = said.err.contains("is no target");
            assert_eq!(said.code == Some(2), is_word, "{word:?}: {}", said.err);
            assert!(is_word || said.err.contains("there is no plugin"), "{word:?}: {}", said.err);
            assert!(!said.err.contains('\u{1b}'), "{word:?} reaches the terminal as it is");
        }
    }
    for (word, parts) in [
        ("HEAD", "can't locate revision identified by 'HEAD'"),
        ("shop@4d", "can't locate revision identified by '4d' in plugin shop"),
        ("shop", "write shop@head, shop@base or shop@ID"),
        ("head+1", "write PLUGIN@head+1"),
        ("a1b2+1", "didn't produce 1 migrations"),
        ("shop@-1", "to undo revisions use downgrade"),
    ] {
        host.run(&format!("upgrade {word}")).refused().silent().err_has(&[parts]);
    }
    host.run("upgrade base:head").misused().silent().err_has(&["which only --sql takes"]);
    for word in ["a:b:c", "::head", "head:", ":"] {
        host.run(&format!("upgrade {word} --sql")).misused().silent().err_has(&["write FROM:TO"]);
    }
    assert!(!host.path("tenon.db").exists() || host.ledger().is_empty());
}

#[test]
fn very_long_words_are_answered_briefly() {
    let host = bundled();
    let long = "a".repeat(100_000);
    for arguments in [
        vec!["upgrade", &long],
        vec!["upgrade", &format!("{long}@head")],
        vec!["downgrade", &format!("shop@{long}")],
        vec!["upgrade", &format!("{long}:head"), "--sql"],
        vec!["show", &long],
        vec!["new", &long],
        vec!["plugins", "inspect", &long],
        vec!["--database", &format!("sqlite:{long}"), "upgrade", "head"],
        vec!["--plugins", &long, "upgrade", "head"],
        vec!["--config", &long, "current"],
    ] {
        let said = ran(&mut host.command(&arguments)).not_done().silent();
        assert!(said.err.len() < 120_000, "{} bytes", said.err.len());
    }
    let said = ran(&mut host.command(&["upgrade", &long]));
    assert!(said.err.len() < 1000, "{} bytes", said.err.len());
}

#[test]
fn what_is_no_utf8_is_a_path_or_wrong_usage() {
    let host = bundled();
    let odd = OsStr::from_bytes(NO_UTF8);
    for arguments in [&["upgrade"][..], &["show"], &["--database"], &["new"], &[]] {
        let said = ran(host.command(arguments).arg(odd).arg("current"));
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.err);
    }
    assert_eq!(ran(host.command(&["current"]).env("TENON_DATABASE", odd)).code, Some(2));

    std::fs::rename(host.path("plugins"), host.path(".").join(odd)).unwrap();
    ran(host.command(&["--plugins"]).arg(odd).args(["upgrade", "head"])).done();
    assert_eq!(host.ledger().len(), 4);
    let inside = host.path(".").join(odd);
    let mut from_inside = host.command(&["--plugins", ".", "--database", "sqlite:here.db", "upgrade", "head"]);
    ran(from_inside.current_dir(&inside)).done();
    assert!(inside.join("here.db").exists());
    ran(host.command(&["--plugins", ".", "--database", "sqlite:here.db", "current"]).current_dir(&inside)).done();
}

#[test]
fn what_is_no_file_in_the_plugins_folder_is_refused_by_name_or_passed_over() {
    let host = TestHost::new().plugin("shop");
    let folder = host.path("plugins");
    std::fs::create_dir(folder.join("folder.wasm")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("dangling.wasm")).unwrap();
    std::os::unix::fs::symlink("loop.wasm", folder.join("loop.wasm")).unwrap();
    let _listening = UnixListener::bind(folder.join("socket.wasm")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("fifo.wasm")).status().unwrap().success());
    std::fs::write(folder.join(OsStr::from_bytes(b"odd\xff.wasm")), "text").unwrap();
    std::fs::write(folder.join("LOUD.WASM"), "text").unwrap();
    for passed_over in [".hidden.wasm", "notes.txt", "wasm", "shop.wasm.part"] {
        std::fs::write(folder.join(passed_over), "text").unwrap();
    }
    let said = host.run("upgrade head").refused();
    let refused = ["folder.wasm", "dangling.wasm", "loop.wasm", "socket.wasm", "fifo.wasm", "odd\u{fffd}.wasm", "LOUD.WASM"];
    assert_eq!(said.err.matches("was refused").count(), refused.len(), "{}", said.err);
    said.err_has(&refused);
    assert_eq!(host.ledger(), [SHOP]);
    host.run("--plugins plugins/shop.wasm upgrade head").refused().err_has(&["cannot scan the plugins folder", "--plugins"]);
}

#[test]
fn no_text_from_a_file_reaches_the_terminal_as_a_command() {
    let host = applied();
    host.write("plugins/\u{1b}[2J\u{202e}.wasm", "text");
    host.run("plugins list").refused().err_has(&["\\u{1b}[2J\\u{202e}.wasm was refused"]);
    host.database().execute("UPDATE tenon_ledger SET message = char(27) || '[2J' || char(10) || 'forged'", []).unwrap();
    host.database().execute("UPDATE tenon_ledger SET irreversible = char(27) || '[2J' WHERE plugin = 'billing'", []).unwrap();
    for plugin in ["billing", "chapkit", "shop"] {
        host.remove(plugin);
    }
    for command in ["history", "show a1b2", "current -v", "downgrade -1", "downgrade chapkit@-1"] {
        let said = host.run(command);
        assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{command}: {said:?}");
        assert!(!said.out.contains("\nforged") && !said.err.contains("\nforged"), "{command}: {said:?}");
    }
}

#[test]
fn a_reader_that_went_away_ends_every_command_quietly() {
    let host = applied();
    let commands = ["current", "history", "heads", "show a1b2", "plugins list", "plugins inspect shop", "upgrade head --sql"];
    let more = ["downgrade base --sql", "--help", "upgrade --help", "--version", "upgrade head --json", "new spare", "plugins list --json"];
    for command in commands.into_iter().chain(more) {
        let arguments: Vec<&str> = command.split(' ').collect();
        let said = ran(host.command(&arguments).stdout(nobody()).stderr(Stdio::piped()));
        assert_eq!(said.code, Some(0), "{command}: {}", said.err);
        // What there is to say on standard error anyway is said; of the pipe, nothing.
        let said = said.err.lines().filter(|line| !line.starts_with("Next: ") && *line != "Nothing to do.").collect::<Vec<_>>();
        assert!(said.is_empty(), "{command}: {said:?}");
    }
}

#[test]
fn a_reader_that_went_away_takes_nothing_back() {
    let host = applied();
    host.write("plugins/broken.wasm", "text");
    for (command, reason) in [
        ("downgrade shop@base", "cannot undo"),
        ("downgrade shop@base --json", "cannot undo"),
        ("downgrade shop@base --sql", "cannot undo"),
        ("upgrade nonsense --json", "can't locate revision"),
        ("upgrade head --json", "broken.wasm was refused"),
        ("upgrade head --sql", "broken.wasm was refused"),
        ("upgrade head --sql --json", "broken.wasm was refused"),
        ("plugins list", "broken.wasm was refused"),
        ("plugins list --json", "broken.wasm was refused"),
        ("openapi", "broken.wasm was refused"),
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        ran(host.command(&arguments).stdout(nobody())).refused().err_has(&[reason]);
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        ran(host.command(&arguments).stdout(full)).refused().err_has(&[reason]);
    }
    ran(host.command(&["upgrade", "@", "--json"]).stdout(nobody())).misused().err_has(&["is no target"]);
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let host = bundled();
    for command in ["-vv upgrade head", "-vv downgrade -1", "-vv upgrade head", "-vv current", "-vv --json history"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let status = host.command(&arguments).stdout(Stdio::null()).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{command}");
    }
    assert_eq!(host.ledger().len(), 4);
    let refused = host.command(&["upgrade", "nonsense"]).stdout(nobody()).stderr(nobody()).status().unwrap();
    assert_eq!(refused.code(), Some(1));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let host = applied();
    for command in ["current", "history --json", "upgrade head --sql", "serve --port 0", "--help", "upgrade --help", "--version"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        ran(host.command(&arguments).stdout(full)).refused().err_has(&["standard output cannot be written to"]);
    }
}

#[test]
fn quiet_says_errors_and_results_only_and_verbose_says_more() {
    let host = bundled();
    let said = host.run("-q upgrade head").done().silent();
    assert_eq!(said.err, "");
    assert_eq!(host.run("-q upgrade head").done().err, "");
    assert_eq!(host.run("-q current").done().out.lines().count(), 3);
    host.run("-q upgrade nonsense").refused().err_has(&["error: can't locate revision"]);
    host.write("plugins/bad.wasm", "text");
    host.run("-q upgrade head").refused().err_has(&["bad.wasm was refused"]);
    std::fs::remove_file(host.path("plugins/bad.wasm")).unwrap();
    let more = host.run("current -v").done().out;
    assert!(more.contains("Rev: shop@a1b2c3d4e5f6 (head)\nParent: <base>\n"), "{more}");
    for command in ["heads -v", "history -v", "-v history -i", "show a1b2"] {
        let said = host.run(command).done().out;
        assert!(
            said.contains("Rev: shop@a1b2c3d4e5f6 (head)") && said.contains("\nPath: plugins/shop.wasm\n\n    Initial"),
            "{command}: {said}"
        );
    }
    assert!(host.run("-vv current").done().err.len() > host.run("current").done().err.len());
    assert_eq!(host.run("-q -v current").code, Some(2));
    let odd_filter = ran(host.command(&["current"]).env("RUST_LOG", "tenon=%%%,,="));
    assert_eq!(odd_filter.done().out.lines().count(), 3);
}

#[test]
fn json_has_the_shape_that_scripts_rely_on() {
    let host = bundled();
    let json = |command: &str, code: i32| -> Value {
        let said = host.run(&format!("{command} --json"));
        assert_eq!(said.code, Some(code), "{}", said.err);
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{command}: {error}: {}", said.out))
    };
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(json("current", 0), serde_json::json!([]));
    let up = json("upgrade head", 0);
    assert_eq!(keys(&up), ["steps", "refused", "held_back"]);
    assert_eq!(keys(&up["steps"][0]), ["direction", "revision", "parents", "message", "duration_us"]);
    assert_eq!((&up["steps"][0]["direction"], &up["steps"][1]["revision"]), (&Value::from("upgrade"), &Value::from(SHOP)));
    assert_eq!(json("upgrade head", 0)["steps"], serde_json::json!([]));
    let current = json("current", 0);
    assert_eq!(current.as_array().unwrap().len(), 3);
    assert_eq!(keys(&current[0]), keys(&json("history", 0)[0]));
    assert_eq!(keys(&current[0]), keys(&json("show a1b2", 0)[0]));
    let list = json("plugins list", 0);
    assert_eq!(keys(&list), ["plugins", "refused", "without_file"]);
    assert_eq!(
        keys(&list["plugins"][0]),
        ["name", "version", "file", "hash", "applied", "pending", "lacking", "paths", "not_served", "unset", "asks", "unasked", "prefix"]
    );
    assert_eq!(keys(&json("upgrade head --sql", 0)), ["sql", "steps", "refused", "held_back"]);
    assert_eq!(keys(&json("downgrade base --sql", 0)), ["sql", "steps", "refused", "held_back"]);
    host.remove("shop");
    let up = json("upgrade head", 1);
    assert_eq!(keys(&up["refused"][0]), ["file", "plugin", "reasons"]);
    assert_eq!(json("downgrade -1", 0)["steps"][0]["direction"], "downgrade");
    let refused = host.run("upgrade nonsense --json").refused();
    assert_eq!(serde_json::from_str::<Value>(&refused.out).unwrap()["steps"], serde_json::json!([]));
}

#[test]
fn a_configuration_that_cannot_be_read_is_named() {
    let host = bundled();
    host.run("--config nowhere.toml current").refused().err_has(&["cannot read the configuration nowhere.toml"]);
    for (content, part) in [
        (&b"database = 7"[..], "invalid type"),
        (b"database = \"sqlite:a.db\"\ndatabase = \"sqlite:b.db\"", "duplicate key"),
        (b"[limits]\nstep-time-ms = 0", "nonzero"),
        (b"[limits]\npatience = 1", "unknown field `patience`"),
        (b"[plugins.shop]\nreads = [7]", "expected a string"),
        (b"= = =", "tenon.toml"),
        (b"\xff\xfe", "tenon.toml"),
    ] {
        host.write("tenon.toml", content);
        for command in ["current", "upgrade head"] {
            host.run(command).refused().silent().err_has(&["the configuration tenon.toml", part]);
        }
    }
    std::fs::remove_file(host.path("tenon.toml")).unwrap();
    std::fs::create_dir(host.path("tenon.toml")).unwrap();
    host.run("current").refused().err_has(&["cannot read the configuration tenon.toml"]);
    assert!(!host.path("tenon.db").exists());
}
