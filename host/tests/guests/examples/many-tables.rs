//! Makes a thousand tables in one step, and drops them in one.

use tenon_sdk::{Column, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};
use tenon_test_guests::CREATED;

struct Guest;

const TABLES: u32 = 1000;

fn table(n: u32) -> Table {
    Table::new(&format!("one_of_many_{n}")).column(Column::integer("n"))
}

fn make(op: &Operations) -> Result<()> {
    (0..TABLES).try_for_each(|n| op.create_table(&table(n)))
}

fn take_away(op: &Operations) -> Result<()> {
    (0..TABLES).try_for_each(|n| op.drop_table(&format!("one_of_many_{n}")))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "A thousand tables.", make, Downgrade::By(take_away))];

    fn describe(manifest: &Manifest) {
        (0..TABLES).for_each(|n| _ = manifest.table(&table(n)));
    }
}

tenon_sdk::plugin!(Guest, name = "many-tables");
