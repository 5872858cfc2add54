//! Databases that are none, that are held, that may not be written to or that somebody damaged: each is told apart, and left as it is.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use super::support::TestHost;
use super::{applied, bundled, ran};

#[test]
fn what_can_be_no_database_is_refused_before_anything_waits_or_is_made() {
    let host = bundled();
    let _listening = UnixListener::bind(host.path("socket.db")).unwrap();
    assert!(Command::new("mkfifo").arg(host.path("fifo.db")).status().unwrap().success());
    for (name, reason) in [
        ("plugins", "it is a directory"),
        ("socket.db", "it is a device, pipe or socket"),
        ("fifo.db", "it is a device, pipe or socket"),
        ("/dev/null", "it is a device, pipe or socket"),
        ("plugins/shop.wasm", "it is not an SQLite database"),
        ("plugins/shop.wasm/x.db", "it cannot be reached"),
    ] {
        for command in ["upgrade head", "downgrade base", "current", "history", "plugins list", "downgrade base --sql", "serve --port 0"] {
            host.run(&format!("--database sqlite:{name} {command}")).refused().silent().err_has(&[
                "cannot open the database",
                name,
                reason,
            ]);
        }
    }
    host.run("--database sqlite:no/such/x.db upgrade head").refused().err_has(&["there is no directory no/such; make it first"]);
    host.run("--database sqlite:/proc/x.db upgrade head").refused().err_has(&["/proc/x.db", "permissions"]);
    for url in ["", "sqlite:", "tenon.db", "postgres://localhost/x", "SQLITE:x.db"] {
        host.run_with(&["--database", url, "current"]).misused().err_has(&["write sqlite:PATH"]);
    }
    assert!(!host.path("tenon.db").exists() && !std::path::Path::new("/dev/null-journal").exists());
}

/// Makes a command run as somebody whom permissions bind; the administrator may write everywhere.
fn as_somebody(host: &TestHost, arguments: &[&str]) -> Command {
    let mut command = host.command(arguments);
    if std::fs::metadata(host.path(".")).unwrap().uid() == 0 {
        // Where the program was built may be closed to others.
        let program = host.path("program");
        if !program.exists() {
            std::fs::copy(command.get_program(), &program).unwrap();
        }
        command = Command::new(program);
        command.uid(65534).current_dir(host.path(".")).env("XDG_CACHE_HOME", "/nonexistent").args(arguments).stdin(Stdio::null());
    }
    command
}

#[test]
fn a_database_that_may_not_be_written_to_is_no_fault_of_a_plugin() {
    let host = applied();
    // Its WAL is there, so that nothing has to be made to begin with.
    let open = host.database();
    open.execute_batch("INSERT INTO users (id, email, name) VALUES ('x', 'x', 'x')").unwrap();
    let mut looking = as_somebody(&host, &["current"]);
    let modes = |folder, file| {
        std::fs::set_permissions(host.path("."), Permissions::from_mode(folder)).unwrap();
        for name in ["tenon.db", "tenon.db-wal", "tenon.db-shm"] {
            std::fs::set_permissions(host.path(name), Permissions::from_mode(file)).unwrap();
        }
    };
    modes(0o555, 0o444);
    for arguments in [&["downgrade", "-1"][..], &["upgrade", "head"], &["serve", "--port", "0"]] {
        let said = ran(&mut as_somebody(&host, arguments)).refused().silent();
        said.err_has(&["cannot open the database tenon.db: it cannot be written to; look at the permissions"]);
    }
    assert_eq!(ran(&mut looking).done().out.lines().count(), 3);
    modes(0o755, 0o644);
}

#[test]
fn a_database_that_is_held_is_waited_for_and_then_said_to_be_in_use() {
    let host = applied().configured("[limits]\nlock-wait-ms = 300\n");
    host.run("downgrade billing@base").done();
    let before = host.everything();
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    for command in ["upgrade head", "downgrade base"] {
        host.run(command).refused().silent().err_has(&["in use by another process", "ms"]);
    }
    assert!(begun.elapsed() >= std::time::Duration::from_millis(600), "each waited");
    assert_eq!(host.run("current").done().out.lines().count(), 2, "looking does not wait for writers");
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(host.everything(), before);
    // In WAL mode this shuts out readers, too.
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    holder.execute_batch("COMMIT").unwrap();
    drop(holder);
    let holder = host.database();
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM tenon_ledger; BEGIN IMMEDIATE; DELETE FROM users").unwrap();
    host.run("upgrade head").refused().err_has(&["in use by another process"]);
    drop(holder);
    host.run("upgrade head").done();
}

#[test]
fn an_upgrade_waits_for_a_writer_that_ends_in_time() {
    let host = applied();
    host.run("downgrade -1").done();
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = host.command(&["upgrade", "head"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    holder.execute_batch("INSERT INTO users (id, email, name) VALUES ('x', 'x', 'x'); COMMIT").unwrap();
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert_eq!(host.ledger().len(), 4);
}

#[test]
fn a_ledger_that_somebody_edited_is_called_damaged_and_left_alone() {
    let host = applied();
    let whole = std::fs::read(host.path("tenon.db")).unwrap();
    let damages = [
        "UPDATE tenon_ledger SET plugin = 'Not A Name' WHERE plugin = 'shop'",
        "UPDATE tenon_ledger SET revision = '' WHERE plugin = 'shop'",
        "UPDATE tenon_ledger SET plugin_version = 'one'",
        "UPDATE tenon_ledger SET parents = '[1]'",
        "UPDATE tenon_ledger SET parents = 'x'",
        "UPDATE tenon_ledger SET depends_on = '[\"nothing\"]'",
        "UPDATE tenon_ledger SET requires = '{}'",
        "UPDATE tenon_ledger SET created = 'yesterday'",
        "UPDATE tenon_ledger SET applied_at = ''",
        "UPDATE tenon_ledger SET component = 'abc'",
        "UPDATE tenon_ledger SET digest = zeroblob(3) || ''",
        "UPDATE tenon_objects SET plugin = 'Not A Name'",
        "UPDATE tenon_bookkeeping SET version = -1",
        "DELETE FROM tenon_bookkeeping",
        "DROP TABLE tenon_ledger",
        "DROP TABLE tenon_objects",
    ];
    for sql in damages {
        let copy = TestHost::new().plugin("shop").plugin("chapkit").plugin("billing");
        copy.write("tenon.db", &whole);
        copy.database().execute_batch(sql).unwrap();
        let before = copy.everything();
        for command in ["current", "upgrade head", "downgrade base", "downgrade base --sql", "serve --port 0"] {
            let said = copy.run(command).refused().silent();
            assert!(!said.err.contains("panicked"), "{sql}: {command}: {}", said.err);
            assert!(said.err.contains("damaged") || said.err.contains("no such table"), "{sql}: {command}: {}", said.err);
            assert_eq!(copy.everything(), before, "{sql}: {command}");
        }
    }
}

#[test]
fn a_ledger_that_contradicts_the_plugins_is_refused_in_words() {
    let host = applied();
    let whole = std::fs::read(host.path("tenon.db")).unwrap();
    for (sql, parts) in [
        (
            "DELETE FROM tenon_ledger WHERE plugin = 'shop'",
            "billing@b1c2d3e4f5a6 is applied, but shop@a1b2c3d4e5f6, on which it stands, is not",
        ),
        ("UPDATE tenon_ledger SET depends_on = '[\"ghost@g1\"]' WHERE plugin = 'chapkit'", ""),
        ("UPDATE tenon_ledger SET parents = '[\"c1\"]' WHERE plugin = 'chapkit'", ""),
        ("UPDATE tenon_ledger SET parents = '[\"4d869b5fb06e\"]' WHERE plugin = 'chapkit'", ""),
        ("UPDATE tenon_ledger SET revision = 'head' WHERE plugin = 'chapkit'", ""),
        ("UPDATE tenon_ledger SET plugin = 'ghost' WHERE plugin = 'chapkit'", ""),
        ("UPDATE tenon_ledger SET seq = seq + 10 WHERE plugin = 'shop'", ""),
        ("UPDATE tenon_ledger SET seq = -seq", ""),
        ("UPDATE tenon_ledger SET seq = 9223372036854775807 WHERE revision = 'c4d5e6f7a8b9'", ""),
    ] {
        let copy = TestHost::new().plugin("shop").plugin("chapkit").plugin("billing");
        copy.write("tenon.db", &whole);
        copy.database().execute_batch(sql).unwrap();
        for command in ["current", "history", "upgrade head", "downgrade -1", "downgrade base"] {
            let said = copy.run(command);
            assert!(said.code.is_some_and(|code| code < 2) && !said.err.contains("panicked"), "{sql}: {command}: {said:?}");
            if command == "upgrade head" {
                assert!(said.err.contains(parts), "{sql}: {}", said.err);
            }
        }
    }
}

#[test]
fn a_database_of_a_newer_tenon_is_not_touched() {
    let host = applied();
    host.database().execute("UPDATE tenon_bookkeeping SET version = 99", []).unwrap();
    let before = host.everything();
    for command in ["current", "history", "upgrade head", "downgrade base", "downgrade base --sql", "plugins list", "serve --port 0"] {
        host.run(command).refused().silent().err_has(&["written by a newer tenon", "99"]);
        assert_eq!(host.everything(), before);
    }
}

#[test]
fn a_damaged_file_is_said_to_be_damaged() {
    let host = applied();
    let mut bytes = std::fs::read(host.path("tenon.db")).unwrap();
    for (from, to) in [(100, 200), (4096, 12288), (0, 16)] {
        bytes[from..to].fill(0xa5);
        let copy = bundled();
        copy.write("tenon.db", &bytes);
        for command in ["current", "upgrade head", "downgrade base", "serve --port 0"] {
            let said = copy.run(command).refused();
            assert!(!said.err.contains("panicked"), "{}", said.err);
        }
    }
    let cut = bundled();
    cut.write("tenon.db", &std::fs::read(host.path("tenon.db")).unwrap()[..5000]);
    for command in ["current", "upgrade head"] {
        cut.run(command).refused();
    }
}

#[test]
fn tables_of_the_operators_own_stay_as_they_are() {
    let host = bundled();
    Connection::open(host.path("tenon.db"))
        .unwrap()
        .execute_batch(
            "CREATE TABLE mine (a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO mine VALUES (1, 'kept'); CREATE VIEW v AS SELECT b FROM mine",
        )
        .unwrap();
    host.run("upgrade head").done();
    host.run("downgrade base").done();
    assert_eq!(host.column("SELECT * FROM mine JOIN v ON true"), ["1|kept|kept"]);
    assert_eq!(host.tables(), ["mine"]);
}
