//! Deletes rows whose children go with them, and says so with `touches`.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::cascade::{START, declare, delete};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn delete_aloud(op: &Operations) -> Result<()> {
    op.touches("children")?;
    delete(op)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        START,
        Migration::new("declared", CREATED, "Children go, and that is said.", delete_aloud, Downgrade::By(nothing)).down(&["start"]),
    ];

    fn describe(manifest: &Manifest) {
        declare(manifest);
    }
}

tenon_sdk::plugin!(Guest, name = "declared-cascade");
