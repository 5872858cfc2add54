//! Where there is nothing that could be taken over, and where it cannot be done now.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Output, Stdio};

use super::support::seed::{SEEDS, at, recorded};
use super::support::{SHOP, Said, TestHost};
use super::{ADOPT, custom_migrations, made, untouched};

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let host = TestHost::new().plugin("shop");
    untouched(&host).silent().err_has(&["there is no database ", "tenon.db"]);
    assert!(!host.path("tenon.db").exists());
    std::fs::create_dir(host.path("tenon.db")).unwrap();
    untouched(&host).err_has(&["it is a directory; name a file"]);
    assert_eq!(std::fs::read_dir(host.path("tenon.db")).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_no_database_of_alembics_is_refused() {
    for (content, says) in
        [(&b"name,email\n"[..], "it is not an SQLite database"), (b"", "is no database of Alembic's: it has no table alembic_version")]
    {
        let host = TestHost::new().plugin("shop");
        // As long as a header, or SQLite takes it for an empty one.
        host.write("tenon.db", content.repeat(60));
        untouched(&host).err_has(&[says]);
    }
    let tables = recorded("custom_only.json");
    let (own, others) = tables.split_once(";\n").unwrap();
    assert!(own.contains("alembic_version"));
    for (instead, says) in [
        ("", "it has no table alembic_version; what another program made is recorded by `tenon stamp`"),
        (
            "CREATE TABLE alembic_version (id INTEGER, \"\u{1b}[2J\" TEXT)",
            "its alembic_version has no column version_num, but id, \\u{1b}[2J",
        ),
        ("CREATE VIEW alembic_version AS SELECT 'a1b2c3d4e5f6' AS version_num", "its alembic_version is a view"),
    ] {
        let host = TestHost::new().plugin("shop");
        made(&host, &format!("{instead};\n{others}"));
        untouched(&host).silent().err_has(&[says]);
    }
    let host = TestHost::new().plugin("shop");
    made(&host, &tables);
    untouched(&host).silent().err_has(&["the table alembic_version is empty: Alembic has applied nothing"]);
}

#[test]
fn what_is_recorded_already_is_not_adopted() {
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    host.run(ADOPT).done();
    let says = ["shop@a1b2c3d4e5f6 is recorded already", "`tenon stamp` records more"];
    host.run(ADOPT).refused().err_has(&says);
    assert_eq!(host.ledger(), [SHOP]);

    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    made(&host, &format!("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);{}", at(&[SEEDS])));
    host.run(ADOPT).refused().err_has(&says);
    host.run("downgrade base").done();

    // The host's own tables, and nothing in them.
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    host.run("ensure-version").done();
    host.run(ADOPT).done();
    host.run("check").done();
}

#[test]
fn a_folder_without_the_plugins_takes_nothing_over() {
    let host = TestHost::new().plugin("chapkit");
    custom_migrations(&host);
    untouched(&host).err_has(&["nothing that is there is a plugin's of this folder"]);
    host.remove("chapkit");
    untouched(&host).err_has(&["nothing that is there is a plugin's of this folder"]);
    std::fs::remove_dir(host.path("plugins")).unwrap();
    untouched(&host).err_has(&["plugins"]);
}

#[test]
fn while_a_file_is_refused_nothing_is_taken_over() {
    let host = TestHost::new().plugin("shop").plugin("traps-in-describe");
    custom_migrations(&host);
    untouched(&host).err_has(&["shop@a1b2c3d4e5f6 is there", "traps-in-describe.wasm", "nothing is recorded while a file is refused"]);
    host.remove("traps-in-describe");
    host.run(ADOPT).done();
}

#[test]
fn a_database_that_another_process_holds_is_left_alone() {
    for held in ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"] {
        let host = TestHost::new().plugin("shop").configured("[limits]\nlock-wait-ms = 50\n");
        custom_migrations(&host);
        let other = host.database();
        let before = std::fs::read(host.path("tenon.db")).unwrap();
        other.execute_batch(held).unwrap();
        host.run(ADOPT).refused().err_has(&["the database is in use by another process"]);
        other.execute_batch("ROLLBACK").unwrap();
        assert!(std::fs::read(host.path("tenon.db")).unwrap() == before, "{held}");
        host.run(ADOPT).done();
    }
}

#[test]
fn what_changes_while_it_is_looked_at_is_looked_at_again() {
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    let other = host.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut child = host.command(&["-v", "adopt", "--from-alembic"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // All was found to fit when it reaches for the lock that is held here.
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains("taking the write lock") {
        assert!(err.read_line(&mut told).unwrap() > 0, "it ended without reaching for the lock: {told}");
    }
    other.execute_batch("ALTER TABLE users ADD COLUMN phone VARCHAR; COMMIT").unwrap();
    err.read_to_string(&mut told).unwrap();
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    let said = Said { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: told };
    said.refused().silent().err_has(&["another process changed the database while this one looked at it"]);
    assert_eq!(host.column("SELECT name FROM sqlite_schema WHERE name LIKE 'tenon%'"), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_file_that_may_only_be_read_is_looked_at_and_not_taken_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    let path = host.path("tenon.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    // The superuser may write to it all the same.
    if std::fs::OpenOptions::new().append(true).open(&path).is_err() {
        untouched(&host).err_has(&["it cannot be written to; look at the permissions"]);
    }
}
