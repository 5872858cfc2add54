//! Its second revision changes nothing of the schema; there are two such plugins.

use tenon_sdk::{Manifest, Migrations, Operations, Plugin, Result};
use tenon_test_guests::data_only::{self, SECOND, first};
use tenon_test_guests::notes;

struct Guest;

fn make(op: &Operations) -> Result<()> {
    op.create_table(&notes("data_only_p"))
}

fn take_away(op: &Operations) -> Result<()> {
    op.drop_table("data_only_p")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[first(make, take_away), SECOND];

    fn describe(manifest: &Manifest) {
        data_only::describe(manifest, "data_only_p");
    }
}

tenon_sdk::plugin!(Guest, name = "data-only-p");
