//! Has a second revision that cannot be undone.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, params};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("one_way"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("one_way")
}

fn forget(op: &Operations) -> Result<()> {
    op.execute("UPDATE one_way SET note = NULL", params![])?;
    Ok(())
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("a00000000001", CREATED, "A table.", create, Downgrade::By(drop_it)),
        Migration::new("a00000000002", CREATED, "No way back.", forget, Downgrade::Irreversible("the old notes are gone"))
            .down(&["a00000000001"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("one_way"));
    }
}

tenon_sdk::plugin!(Guest, name = "irreversible");
