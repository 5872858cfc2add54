//! Declares `users`, which the shop declares as well.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("users"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("users")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Users.", create, Downgrade::By(drop_it))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("users"));
    }
}

tenon_sdk::plugin!(Guest, name = "duplicate-table");
