//! Exposes its own table at `users`, where the shop exposes its.

use tenon_sdk::{Collection, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("people"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("people")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "People.", create, Downgrade::By(drop_it))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("people")).collection_of("people", Collection::new("people").path("users"));
    }
}

tenon_sdk::plugin!(Guest, name = "same-path");
