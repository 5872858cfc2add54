//! A long history: a table and an index each.

use anyhow::Result;
use rusqlite::{Connection, TransactionBehavior};

const LEDGER: &str = "CREATE TABLE ledger (seq INTEGER NOT NULL PRIMARY KEY, revision TEXT NOT NULL UNIQUE, applied_at TEXT NOT NULL)";

/// Applies as many revisions as are asked for, so many in each transaction.
pub(crate) fn apply(connection: &mut Connection, count: u32, together: u32) -> Result<()> {
    connection.execute(LEDGER, [])?;
    let numbers: Vec<u32> = (1..=count).collect();
    for numbers in numbers.chunks(together as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for number in numbers {
            one(&transaction, *number)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn one(transaction: &Connection, number: u32) -> Result<()> {
    let revision = format!("r{number:04}");
    transaction.execute_batch(&format!(
        "CREATE TABLE bench_{revision} (\n    id INTEGER NOT NULL,\n    name VARCHAR NOT NULL,\n    amount FLOAT,\n    PRIMARY KEY (id)\n);
         CREATE INDEX ix_bench_{revision}_name ON bench_{revision} (name);"
    ))?;
    let record = "INSERT INTO ledger (revision, applied_at) VALUES (?1, strftime('%Y-%m-%dT%H:%M:%fZ'))";
    transaction.prepare_cached(record)?.execute([revision])?;
    Ok(())
}
