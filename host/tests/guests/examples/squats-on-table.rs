//! Makes `payroll` and `promised`, and exposes them: a test takes the one away from it behind its back, and drops the other.

use tenon_sdk::{Column, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn payroll() -> Table {
    Table::new("payroll").column(Column::text("salary")).entity_columns()
}

fn make(op: &Operations) -> Result<()> {
    op.create_table(&payroll())?;
    op.create_table(&notes("promised"))
}

fn take_away(op: &Operations) -> Result<()> {
    op.drop_table("payroll")?;
    op.drop_table("promised")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Two tables.", make, Downgrade::By(take_away))];

    fn describe(manifest: &Manifest) {
        manifest.table(&payroll()).collection_of("payroll", "payroll");
        manifest.table(&notes("promised")).collection_of("promised", "promised");
    }
}

tenon_sdk::plugin!(Guest, name = "squats-on-table");
