//! What is stopped at its deadline, and that nothing else is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::deadline::Deadline;
use super::testing::{look, name, plugin, rows, shop};
use super::{Database, Mode};
use crate::model::time::processor_time;
use crate::model::{self, ObjectKind};
use crate::store::{SqlError, StorageError};

/// Counts to `rows`; some 200 ns each.
fn counting(rows: u32) -> String {
    format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT count(*) FROM n")
}

/// A connection whose statements nothing but the watchdog stops.
fn watched() -> (Connection, Deadline) {
    let connection = Connection::open_in_memory().unwrap();
    let deadline = Deadline::new(connection.get_interrupt_handle());
    (connection, deadline)
}

fn run(connection: &Connection, sql: &str) -> Result<i64, Option<ErrorCode>> {
    connection.query_row(sql, [], |row| row.get(0)).map_err(|error: rusqlite::Error| error.sqlite_error_code())
}

#[test]
fn a_statement_is_interrupted_without_the_progress_handler() {
    let (connection, deadline) = watched();
    deadline.set(Some((Instant::now() + Duration::from_millis(5)).into()));
    assert_eq!(run(&connection, &counting(100_000_000)), Err(Some(ErrorCode::OperationInterrupted)));
    deadline.set(None);
    assert_eq!(run(&connection, &counting(10_000)), Ok(10_000));
    // The watchdog has gone to sleep meanwhile, or not: it is there again.
    deadline.set(Some((Instant::now() + Duration::from_millis(5)).into()));
    assert_eq!(run(&connection, &counting(100_000_000)), Err(Some(ErrorCode::OperationInterrupted)));
}

/// A table of a million rows.
fn many() -> String {
    format!("CREATE TABLE many AS {}", counting(1_000_000).replace("SELECT count(*)", "SELECT i"))
}

/// Counts them so often; each is one step of SQLite's machine, of 100 µs and more.
fn counts(columns: usize, each: usize) -> String {
    format!("SELECT {}", vec![vec!["(SELECT count(*) FROM many)"; each].join(" + "); columns].join(", "))
}

#[test]
fn counting_the_rows_of_a_table_is_stopped() {
    let (connection, deadline) = watched();
    connection.execute_batch(&many()).unwrap();
    deadline.set(Some((Instant::now() + Duration::from_millis(5)).into()));
    assert_eq!(run(&connection, &counts(100, 40)), Err(Some(ErrorCode::OperationInterrupted)));
}

/// The moment is far, and the processor time is what stops it: the progress handler is not there.
#[cfg(target_os = "linux")]
#[test]
fn a_single_long_step_is_stopped_when_its_thread_has_worked_enough() {
    let (connection, deadline) = watched();
    connection.execute_batch(&many()).unwrap();
    let (at, began) = (Instant::now() + Duration::from_secs(3_600), processor_time());
    deadline.set(Some(model::Deadline { at, processor: Some(began + Duration::from_millis(5)), cut: None }));
    assert_eq!(run(&connection, &counts(100, 40)), Err(Some(ErrorCode::OperationInterrupted)));
    let worked = processor_time() - began;
    assert!(worked >= Duration::from_millis(5), "stopped early, after {worked:?}");
    assert!(worked < Duration::from_secs(2), "stopped after {worked:?}");
}

#[test]
fn a_statement_that_nobody_wants_any_more_is_interrupted() {
    let (connection, deadline) = watched();
    let (at, cut) = (Instant::now() + Duration::from_secs(3_600), Arc::new(AtomicBool::new(true)));
    deadline.set(Some(model::Deadline { at, processor: None, cut: Some(Arc::clone(&cut)) }));
    // Twenty seconds, if it were let.
    assert_eq!(run(&connection, &counting(100_000_000)), Err(Some(ErrorCode::OperationInterrupted)));
    assert!(deadline.passed(), "another one would begin");
    cut.store(false, Ordering::Relaxed);
    assert!(!deadline.passed());
    deadline.set(None);
    assert_eq!(run(&connection, &counting(10_000)), Ok(10_000));
}

#[test]
fn a_plugin_that_counts_is_told_so_and_the_host_is_stopped_as_well() {
    let mut database = shop();
    database.run_script(&many()).unwrap();
    database.own(&plugin("shop"), ObjectKind::Table, &name("many"), &name("many")).unwrap();
    let sql = counts(10, 25);
    // Compiled before its time begins.
    assert!(database.row_as(&plugin("shop"), &sql, &[]).unwrap().is_some());
    let soon = || Some((Instant::now() + Duration::from_millis(2)).into());
    database.set_deadline(soon());
    let told = database.row_as(&plugin("shop"), &sql, &[]).map_err(SqlError::into_problem).unwrap_err();
    assert_eq!((told.status, told.code.as_str()), (504, "time"));
    database.set_deadline(soon());
    assert!(matches!(database.run(&sql), Err(StorageError::Deadline)));
    database.set_deadline(None);
    assert_eq!(rows(&mut database, "shop", "SELECT count(*) AS n FROM many"), r#"[{"n":1000000}]"#);
}

#[test]
fn nothing_begins_after_the_deadline_and_the_transaction_stays_whole() {
    let mut database = shop();
    database.begin_write().unwrap();
    database.run("INSERT INTO legacy VALUES (1)").unwrap();
    database.savepoint().unwrap();
    database.set_deadline(Some(Instant::now().into()));
    assert!(matches!(database.run("INSERT INTO legacy VALUES (2)"), Err(StorageError::Deadline)));
    assert!(matches!(database.execute_as(&plugin("shop"), "DELETE FROM users", &[]), Err(SqlError::Fault(StorageError::Deadline))));
    assert!(!database.is_lost());
    // Often: the progress handler counts the steps of a kept statement over all its runs.
    for _ in 0..1_000 {
        database.rollback_to_savepoint().unwrap();
        database.deadline.suspended(|| database.host(|connection| connection.execute_batch("SAVEPOINT tenon_0"))).unwrap();
        database.transaction.set(Some(1));
    }
    database.release().unwrap();
    database.commit().unwrap();
    database.set_deadline(None);
    assert_eq!(look(&database, "SELECT id FROM legacy"), "Integer(1)");
}

#[test]
fn nobody_waits_for_a_lock_beyond_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Database::open(&folder.path().join("t.db"), Mode::ReadWrite, Duration::from_secs(60)).unwrap();
    let (mut holder, mut waiting) = (open(), open());
    holder.begin_write().unwrap();
    let start = Instant::now();
    waiting.set_deadline(Some((start + Duration::from_millis(20)).into()));
    assert!(matches!(waiting.begin_write(), Err(StorageError::Busy { .. })));
    assert!(start.elapsed() < Duration::from_secs(30));
    waiting.set_deadline(None);
    holder.commit().unwrap();
    waiting.begin_write().unwrap();
}

#[test]
fn no_innocent_statement_is_ever_interrupted() {
    let work = |worker: u64| {
        let (connection, deadline) = watched();
        let (guilty, innocent) = (counting(10_000), counting(2_000));
        let mut stopped = 0;
        for round in 0..100_u64 {
            // Deadlines before, during and after the statement, and at every distance from its end.
            let micros = (round * 37 + worker * 101) % 3_000;
            deadline.set(Some((Instant::now() + Duration::from_micros(micros)).into()));
            match run(&connection, &guilty) {
                Ok(_) => {}
                Err(Some(ErrorCode::OperationInterrupted)) => stopped += 1,
                Err(error) => panic!("{error:?}"),
            }
            // Removed, or moved to where it never comes.
            deadline.set((round % 2 == 0).then(|| (Instant::now() + Duration::from_secs(3_600)).into()));
            assert_eq!(run(&connection, &innocent), Ok(2_000), "innocent, in round {round}");
        }
        stopped
    };
    let workers: Vec<_> = (0..8).map(|worker| std::thread::spawn(move || work(worker))).collect();
    let stopped: u32 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    assert!(stopped > 50, "only {stopped} statements met their deadline: the test showed nothing");
}

#[test]
fn a_connection_that_is_gone_is_not_watched() {
    for _ in 0..100 {
        let database = Database::in_memory().unwrap();
        database.set_deadline(Some(Instant::now().into()));
    }
    // Others of this process come and go meanwhile.
    assert!(super::watchdog::watched() < 100);
}
