//! A table with three indexes: its rows, and the change of a column's type.

use anyhow::{Result, ensure};
use rusqlite::{Connection, TransactionBehavior, params};

/// Fills the table. The same rows each time.
pub(crate) fn fill(connection: &mut Connection, rows: u32, payload: usize) -> Result<()> {
    // It only makes what is measured later: nobody needs it to survive a power cut.
    connection.pragma_update(None, "synchronous", "off")?;
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare("INSERT INTO readings (id, sensor, taken_at, amount, payload) VALUES (?, ?, ?, ?, ?)")?;
    for id in 1..=rows {
        // Neither sorted nor equal: as an index has them in life.
        let mixed = id.wrapping_mul(2_654_435_761);
        let taken_at = format!("2025-{:02}-{:02}T{:02}:{:02}:{:02}Z", id % 12 + 1, mixed % 28 + 1, mixed % 24, id % 60, mixed % 60);
        let text = format!("reading {mixed:010} ");
        let text: String = text.chars().cycle().take(payload).collect();
        insert.execute(params![id, mixed % 10_000, taken_at, mixed % 1_000_000, text])?;
    }
    drop(insert);
    Ok(transaction.commit()?)
}

/// Makes `amount` a FLOAT: a new table, the rows, the new one in the old one's place, its indexes, and a look at its keys.
pub(crate) fn rebuild(connection: &mut Connection) -> Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE readings_new (
             id INTEGER NOT NULL,
             sensor INTEGER NOT NULL,
             taken_at VARCHAR NOT NULL,
             amount FLOAT NOT NULL,
             payload TEXT NOT NULL,
             PRIMARY KEY (id)
         );
         INSERT INTO readings_new (id, sensor, taken_at, amount, payload) SELECT id, sensor, taken_at, amount, payload FROM readings;
         DROP TABLE readings;
         ALTER TABLE readings_new RENAME TO readings;
         CREATE INDEX ix_readings_sensor ON readings (sensor);
         CREATE INDEX ix_readings_taken_at ON readings (taken_at);
         CREATE INDEX ix_readings_amount ON readings (amount);",
    )?;
    let lost = transaction.prepare("PRAGMA foreign_key_check(readings)")?.exists([])?;
    ensure!(!lost, "rows of readings refer to nothing");
    Ok(transaction.commit()?)
}
