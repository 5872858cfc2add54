//! Refers to a column of the shop's that is no key, with the right `reference`: the shop's own DELETE and UPDATE could not be compiled any
//! more.

use tenon_sdk::{Column, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, Result, Right, Table};
use tenon_test_guests::CREATED;

struct Guest;

fn blocker() -> Table {
    Table::new("blocker").column(Column::string("user_name")).entity_columns().foreign_key(ForeignKey::new("user_name", "users", "name"))
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&blocker())
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("blocker")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "A key that fits nothing.", create, Downgrade::By(drop_it))
        .depends_on(&["shop@a1b2c3d4e5f6"])];

    fn describe(manifest: &Manifest) {
        manifest.requires("shop", "^1").wants(Right::Reference, "users", "it blocks them").table(&blocker());
    }
}

tenon_sdk::plugin!(Guest, name = "refers-to-no-key");
