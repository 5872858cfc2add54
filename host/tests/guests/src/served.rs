//! What guests share that answer requests: a table of their own, exposed under its name, to which they write.

use tenon_sdk::{Downgrade, Manifest, Migration, Operations, Result, database, host, params};

use crate::{CREATED, notes};

/// The one revision of such a guest. It makes a table, and is called as the table is.
pub const fn table(name: &'static str) -> Migration {
    Migration::new(name, CREATED, "A table.", make, Downgrade::By(drop))
}

/// Declares the table and its collection.
pub fn describe(manifest: &Manifest, table: &str) {
    manifest.table(&notes(table)).collection_of(table, table);
}

/// Adds a row.
pub fn write(table: &str, note: &str) -> Result<()> {
    let sql = format!("INSERT INTO {table} (id, note) VALUES (?, ?)");
    database::execute(&sql, params![host::new_id(), note]).map(|_| ())
}

/// Computes without end.
pub fn forever() -> ! {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

fn make(op: &Operations) -> Result<()> {
    op.create_table(&notes(op.revision()))
}

fn drop(op: &Operations) -> Result<()> {
    op.drop_table(op.revision())
}
