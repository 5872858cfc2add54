//! Requires the shop, and declares a table with a foreign key to `users` without asking for the right `reference`.

use tenon_sdk::{Column, ForeignKey, Manifest, Migrations, Plugin, Table};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        let key = ForeignKey::new("user_id", "users", "id");
        manifest.requires("shop", "^1");
        manifest.table(&Table::new("followers").column(Column::ulid("user_id")).entity_columns().foreign_key(key));
    }
}

tenon_sdk::plugin!(Guest, name = "declares-without-asking");
