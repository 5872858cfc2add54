//! Several requests in one commit: whatever one of them does to the transaction, its neighbours' rows are there and its own are not.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::support::TestDatabase;
use super::{futures_once, nothing};
use crate::model::query::{Constraint, Violation, Write};
use crate::model::{PluginName, Value};
use crate::records::tests::fixtures::{TestClock, name};
use crate::records::{RecordError, Rows, RowsError};
use crate::service::file::File;
use crate::service::file::testing::{Failing, Watched};
use crate::service::serving::rank::Rank;
use crate::service::serving::readers::Pool;
use crate::service::serving::writer::{Work, Writer};
use crate::service::serving::{CallError, MadeFor, Outcome, WriterOptions};

/// Tables on which a write can go wrong in every way that SQLite has.
const TABLES: &str = "
    CREATE TABLE notes (text TEXT PRIMARY KEY);
    CREATE TABLE strict_notes (text TEXT UNIQUE ON CONFLICT ROLLBACK);
    INSERT INTO strict_notes VALUES ('taken');
    CREATE TABLE raising (text TEXT);
    CREATE TRIGGER raises AFTER INSERT ON raising BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
    CREATE TABLE half (text TEXT);
    CREATE TRIGGER halves AFTER INSERT ON half BEGIN INSERT INTO notes VALUES ('by a trigger'); SELECT RAISE(FAIL, 'no'); END;
    CREATE TABLE children (text TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE endless (text TEXT);
    CREATE TRIGGER never_ends AFTER INSERT ON endless BEGIN
        INSERT INTO notes WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'endless' || max(i) FROM n; END;";

/// A full disk, for a writer: there is room for little more than the tables.
const SMALL_DISK: &str = "PRAGMA max_page_count = 40";

struct Bench {
    database: TestDatabase,
    writer: Writer,
    log: Arc<Mutex<Vec<&'static str>>>,
    failing_commits: Arc<Mutex<Vec<Failing>>>,
    gates: std::cell::Cell<u32>,
}

impl Bench {
    fn new() -> Self {
        // Long enough that a group ends only because nobody waits.
        Self::with(WriterOptions { group_time: Duration::from_secs(600), ..WriterOptions::default() })
    }

    fn with(options: WriterOptions) -> Self {
        let database = TestDatabase::with(&[]);
        database.connect().execute_batch(TABLES).unwrap();
        let watched = Watched {
            file: File::impatient(&database.path(), Duration::from_millis(50)),
            script: SMALL_DISK,
            log: Arc::default(),
            failing_commits: Arc::default(),
        };
        let (log, failing_commits) = (Arc::clone(&watched.log), Arc::clone(&watched.failing_commits));
        let writer = Writer::start(Arc::new(watched), Arc::new(TestClock::new()), options).unwrap();
        Self { database, writer, log, failing_commits, gates: std::cell::Cell::new(0) }
    }

    /// Runs these so that all but the first wait in the queue while the first runs: one group. The first, a note of its own, is not
    /// among the answers.
    async fn together(&self, works: Vec<(&str, Work)>) -> Vec<Result<Outcome, CallError>> {
        let ((began, begun), (go_on, wait)) = (channel(), channel::<()>());
        self.gates.set(self.gates.get() + 1);
        let gate = inserting("notes", &format!("gate {}", self.gates.get()));
        let mut first_time = true;
        let gate: Work = Work::change(MadeFor::default(), move |rows: &mut dyn Rows, _| {
            if std::mem::take(&mut first_time) {
                began.send(()).unwrap();
                wait.recv().unwrap();
            }
            gate(rows)
        });
        let other = plugin("other");
        let mut gate = Box::pin(self.writer.run(&other, gate));
        assert!(futures_once(gate.as_mut()).await.is_none());
        begun.recv().unwrap();
        let plugins: Vec<PluginName> = works.iter().map(|(name, _)| plugin(name)).collect();
        let mut runs: Vec<_> = works.into_iter().zip(&plugins).map(|((_, work), plugin)| Box::pin(self.writer.run(plugin, work))).collect();
        for run in &mut runs {
            assert!(futures_once(run.as_mut()).await.is_none());
        }
        go_on.send(()).unwrap();
        gate.await.unwrap();
        let mut answers = Vec::new();
        for run in runs {
            answers.push(run.await);
        }
        answers
    }

    /// What was asked of the writer's connection since the last time.
    fn asked(&self) -> String {
        std::mem::take(&mut *self.log.lock().unwrap()).join(" ")
    }

    fn notes(&self) -> Vec<String> {
        self.database.texts("SELECT text FROM notes WHERE text NOT LIKE 'gate%' ORDER BY rowid")
    }
}

fn plugin(name: &str) -> PluginName {
    name.parse().unwrap()
}

fn row(table: &str, text: &str) -> Write {
    Write::Insert { table: name(table), cells: vec![(name("text"), Value::from(text))] }
}

fn insert(table: &str, text: &str) -> Work {
    let insert = inserting(table, text);
    Work::change(MadeFor::default(), move |rows: &mut dyn Rows, _| insert(rows))
}

fn inserting(table: &str, text: &str) -> impl Fn(&mut dyn Rows) -> Result<Outcome, RecordError> + Send + use<> {
    let write = row(table, text);
    move |rows| Ok(rows.write(&write).map(|_| nothing())?)
}

/// A request of several statements: it writes a note of its own, then this; if that fails it tries to go on.
fn note_and(table: &str, text: &str) -> Work {
    let (own, write) = (row("notes", &format!("{text}, of the culprit")), row(table, text));
    Work::change(MadeFor::default(), move |rows: &mut dyn Rows, _| {
        rows.write(&own)?;
        let result = rows.write(&write);
        if result.is_err() {
            // Nothing of a request runs after it lost the transaction; it would be committed by itself.
            let _ = rows.write(&row("notes", "after the end"));
        }
        Ok(result.map(|_| nothing())?)
    })
}

fn violation(answer: &Result<Outcome, CallError>) -> Option<&Violation> {
    let Err(CallError::Fault(cause)) = answer else { return None };
    match cause.downcast_ref::<RowsError>() {
        Some(RowsError::Violation(violation)) => Some(violation),
        _ => None,
    }
}

#[tokio::test]
async fn those_who_wait_are_one_commit() {
    let bench = Bench::new();
    let answers = bench.together(vec![("shop", insert("notes", "a")), ("shop", insert("notes", "b"))]).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(bench.asked(), "open begin savepoint release savepoint release commit");
    assert_eq!(bench.notes(), ["a", "b"]);
}

#[tokio::test]
async fn a_group_is_no_larger_and_no_older_than_it_may_be() {
    let bench = Bench::with(WriterOptions { group_requests: 2, group_time: Duration::from_secs(600), ..WriterOptions::default() });
    bench.together(vec![("shop", insert("notes", "a")), ("shop", insert("notes", "b"))]).await;
    assert_eq!(bench.asked(), "open begin savepoint release commit begin commit");
    let bench = Bench::with(WriterOptions { group_time: Duration::ZERO, ..WriterOptions::default() });
    bench.together(vec![("shop", insert("notes", "a")), ("shop", insert("notes", "b"))]).await;
    assert_eq!(bench.asked(), "open begin commit begin commit begin commit");
}

#[tokio::test]
async fn a_request_that_is_refused_is_undone_alone() {
    let bench = Bench::new();
    let works = vec![("shop", insert("notes", "a")), ("shop", note_and("notes", "a")), ("shop", insert("notes", "b"))];
    let answers = bench.together(works).await;
    assert_eq!(violation(&answers[1]).unwrap().kind, Constraint::Unique);
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(bench.asked(), "open begin savepoint release savepoint undo savepoint release commit");
    assert_eq!(bench.notes(), ["a", "b"]);
}

#[tokio::test]
async fn a_trigger_that_keeps_half_of_a_failed_statement_is_undone() {
    let bench = Bench::new();
    let works = vec![("shop", insert("notes", "a")), ("shop", insert("half", "x")), ("shop", insert("notes", "b"))];
    let answers = bench.together(works).await;
    assert_eq!(violation(&answers[1]).unwrap().kind, Constraint::Check);
    assert_eq!(bench.notes(), ["a", "b"], "nor what the trigger wrote before it gave up");
    assert_eq!(bench.database.texts("SELECT text FROM half"), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_that_is_checked_at_the_commit_is_checked_before() {
    let bench = Bench::new();
    let works = vec![
        ("shop", insert("notes", "a")),
        ("shop", insert("children", "nobody")),
        ("shop", insert("children", "a")),
        ("shop", insert("notes", "b")),
    ];
    let answers = bench.together(works).await;
    let Err(CallError::Problem(problem)) = &answers[1] else { panic!("{:?}", answers[1]) };
    assert_eq!((problem.status, problem.code.as_str()), (409, "conflict"));
    assert!(answers[0].is_ok() && answers[2].is_ok() && answers[3].is_ok());
    assert_eq!(bench.database.texts("SELECT text FROM children"), ["a"]);
    assert_eq!(bench.notes(), ["a", "b"]);
    assert_eq!(bench.asked(), "open begin savepoint release savepoint undo savepoint release savepoint release commit");
}

/// Runs the culprit between two neighbours, after which each neighbour must have had a transaction of its own.
async fn the_group_is_lost_to(culprit: Work) -> (Bench, Result<Outcome, CallError>) {
    let bench = Bench::new();
    let works = vec![("shop", insert("notes", "a")), ("rude", culprit), ("shop", insert("notes", "b"))];
    let mut answers = bench.together(works).await;
    assert_eq!(bench.notes(), ["a", "b"], "the neighbours' rows, and nothing of the culprit's");
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let asked = bench.asked();
    // The gate and the one before the culprit again, one by one; the one after it had not begun.
    assert_eq!(
        asked.split_once("savepoint release savepoint").unwrap().1.replace("open ", ""),
        " rollback begin commit begin commit begin commit"
    );
    (bench, answers.swap_remove(1))
}

#[tokio::test]
async fn a_full_disk_hurts_only_who_filled_it() {
    let (_, answer) = the_group_is_lost_to(note_and("notes", &"x".repeat(400_000))).await;
    assert!(matches!(answer, Err(CallError::Full(_))), "{answer:?}");
}

#[tokio::test]
async fn a_write_that_is_interrupted_hurts_only_itself() {
    let (_, answer) = the_group_is_lost_to(note_and("endless", "x")).await;
    assert!(matches!(answer, Err(CallError::Fault(_))), "{answer:?}");
}

#[tokio::test]
async fn a_conflict_that_rolls_back_hurts_only_whose_it_is() {
    let (_, answer) = the_group_is_lost_to(note_and("strict_notes", "taken")).await;
    assert_eq!(violation(&answer).unwrap().kind, Constraint::Unique);
}

#[tokio::test]
async fn a_trigger_that_rolls_back_hurts_only_who_fired_it() {
    let (_, answer) = the_group_is_lost_to(note_and("raising", "x")).await;
    assert_eq!(violation(&answer).unwrap().kind, Constraint::Check);
}

#[tokio::test]
async fn a_request_that_hides_that_it_lost_the_transaction_is_not_believed() {
    let culprit: Work = Work::change(MadeFor::default(), |rows: &mut dyn Rows, _| {
        let _ = rows.write(&row("raising", "x"));
        let _ = rows.write(&row("notes", "after the end"));
        Ok(nothing())
    });
    let (_, answer) = the_group_is_lost_to(culprit).await;
    assert!(matches!(answer, Err(CallError::Fault(_))), "{answer:?}");
}

#[tokio::test]
async fn a_panic_hurts_only_who_panicked() {
    let bench = Bench::new();
    let panics: Work = Work::change(MadeFor::default(), |rows: &mut dyn Rows, _| {
        rows.write(&row("notes", "lost")).unwrap();
        panic!("on purpose")
    });
    let answers = bench.together(vec![("shop", insert("notes", "a")), ("rude", panics), ("shop", insert("notes", "b"))]).await;
    assert!(answers[0].is_ok() && matches!(answers[1], Err(CallError::Fault(_))) && answers[2].is_ok());
    assert_eq!(bench.notes(), ["a", "b"]);
    assert!(bench.asked().contains("savepoint open begin commit"), "on a new connection");
}

#[tokio::test]
async fn the_first_of_a_group_can_lose_it_too() {
    let bench = Bench::new();
    let other = plugin("rude");
    for (table, text) in [("raising", "x"), ("strict_notes", "taken"), ("children", "nobody"), ("half", "x")] {
        assert!(bench.writer.run(&other, note_and(table, text)).await.is_err(), "{table}");
        assert_eq!(bench.notes(), Vec::<String>::new(), "{table}");
    }
    assert!(bench.writer.run(&other, insert("notes", "a")).await.is_ok());
}

#[tokio::test]
async fn a_commit_that_fails_is_tried_again_for_each() {
    let bench = Bench::new();
    bench.failing_commits.lock().unwrap().push(Failing::Refused);
    let works = vec![("shop", insert("notes", "a")), ("shop", insert("notes", "a")), ("shop", insert("notes", "b"))];
    let answers = bench.together(works).await;
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(bench.notes(), ["a", "b"]);
    let asked = bench.asked();
    assert_eq!(asked.split_once("commit rollback ").unwrap().1, "begin commit begin commit begin rollback begin commit");

    bench.failing_commits.lock().unwrap().push(Failing::Refused);
    let shop = plugin("shop");
    assert!(matches!(bench.writer.run(&shop, insert("notes", "c")).await, Err(CallError::Fault(_))));
    assert!(bench.writer.run(&shop, insert("notes", "d")).await.is_ok());
    assert_eq!(bench.notes(), ["a", "b", "d"]);
}

#[tokio::test]
async fn a_panic_in_a_commit_fails_its_requests_and_no_later_one() {
    let bench = Bench::new();
    bench.failing_commits.lock().unwrap().push(Failing::Panics);
    let shop = plugin("shop");
    assert!(matches!(bench.writer.run(&shop, insert("notes", "a")).await, Err(CallError::Fault(_))));
    assert!(bench.writer.run(&shop, insert("notes", "b")).await.is_ok());
    assert_eq!(bench.notes(), ["b"]);
    assert_eq!(bench.asked(), "open begin commit open begin commit");
}

#[tokio::test]
async fn a_plugin_that_lost_a_group_shares_none_for_a_while() {
    let bench = Bench::with(WriterOptions { group_time: Duration::from_secs(600), ..WriterOptions::default() });
    bench.together(vec![("rude", insert("raising", "x"))]).await;
    bench.asked();
    let works = vec![
        ("shop", insert("notes", "a")),
        ("rude", insert("notes", "b")),
        ("shop", insert("notes", "c")),
        ("shop", insert("notes", "d")),
    ];
    assert!(bench.together(works).await.iter().all(Result::is_ok));
    assert_eq!(bench.asked(), "begin savepoint release commit begin commit begin savepoint release commit");
    assert_eq!(bench.notes(), ["a", "b", "c", "d"]);

    let bench = Bench::with(WriterOptions { alone_time: Duration::ZERO, group_time: Duration::from_secs(600), ..WriterOptions::default() });
    bench.together(vec![("rude", insert("raising", "x"))]).await;
    bench.asked();
    bench.together(vec![("rude", insert("notes", "b"))]).await;
    assert_eq!(bench.asked(), "begin savepoint release commit");
}

#[tokio::test]
async fn who_waits_for_another_process_waits_once() {
    let bench = Bench::new();
    let other = bench.database.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let shop = plugin("shop");
    let mut runs: Vec<_> = (0..3).map(|i| Box::pin(bench.writer.run(&shop, insert("notes", &i.to_string())))).collect();
    for run in &mut runs {
        assert!(futures_once(run.as_mut()).await.is_none());
    }
    for run in runs {
        assert!(matches!(run.await, Err(CallError::Busy)));
    }
    assert_eq!(bench.asked(), "open begin");
    other.execute_batch("COMMIT").unwrap();
    assert!(bench.writer.run(&shop, insert("notes", "a")).await.is_ok());
    assert_eq!(bench.asked(), "begin commit", "on the same connection");
}

#[tokio::test]
async fn who_is_gone_is_not_served() {
    let bench = Bench::new();
    let shop = plugin("shop");
    let ((began, begun), (go_on, wait)) = (channel(), channel::<()>());
    let gate: Work = Work::change(MadeFor::default(), move |_, _| {
        began.send(()).unwrap();
        wait.recv().unwrap();
        Ok(nothing())
    });
    let mut gate = Box::pin(bench.writer.run(&shop, gate));
    assert!(futures_once(gate.as_mut()).await.is_none());
    begun.recv().unwrap();
    let mut gone = Box::pin(bench.writer.run(&shop, insert("notes", "gone")));
    assert!(futures_once(gone.as_mut()).await.is_none());
    drop(gone);
    go_on.send(()).unwrap();
    gate.await.unwrap();
    assert!(bench.writer.run(&shop, insert("notes", "a")).await.is_ok());
    assert_eq!(bench.notes(), ["a"]);
}

/// What a request does, and whether it can succeed at all.
fn any_work() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
    let plugin = prop::sample::select(vec!["shop", "rude", "billing"]);
    let act = prop::sample::select(vec![
        ("notes", "a"),
        ("notes", "b"),
        ("notes", "c"),
        ("strict_notes", "taken"),
        ("strict_notes", "free"),
        ("raising", "x"),
        ("half", "x"),
        ("children", "a"),
        ("children", "nobody"),
        ("endless", "x"),
    ]);
    (plugin, act).prop_map(|(plugin, (table, text))| (plugin, table, text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_group_does_what_its_requests_do_one_after_another(
        works in prop::collection::vec(any_work(), 1..12),
        group_requests in 1_usize..12,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let tables = ["notes", "strict_notes", "raising", "half", "children", "endless"];
        let rows = |bench: &Bench| {
            let mut rows: Vec<Vec<String>> =
                tables.iter().map(|table| bench.database.texts(&format!("SELECT text FROM {table} WHERE text NOT LIKE 'gate%' ORDER BY text"))).collect();
            rows.push(bench.notes());
            rows
        };
        let grouped = Bench::with(WriterOptions { group_requests, group_time: Duration::from_secs(600), ..WriterOptions::default() });
        let answers = runtime.block_on(grouped.together(works.iter().map(|(plugin, table, text)| (*plugin, insert(table, text))).collect()));
        let alone = Bench::with(WriterOptions { group_time: Duration::ZERO, ..WriterOptions::default() });
        let expected = runtime.block_on(alone.together(works.iter().map(|(plugin, table, text)| (*plugin, insert(table, text))).collect()));
        let done = |answers: &[Result<Outcome, CallError>]| answers.iter().map(Result::is_ok).collect::<Vec<_>>();
        prop_assert_eq!(done(&answers), done(&expected));
        prop_assert_eq!(rows(&grouped), rows(&alone));
    }
}

#[tokio::test]
async fn reads_do_not_wait_for_the_writer() {
    let bench = Bench::new();
    let readers = crate::service::serving::Readers::start(
        Pool::new(Arc::new(File::patient(&bench.database.path()))),
        crate::service::serving::ReaderOptions { threads: 1, queue: 8 },
        "reader",
        Rank::Equal,
    )
    .unwrap();
    let ((began, begun), (go_on, wait)) = (channel(), channel::<()>());
    let writes: Work = Work::change(MadeFor::default(), move |rows: &mut dyn Rows, _| {
        rows.write(&row("notes", "a"))?;
        began.send(()).unwrap();
        wait.recv().unwrap();
        Ok::<_, RecordError>(nothing())
    });
    let shop = plugin("shop");
    let mut write = Box::pin(bench.writer.run(&shop, writes));
    assert!(futures_once(write.as_mut()).await.is_none());
    begun.recv().unwrap();
    // The writer holds its lock and an uncommitted row.
    let count = |rows: &mut dyn crate::service::serving::Connection| {
        Ok(rows.count(&crate::model::query::Count { table: name("notes"), conditions: Vec::new() })?)
    };
    assert_eq!(readers.inline(count).unwrap(), 0);
    assert_eq!(readers.queued(&plugin("shop"), move |pool| pool.with(count)).await.unwrap(), 0);
    go_on.send(()).unwrap();
    write.await.unwrap();
    assert_eq!(readers.inline(count).unwrap(), 1);
}
