//! Keeps a view over a table that it drops: whoever makes a table of that name next would be read through it. Says of the view that it is
//! a table, and exposes it.

use tenon_sdk::{Column, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Table, View};
use tenon_test_guests::CREATED;

struct Guest;

fn like_users(name: &str) -> Table {
    Table::new(name).column(Column::string("email").not_null()).column(Column::string("name").not_null()).entity_columns()
}

fn leave(op: &Operations) -> Result<()> {
    op.create_table(&like_users("users"))?;
    op.create_view(&View::new("spy", "SELECT * FROM users"))?;
    op.drop_table("users")
}

fn undo(op: &Operations) -> Result<()> {
    op.drop_view("spy")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "A view that waits.", leave, Downgrade::By(undo))];

    fn describe(manifest: &Manifest) {
        manifest.table(&like_users("spy")).collection_of("spy", "spy");
    }
}

tenon_sdk::plugin!(Guest, name = "leaves-view");
