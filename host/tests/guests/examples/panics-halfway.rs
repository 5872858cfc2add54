//! Its second step creates a table, inserts a row, then panics.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, params};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

fn before(op: &Operations) -> Result<()> {
    op.create_table(&notes("before"))?;
    op.execute("INSERT INTO before (id, note) VALUES (?, ?)", params!["01J00000000000000000000001", "kept"])?;
    Ok(())
}

fn drop_before(op: &Operations) -> Result<()> {
    op.drop_table("before")
}

fn after(op: &Operations) -> Result<()> {
    op.create_table(&notes("after"))?;
    op.execute("INSERT INTO after (id, note) VALUES (?, ?)", params!["01J00000000000000000000002", "lost"])?;
    op.execute("UPDATE before SET note = ?", params!["lost"])?;
    panic!("the second half is missing")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("a00000000001", CREATED, "Before.", before, Downgrade::By(drop_before)),
        Migration::new("a00000000002", CREATED, "After.", after, Downgrade::By(nothing)).down(&["a00000000001"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("before")).table(&notes("after"));
    }
}

tenon_sdk::plugin!(Guest, name = "panics-halfway");
