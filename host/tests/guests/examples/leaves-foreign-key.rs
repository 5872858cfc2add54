//! Keeps foreign keys to tables that are not there: one that it drops, one that it declares and never makes. They would hold back the rows
//! of whoever takes the names next.

use tenon_sdk::{Column, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, ReferenceAction, Result, Table};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn leech(name: &str, target: &str) -> Table {
    let key = ForeignKey::new("held", target, "id").on_delete(ReferenceAction::Restrict);
    Table::new(name).column(Column::ulid("held")).entity_columns().foreign_key(key)
}

fn drop_parent(op: &Operations) -> Result<()> {
    op.create_table(&notes("users"))?;
    op.create_table(&leech("leech", "users"))?;
    op.drop_table("users")
}

fn undo_drop_parent(op: &Operations) -> Result<()> {
    op.drop_table("leech")
}

fn declare_parent(op: &Operations) -> Result<()> {
    op.create_table(&leech("waits", "promised"))
}

fn undo_declare_parent(op: &Operations) -> Result<()> {
    op.drop_table("waits")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("dropped", CREATED, "A key to a table that was.", drop_parent, Downgrade::By(undo_drop_parent)),
        Migration::new("declared", CREATED, "A key to a table that never comes.", declare_parent, Downgrade::By(undo_declare_parent)),
    ];

    fn describe(manifest: &Manifest) {
        // Without the key, which would be refused here where the shop's `users` is there.
        manifest.table(&Table::new("leech").column(Column::ulid("held")).entity_columns()).collection_of("leech", "leech");
        // The name is claimed, so that a foreign key may come before its table.
        manifest.table(&notes("promised"));
    }
}

tenon_sdk::plugin!(Guest, name = "leaves-foreign-key");
