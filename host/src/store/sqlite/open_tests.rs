//! Files that are no databases, that are missing, that are in use; and what reading leaves behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;

use super::testing::{fill, look};
use super::{BUSY_SERVE, Database, Mode};
use crate::store::{StorageError, bookkeeping};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path, mode: Mode) -> Result<Database, StorageError> {
    Database::open(path, mode, Duration::from_millis(50))
}

/// The file that SQLite keeps beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What is told about a file that cannot be opened, in every mode.
fn told(path: &Path) -> String {
    let told = |mode| {
        let error = open(path, mode).map(drop).unwrap_err();
        assert!(matches!(error, StorageError::Open { .. }), "{error:?}");
        error.to_string()
    };
    let (writing, reading, looking) = (told(Mode::ReadWrite), told(Mode::Reader), told(Mode::ReadOnly));
    assert_eq!(writing, reading);
    assert_eq!(reading, looking);
    assert!(writing.contains(&path.display().to_string()), "{writing}");
    writing
}

#[test]
fn what_is_no_database_is_refused_by_name() {
    let folder = folder();
    assert!(told(folder.path()).ends_with("it is a directory; name a file"));
    let text = folder.path().join("notes.txt");
    fs::write(&text, "these are not the bytes you are looking for, and there are enough of them to fill a header of SQLite's: 100 bytes")
        .unwrap();
    assert!(told(&text).ends_with("it is not an SQLite database"));
    #[cfg(unix)]
    {
        assert!(told(Path::new("/dev/null")).ends_with("it is a device, pipe or socket; name a file"));
        assert!(!Path::new("/dev/null-journal").exists());
        let socket = folder.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(told(&socket).ends_with("it is a device, pipe or socket; name a file"));
    }
    let below_a_file = text.join("x.db");
    assert!(told(&below_a_file).contains("it cannot be reached"));
}

#[test]
fn a_database_in_a_directory_that_is_missing_names_the_directory() {
    let folder = folder();
    let path = folder.path().join("no/such/t.db");
    let error = open(&path, Mode::ReadWrite).map(drop).unwrap_err().to_string();
    assert!(error.contains("no/such; make it first"), "{error}");
}

#[test]
fn a_missing_file_is_made_for_writing_refused_for_reading_and_empty_for_looking() {
    let folder = folder();
    let path = folder.path().join("t.db");
    assert!(open(&path, Mode::Reader).map(drop).unwrap_err().to_string().ends_with("there is no such file"));
    let looked = open(&path, Mode::ReadOnly).unwrap();
    assert_eq!(bookkeeping::state(&looked).unwrap(), bookkeeping::State::Absent);
    assert!(open(&folder.path().join("no/t.db"), Mode::ReadOnly).is_ok());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    open(&path, Mode::ReadWrite).unwrap();
    assert!(path.exists());
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let folder = folder();
    let path = folder.path().join("t.db");
    fs::write(&path, "").unwrap();
    assert_eq!(look(&open(&path, Mode::ReadOnly).unwrap(), "SELECT count(*) FROM sqlite_schema"), "Integer(0)");
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[cfg(unix)]
#[test]
fn every_path_is_only_a_path() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder();
    let odd = ["with space.db", "q?mode=memory", "h#x.db", "100%25.db", "file:x.db", ":memory:", "é.db"];
    let mut names: Vec<_> = odd.iter().map(|name| std::ffi::OsStr::new(name).to_owned()).collect();
    names.push(std::ffi::OsStr::from_bytes(b"not-utf8-\xff.db").to_owned());
    for name in names {
        let path = folder.path().join(&name);
        open(&path, Mode::ReadWrite).unwrap().run("CREATE TABLE t (a)").unwrap();
        assert!(path.exists(), "{name:?}");
        assert_eq!(look(&open(&path, Mode::Reader).unwrap(), "SELECT count(*) FROM t"), "Integer(0)");
    }
    assert_eq!(super::open::plain(Path::new("file:x.db?mode=memory")), Path::new("./file:x.db?mode=memory"));
    assert_eq!(super::open::plain(Path::new(":memory:")), Path::new("./:memory:"));
    assert!(open(Path::new("a\0b"), Mode::ReadWrite).is_err());
}

/// A database whose last changes are in the WAL only, as after a crash, while a transaction was open.
fn crashed(folder: &Path) -> PathBuf {
    let live = folder.join("live.db");
    let path = folder.join("crashed.db");
    let mut writer = open(&live, Mode::ReadWrite).unwrap();
    fill(&mut writer);
    writer.run("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    writer.run("INSERT INTO legacy VALUES (7)").unwrap();
    writer.begin_write().unwrap();
    writer.run("INSERT INTO legacy SELECT value FROM json_each('[8,9]')").unwrap();
    fs::copy(&live, &path).unwrap();
    fs::copy(beside(&live, "-wal"), beside(&path, "-wal")).unwrap();
    assert!(fs::metadata(beside(&path, "-wal")).unwrap().len() > 0);
    path
}

#[test]
fn looking_keeps_every_byte_also_with_an_unfinished_wal() {
    let folder = folder();
    let path = crashed(folder.path());
    let wal = beside(&path, "-wal");
    let before = (fs::read(&path).unwrap(), fs::read(&wal).unwrap());
    for _ in 0..2 {
        let database = open(&path, Mode::ReadOnly).unwrap();
        assert_eq!(look(&database, "SELECT id FROM legacy"), "Integer(7)", "what was committed is seen, and nothing else");
        drop(database);
        assert!(before == (fs::read(&path).unwrap(), fs::read(&wal).unwrap()), "the file or its WAL changed");
    }
    // And a writer finds everything as it was.
    assert_eq!(look(&open(&path, Mode::ReadWrite).unwrap(), "SELECT id FROM legacy"), "Integer(7)");
}

#[test]
fn looking_never_takes_what_an_interrupted_writer_left_for_what_was_committed() {
    let folder = folder();
    let (live, path) = (folder.path().join("live.db"), folder.path().join("t.db"));
    // As `upgrade --sql | sqlite3` makes it: a rollback journal, no WAL.
    let writer = rusqlite::Connection::open(&live).unwrap();
    writer.execute_batch("PRAGMA cache_size = 2; CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE; INSERT INTO t SELECT randomblob(999) FROM json_each(json_array(1,2,3,4,5,6,7,8,9))").unwrap();
    writer.execute_batch("DELETE FROM t WHERE a = 1; INSERT INTO t SELECT randomblob(3999) FROM t, t AS more").unwrap();
    for suffix in ["", "-journal"] {
        fs::copy(beside(&live, suffix), beside(&path, suffix)).unwrap();
    }
    let read = || (fs::read(&path).unwrap(), fs::read(beside(&path, "-journal")).unwrap());
    let before = read();
    for mode in [Mode::ReadOnly, Mode::Reader] {
        let error = open(&path, mode).map(drop).unwrap_err().to_string();
        assert!(error.contains("was interrupted and left t.db-journal"), "{error}");
    }
    assert!(before == read(), "nothing was repaired, nothing was changed");
    assert_eq!(look(&open(&path, Mode::ReadWrite).unwrap(), "SELECT max(a) FROM t"), "Integer(1)");
    assert_eq!(look(&open(&path, Mode::ReadOnly).unwrap(), "SELECT max(a) FROM t"), "Integer(1)");
}

#[test]
fn looking_at_a_finished_database_leaves_it_as_it_was() {
    let folder = folder();
    let path = folder.path().join("t.db");
    fill(&mut open(&path, Mode::ReadWrite).unwrap());
    let before = fs::read(&path).unwrap();
    let mut database = open(&path, Mode::ReadOnly).unwrap();
    assert_eq!(look(&database, "SELECT count(*) FROM users"), "Integer(2)");
    assert!(matches!(database.run("DELETE FROM users"), Err(StorageError::ReadOnly(_))));
    drop(database);
    assert!(before == fs::read(&path).unwrap());
}

#[test]
fn looking_works_where_nothing_can_be_made_beside_the_file() {
    let folder = folder();
    let path = folder.path().join("it's 100%? yes#.db");
    fill(&mut open(&path, Mode::ReadWrite).unwrap());
    // As on a read-only file system: the file that readers share their places in cannot be made.
    fs::create_dir(beside(&path, "-shm")).unwrap();
    assert_eq!(look(&open(&path, Mode::ReadOnly).unwrap(), "SELECT count(*) FROM users"), "Integer(2)");
}

#[test]
fn looking_beside_a_living_writer_sees_what_is_committed() {
    let folder = folder();
    let path = folder.path().join("t.db");
    let mut writer = open(&path, Mode::ReadWrite).unwrap();
    fill(&mut writer);
    writer.begin_write().unwrap();
    writer.run("INSERT INTO legacy VALUES (1)").unwrap();
    let looking = open(&path, Mode::ReadOnly).unwrap();
    assert_eq!(look(&looking, "SELECT count(*) FROM legacy"), "Integer(0)");
    writer.commit().unwrap();
    assert_eq!(look(&looking, "SELECT count(*) FROM legacy"), "Integer(1)");
}

#[test]
fn every_connection_has_the_settings_of_the_house() {
    let folder = folder();
    let path = folder.path().join("t.db");
    let writer = open(&path, Mode::ReadWrite).unwrap();
    assert_eq!(look(&writer, "PRAGMA journal_mode"), "Text(\"wal\")");
    assert_eq!(look(&writer, "PRAGMA synchronous"), "Integer(2)");
    let reader = open(&path, Mode::Reader).unwrap();
    assert_eq!(look(&reader, "PRAGMA query_only"), "Integer(1)");
    for database in [writer, reader, Database::in_memory().unwrap()] {
        assert_eq!(look(&database, "PRAGMA foreign_keys"), "Integer(1)");
        assert_eq!(look(&database, "PRAGMA trusted_schema"), "Integer(0)");
        for (setting, value) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
        ] {
            assert_eq!(database.connection.db_config(setting).unwrap(), value, "{setting:?}");
        }
        let extension = database.connection.query_row("SELECT load_extension('x')", [], |_| Ok(()));
        assert!(extension.unwrap_err().to_string().contains("not authorized"));
        assert!(database.connection.execute_batch("ATTACH ':memory:' AS other").is_err());
    }
}

#[test]
fn a_second_writer_waits_and_then_says_how_long() {
    let folder = folder();
    let path = folder.path().join("t.db");
    let mut first = open(&path, Mode::ReadWrite).unwrap();
    let mut second = open(&path, Mode::ReadWrite).unwrap();
    first.begin_write().unwrap();
    let start = Instant::now();
    match second.begin_write() {
        Err(StorageError::Busy { waited_ms }) => {
            assert!((40..5_000).contains(&waited_ms) && start.elapsed() >= Duration::from_millis(40), "{waited_ms}")
        }
        other => panic!("{other:?}"),
    }
    first.commit().unwrap();
    second.begin_write().unwrap();
}

#[test]
fn many_processes_can_make_the_same_new_file_at_once() {
    let folder = folder();
    let path = folder.path().join("t.db");
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut database = Database::open(&path, Mode::ReadWrite, BUSY_SERVE)?;
                    let mut transaction = database.write()?;
                    bookkeeping::ensure(&mut transaction)?;
                    transaction.commit()
                })
            })
            .collect();
        for handle in handles {
            handle.join().unwrap().unwrap();
        }
    });
    let database = open(&path, Mode::Reader).unwrap();
    assert_eq!(look(&database, "SELECT count(*) FROM tenon_bookkeeping"), "Integer(1)");
}

#[test]
fn a_transaction_that_is_not_committed_leaves_nothing() {
    let folder = folder();
    let path = folder.path().join("t.db");
    let mut database = open(&path, Mode::ReadWrite).unwrap();
    let mut transaction = database.write().unwrap();
    transaction.run_script("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    drop(transaction);
    assert_eq!(look(&database, "SELECT count(*) FROM sqlite_schema"), "Integer(0)");
    let mut transaction = database.write().unwrap();
    transaction.run("CREATE TABLE t (a)").unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert_eq!(look(&open(&path, Mode::Reader).unwrap(), "SELECT count(*) FROM t"), "Integer(0)");
}

#[test]
fn savepoints_nest_and_undo_their_own_part() {
    let mut database = Database::in_memory().unwrap();
    database.run("CREATE TABLE t (a)").unwrap();
    assert!(matches!(database.savepoint(), Err(StorageError::Misuse(_))));
    database.begin_write().unwrap();
    assert!(matches!(database.begin_write(), Err(StorageError::Misuse(_))));
    database.savepoint().unwrap();
    database.run("INSERT INTO t VALUES (1)").unwrap();
    database.savepoint().unwrap();
    database.run("INSERT INTO t VALUES (2)").unwrap();
    database.rollback_to_savepoint().unwrap();
    database.release().unwrap();
    assert!(matches!(database.release(), Err(StorageError::Misuse(_))));
    database.commit().unwrap();
    assert_eq!(look(&database, "SELECT a FROM t"), "Integer(1)");
    assert!(matches!(database.commit(), Err(StorageError::Misuse(_))));
    database.rollback().unwrap();
}

#[test]
fn a_commit_that_cannot_be_kept_is_rolled_back() {
    let mut database = Database::in_memory().unwrap();
    database
        .run_script("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)")
        .unwrap();
    database.begin_write().unwrap();
    database.run("INSERT INTO c VALUES (1)").unwrap();
    assert!(matches!(database.commit(), Err(StorageError::Violation(_))));
    assert_eq!(look(&database, "SELECT count(*) FROM c"), "Integer(0)");
    database.begin_write().unwrap();
    database.commit().unwrap();
}

#[test]
fn a_part_that_leaves_a_deferred_key_broken_is_seen_and_undone_alone() {
    let mut database = Database::in_memory().unwrap();
    database
        .run_script("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)")
        .unwrap();
    database.begin_write().unwrap();
    database.run("INSERT INTO p VALUES (1)").unwrap();
    database.savepoint().unwrap();
    database.run("INSERT INTO c VALUES (1)").unwrap();
    assert!(!database.owes_references().unwrap());
    database.run("INSERT INTO c VALUES (2)").unwrap();
    assert!(database.owes_references().unwrap());
    database.rollback_to_savepoint().unwrap();
    assert!(!database.owes_references().unwrap() && !database.is_lost());
    database.commit().unwrap();
    assert_eq!(look(&database, "SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM c)"), "Integer(1)");
}

#[test]
fn a_transaction_that_sqlite_ended_by_itself_is_not_continued() {
    let mut database = Database::in_memory().unwrap();
    database.run("CREATE TABLE t (a UNIQUE)").unwrap();
    database.begin_write().unwrap();
    database.run("INSERT INTO t VALUES (1)").unwrap();
    assert!(!database.is_lost());
    assert!(database.run("INSERT OR ROLLBACK INTO t VALUES (1)").is_err());
    assert!(database.is_lost());
    assert!(matches!(database.run("INSERT INTO t VALUES (2)"), Err(StorageError::TransactionLost)));
    assert!(matches!(database.commit(), Err(StorageError::TransactionLost)));
    assert_eq!(look(&database, "SELECT count(*) FROM t"), "Integer(0)");
    database.begin_write().unwrap();
    database.run("INSERT INTO t VALUES (3)").unwrap();
    database.commit().unwrap();
}

#[test]
fn the_hosts_refused_statements_say_why() {
    let mut database = Database::in_memory().unwrap();
    database.run_script("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    let error = database.run("ALTER TABLE t ADD COLUMN b TEXT NOT NULL").unwrap_err();
    assert!(matches!(&error, StorageError::Refused(message) if message.contains("NOT NULL")), "{error:?}");
    assert!(matches!(database.run("CREATE TABLE t (b)"), Err(StorageError::Refused(_))));
    let two = database.run("CREATE TABLE u (a); DROP TABLE t");
    assert!(matches!(&two, Err(StorageError::Refused(message)) if message == "one statement at a time"), "{two:?}");
    assert_eq!(look(&database, "SELECT name FROM sqlite_schema"), "Text(\"t\")");
}
