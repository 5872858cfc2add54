//! Another plugin that calls itself `shop`.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("stalls"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("stalls")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Stalls.", create, Downgrade::By(drop_it))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("stalls"));
    }
}

tenon_sdk::plugin!(Guest, name = "shop", version = "2.0.0");
