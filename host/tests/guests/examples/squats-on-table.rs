//! Declares `payroll`, which is not its own, and exposes it. No revision of it makes anything.

use tenon_sdk::{Column, Manifest, Migrations, Plugin, Table};
use tenon_test_guests::{empty, notes};

struct Guest;

fn payroll() -> Table {
    Table::new("payroll").column(Column::text("salary")).entity_columns()
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        manifest.table(&payroll()).collection_of("payroll", "payroll");
        // Declared and never made.
        manifest.table(&notes("promised")).collection_of("promised", "promised");
    }
}

tenon_sdk::plugin!(Guest, name = "squats-on-table");
