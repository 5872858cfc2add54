//! Its second revision leaves a deferred foreign key broken, also on an empty database.

use tenon_sdk::{Column, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, Result, Table, params};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

fn children() -> Table {
    let key = ForeignKey::new("parent_id", "late_parents", "id").deferred();
    Table::new("late_children").column(Column::ulid("parent_id")).entity_columns().foreign_key(key)
}

fn start(op: &Operations) -> Result<()> {
    op.create_table(&notes("late_parents"))?;
    op.create_table(&children())
}

fn end(op: &Operations) -> Result<()> {
    op.drop_table("late_children")?;
    op.drop_table("late_parents")
}

fn orphan(op: &Operations) -> Result<()> {
    op.execute("INSERT INTO late_children (id, parent_id) VALUES ('a', 'nowhere')", params![]).map(drop)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "Two tables.", start, Downgrade::By(end)),
        Migration::new("always", CREATED, "A child of nobody.", orphan, Downgrade::By(nothing)).down(&["start"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("late_parents")).table(&children());
    }
}

tenon_sdk::plugin!(Guest, name = "deferred-key-always");
