//! What one SQL statement of a plugin's may take. In a process of its own: memory is counted only if nobody used SQLite before.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::time::{Duration, Instant};

use tenon::model::{PluginName, Value};
use tenon::store::{Database, SqlError, StorageError, bookkeeping};

fn database() -> Database {
    let mut database = Database::in_memory().unwrap();
    bookkeeping::ensure(&mut database).unwrap();
    // A test that fails, fails soon.
    database.set_deadline(Some((Instant::now() + Duration::from_secs(60)).into()));
    database
}

fn told(database: &mut Database, sql: &str) -> String {
    let plugin: PluginName = "shop".parse().unwrap();
    match database.row_as(&plugin, sql, &[]) {
        Ok(row) => format!("{row:?}"),
        Err(error) => error.into_problem().code,
    }
}

/// Rows of a megabyte, more than a statement may hold. Not without end: SQLite looks for missing memory in some functions only at theirs.
const ROWS: &str = "WITH RECURSIVE n (i, z) AS (SELECT 1, printf('%.*c', 1000000, 'x') UNION ALL SELECT i + 1, z FROM n WHERE i < 200)";

#[test]
fn a_statement_that_would_take_all_memory_is_stopped_and_nobody_else() {
    let (mut database, mut neighbour) = (database(), database());
    for sql in [
        format!("{ROWS} SELECT json_group_array(z) FROM n"),
        format!("{ROWS} SELECT json_group_object(i, z) FROM n"),
        format!("{ROWS} SELECT json_group_array(z || 1), json_group_array(z || 2), json_group_array(z || 3) FROM n"),
        format!("WITH z (z) AS MATERIALIZED (SELECT printf('%.*c', 1000000, 'x')) SELECT {} FROM z", vec!["z || 1"; 100].join(", ")),
    ] {
        assert_eq!(told(&mut database, &sql), "too-large", "{sql}");
        assert_eq!(told(&mut neighbour, "SELECT 1"), "Some([Integer(1)])");
    }
    // The host has no such bound, and what was taken was given back.
    assert_eq!(told(&mut database, "SELECT length(printf('%.*c', 1000000, 'x'))"), "Some([Integer(1000000)])");
    database.run("CREATE TABLE large AS SELECT zeroblob(100000000) AS bytes").unwrap();
}

#[test]
fn a_text_that_grows_when_it_is_compiled_is_refused() {
    let mut database = database();
    for levels in [25, 60] {
        let mut sql = "SELECT 1 AS a".to_owned();
        for _ in 0..levels {
            sql = format!("SELECT a + a AS a FROM ({sql})");
        }
        // 60 levels would be an expression of 2^60.
        assert!(["too-large", "sql"].contains(&told(&mut database, &sql).as_str()), "{levels} levels");
        let mut sql = "WITH c0 (a) AS (SELECT value FROM json_each('[1]'))".to_owned();
        for level in 1..levels {
            sql.push_str(&format!(", c{level} (a) AS (SELECT a + a FROM c{})", level - 1));
        }
        sql.push_str(&format!(" SELECT a FROM c{}", levels - 1));
        assert!(["too-large", "sql"].contains(&told(&mut database, &sql).as_str()), "{levels} levels");
    }
    assert_eq!(told(&mut database, "SELECT 1"), "Some([Integer(1)])");
}

#[test]
fn a_write_that_takes_too_much_leaves_the_transaction_whole_or_says_that_it_is_lost() {
    let mut database = database();
    let plugin: PluginName = "shop".parse().unwrap();
    database.run("CREATE TABLE t (a)").unwrap();
    let t: tenon::model::Name = "t".parse().unwrap();
    database.own(&plugin, tenon::model::ObjectKind::Table, &t, &t).unwrap();
    database.begin_write().unwrap();
    database.run("INSERT INTO t VALUES (1)").unwrap();
    database.savepoint().unwrap();
    let sql = format!("INSERT INTO t {ROWS} SELECT json_group_array(z) FROM n");
    let error = database.execute_as(&plugin, &sql, &[]).unwrap_err().into_problem();
    assert_eq!((error.status, error.code.as_str()), (413, "too-large"), "{error}");
    if database.is_lost() {
        let next = database.execute_as(&plugin, "INSERT INTO t VALUES (?1)", &[Value::Integer(2)]);
        assert!(matches!(next, Err(SqlError::Fault(StorageError::TransactionLost))), "{next:?}");
        database.rollback().unwrap();
    } else {
        database.rollback_to_savepoint().unwrap();
        database.commit().unwrap();
        assert_eq!(told(&mut database, "SELECT count(*) FROM t"), "Some([Integer(1)])");
    }
}
