//! What becomes of a transaction when a statement in it fails: nothing, or all of it is lost and every further statement says so.

use std::time::{Duration, Instant};

use super::testing::{fill, look, name, plugin, problem, shop};
use super::{Database, Mode};
use crate::model::query::{Count, Write};
use crate::model::{ObjectKind, Value};
use crate::store::{BUSY_SERVE, SqlError, StorageError};

fn row(id: &str, email: &str) -> Vec<Value> {
    vec![id.into(), email.into()]
}

const INSERT: &str = "INSERT INTO users (id, email) VALUES (?1, ?2)";

fn users(database: &Database) -> String {
    look(database, "SELECT group_concat(id, ' ') FROM (SELECT id FROM users ORDER BY id)")
}

#[test]
fn many_rows_are_written_by_one_statement_or_none_is() {
    let mut database = shop();
    let shop = plugin("shop");
    database.begin_write().unwrap();
    let rows = [row("u3", "c"), row("u4", "d"), row("u5", "e")];
    assert_eq!(database.execute_many_as(&shop, INSERT, &rows).unwrap(), 3);
    assert_eq!(database.execute_many_as(&shop, "UPDATE users SET pw = ?1", &[vec!["a".into()], vec!["b".into()]]).unwrap(), 10);
    assert_eq!(database.execute_many_as(&shop, INSERT, &[]).unwrap(), 0);

    let told = problem(database.execute_many_as(&shop, INSERT, &[row("u6", "f"), row("u7", "c"), row("u8", "h")]));
    assert_eq!((told.status, told.code.as_str()), (409, "constraint"));
    assert!(told.members.contains(&("row".to_owned(), Value::Integer(1))), "{told:?}");
    let told = problem(database.execute_many_as(&shop, INSERT, &[row("u6", "f"), vec![Value::Null]]));
    assert!(told.detail.contains("2 parameters, and 1 values"), "{told:?}");
    let told = problem(database.execute_many_as(&shop, "DELETE FROM users WHERE id = ?1 RETURNING id", &[vec!["u1".into()]]));
    assert!(told.detail.contains("send it as a query"), "{told:?}");
    let told = problem(database.execute_many_as(&shop, "DELETE FROM invoices WHERE id = ?1", &[vec![1.into()]]));
    assert_eq!(told.code, "not-granted");
    assert_eq!(users(&database), "Text(\"u1 u2 u3 u4 u5\")");
    // What failed left no savepoint behind, and the rest of the transaction is kept.
    assert!(matches!(database.release(), Err(StorageError::Misuse(_))));
    database.commit().unwrap();
    assert_eq!(users(&database), "Text(\"u1 u2 u3 u4 u5\")");
    assert!(matches!(database.execute_many_as(&shop, INSERT, &rows), Err(SqlError::Fault(StorageError::Misuse(_)))));
}

#[test]
fn many_rows_may_owe_a_reference_until_the_request_ends() {
    let mut database = shop();
    database.run("CREATE TABLE late (id INTEGER PRIMARY KEY, after INTEGER REFERENCES late (id) DEFERRABLE INITIALLY DEFERRED)").unwrap();
    database.own(&plugin("shop"), ObjectKind::Table, &name("late"), &name("late")).unwrap();
    database.begin_write().unwrap();
    let rows = [vec![1.into(), 2.into()], vec![2.into(), 3.into()]];
    assert_eq!(database.execute_many_as(&plugin("shop"), "INSERT INTO late VALUES (?1, ?2)", &rows).unwrap(), 2);
    assert!(database.owes_references().unwrap());
    assert_eq!(database.execute_many_as(&plugin("shop"), "INSERT INTO late VALUES (3, NULL)", &[vec![]]).unwrap(), 1);
    assert!(!database.owes_references().unwrap());
    database.commit().unwrap();
}

/// A way to write without end.
type Writer = fn(&mut Database) -> SqlError;

#[test]
fn a_write_that_is_interrupted_loses_the_transaction_and_everything_says_so() {
    const ENDLESS: &str =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO users (id, email) SELECT max(i), ?1 FROM n";
    let ways: [Writer; 5] = [
        |database| database.execute_as(&plugin("shop"), ENDLESS, &["x".into()]).unwrap_err(),
        |database| database.query_as(&plugin("shop"), &format!("{ENDLESS} RETURNING id"), &["x".into()]).unwrap_err(),
        |database| database.row_as(&plugin("shop"), &format!("{ENDLESS} RETURNING id"), &["x".into()]).unwrap_err(),
        |database| database.execute_many_as(&plugin("shop"), ENDLESS, &[vec!["x".into()]]).unwrap_err(),
        |database| {
            let cells = vec![(name("id"), Value::Integer(1))];
            database.write_rows(&Write::Insert { table: name("endless"), cells }).unwrap_err().into()
        },
    ];
    for endless in ways {
        let mut database = shop();
        database
            .run_script(
                "CREATE TABLE endless (id INTEGER PRIMARY KEY);
                 CREATE TRIGGER never_ends AFTER INSERT ON endless BEGIN
                     INSERT INTO legacy WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n; END",
            )
            .unwrap();
        database.begin_write().unwrap();
        database.run("INSERT INTO legacy VALUES (7)").unwrap();
        database.savepoint().unwrap();
        database.set_deadline(Some((Instant::now() + Duration::from_millis(20)).into()));
        let error = endless(&mut database);
        assert!(matches!(error, SqlError::Fault(StorageError::Deadline)), "{error:?}");
        database.set_deadline(None);
        assert!(database.is_lost());

        let lost = |result: Result<(), StorageError>| assert!(matches!(result, Err(StorageError::TransactionLost)), "{result:?}");
        let faulted =
            |result: Result<(), SqlError>| assert!(matches!(result, Err(SqlError::Fault(StorageError::TransactionLost))), "{result:?}");
        let shop = plugin("shop");
        faulted(database.execute_as(&shop, "DELETE FROM users", &[]).map(drop));
        faulted(database.query_as(&shop, "SELECT id FROM users", &[]).map(drop));
        faulted(database.row_as(&shop, "DELETE FROM users RETURNING id", &[]).map(drop));
        faulted(database.execute_many_as(&shop, "DELETE FROM users", &[vec![]]).map(drop));
        lost(database.write_rows(&Write::Delete { table: name("users"), conditions: vec![] }).map(drop));
        lost(database.count(&Count { table: name("users"), conditions: vec![] }).map(drop));
        lost(database.run("DELETE FROM users"));
        lost(database.rollback_to_savepoint());
        lost(database.release());
        lost(database.commit());
        // A commit that fails ends the transaction; the connection is as new.
        assert!(!database.is_lost());
        assert_eq!(users(&database), "Text(\"u1 u2\")");
        assert_eq!(look(&database, "SELECT count(*) FROM legacy"), "Integer(0)");
    }
}

#[test]
fn a_query_that_is_interrupted_loses_nothing() {
    let mut database = shop();
    database.begin_write().unwrap();
    database.run("INSERT INTO legacy VALUES (7)").unwrap();
    database.set_deadline(Some((Instant::now() + Duration::from_millis(5)).into()));
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    assert!(matches!(database.query_as(&plugin("shop"), endless, &[]), Err(SqlError::Fault(StorageError::Deadline))));
    database.set_deadline(None);
    assert!(!database.is_lost());
    database.commit().unwrap();
    assert_eq!(look(&database, "SELECT id FROM legacy"), "Integer(7)");
}

#[test]
fn no_write_of_any_kind_is_done_where_nothing_may_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    fill(&mut Database::open(&path, Mode::ReadWrite, BUSY_SERVE).unwrap());
    for mode in [Mode::Reader, Mode::ReadOnly] {
        let mut reader = Database::open(&path, mode, BUSY_SERVE).unwrap();
        reader.begin_read().unwrap();
        let shop = plugin("shop");
        let told = [
            problem(reader.execute_as(&shop, "DELETE FROM users", &[])),
            problem(reader.query_as(&shop, "DELETE FROM users RETURNING id", &[])),
            problem(reader.row_as(&shop, "UPDATE users SET pw = 1 RETURNING id", &[])),
            problem(reader.execute_many_as(&shop, INSERT, &[row("u3", "c"), row("u4", "d")])),
        ];
        assert!(told.iter().all(|told| (told.status, told.code.as_str()) == (403, "read-only")), "{told:?}");
        let delete = Write::Delete { table: name("users"), conditions: vec![] };
        assert!(matches!(reader.write_rows(&delete), Err(StorageError::ReadOnly(_))));
        assert!(matches!(reader.run("DELETE FROM users"), Err(StorageError::ReadOnly(_))));
        assert_eq!(users(&reader), "Text(\"u1 u2\")", "and the read transaction goes on");
        reader.rollback().unwrap();
    }
}
