//! Says `colour` of a column, and `weight` of a table.

use tenon_sdk::{Column, Manifest, Migrations, Plugin, Table};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        manifest.table(&Table::new("paints").column(Column::text("name").attribute("colour", "red")).attribute("weight", 3i64));
    }
}

tenon_sdk::plugin!(Guest, name = "unknown-attribute");
