//! Its second revision leaves a deferred foreign key broken, also on an empty database.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, params};
use tenon_test_guests::late::{START, declare};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn orphan(op: &Operations) -> Result<()> {
    op.execute("INSERT INTO late_children (id, parent_id) VALUES ('a', 'nowhere')", params![]).map(drop)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations =
        &[START, Migration::new("always", CREATED, "A child of nobody.", orphan, Downgrade::By(nothing)).down(&["start"])];

    fn describe(manifest: &Manifest) {
        declare(manifest);
    }
}

tenon_sdk::plugin!(Guest, name = "deferred-key-always");
