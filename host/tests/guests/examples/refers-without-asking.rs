//! Requires the shop, and lets a foreign key point to `users` without having asked for the right `reference`. It declares no table, so that
//! nothing is known of it before its revision runs.

use tenon_sdk::{Column, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};
use tenon_test_guests::CREATED;

struct Guest;

fn create(op: &Operations) -> Result<()> {
    let key = ForeignKey::new("user_id", "users", "id");
    op.create_table(&Table::new("followers").column(Column::ulid("user_id")).entity_columns().foreign_key(key))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("followers")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations =
        &[Migration::new("a00000000001", CREATED, "A key that nobody was asked for.", create, Downgrade::By(drop_it))
            .depends_on(&["shop@a1b2c3d4e5f6"])];

    fn describe(manifest: &Manifest) {
        manifest.requires("shop", "^1");
    }
}

tenon_sdk::plugin!(Guest, name = "refers-without-asking");
