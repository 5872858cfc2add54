//! Never comes back from `upgrade`.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("endless"))?;
    loop {
        std::hint::spin_loop();
    }
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Endless.", create, Downgrade::By(nothing))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("endless"));
    }
}

tenon_sdk::plugin!(Guest, name = "loops-in-upgrade");
