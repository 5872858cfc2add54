//! Requires a plugin that nobody has.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("shelves"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("shelves")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Shelves.", create, Downgrade::By(drop_it))];

    fn describe(manifest: &Manifest) {
        manifest.requires("warehouse", "^1").table(&notes("shelves"));
    }
}

tenon_sdk::plugin!(Guest, name = "no-such-requirement");
