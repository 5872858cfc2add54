//! What SQLite may take while the host reads and writes rows. A process of its own: its memory is counted only where nobody used SQLite
//! before.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::ops::ControlFlow;

use tenon::model::query::{Order, Select, Write};
use tenon::model::{Name, Value};
use tenon::store::{Database, StorageError};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[test]
fn what_a_table_computes_for_its_rows_takes_no_more_memory_than_a_statement() {
    let mut database = Database::in_memory().unwrap();
    let script = "CREATE TABLE computed (n INTEGER, g AS (hex(zeroblob(n)))); INSERT INTO computed VALUES (100000000);
                  CREATE TABLE checked (n INTEGER CHECK (hex(zeroblob(n)) <> 'x'))";
    database.run_script(script).unwrap();
    let no_memory = |error: StorageError| match error {
        StorageError::Sqlite(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::OutOfMemory),
        _ => false,
    };
    let columns = vec![name("g")];
    let select = Select { table: name("computed"), columns, conditions: vec![], order: Order::Insertion, limit: None, offset: 0 };
    let read = database.select(&select, &mut |_| ControlFlow::Continue(()));
    assert!(no_memory(read.unwrap_err()));
    let mut insert = |n| database.write_rows(&Write::Insert { table: name("checked"), cells: vec![(name("n"), Value::Integer(n))] });
    assert!(no_memory(insert(100_000_000).unwrap_err()));
    assert_eq!(insert(1_000).unwrap(), 1);
}
