//! Its second revision leaves a deferred foreign key broken where there are rows, so that no replay on an empty database sees it; SQLite
//! finds out when the transaction is committed.

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

fn orphans_where_there_is_data(op: &Operations) -> Result<()> {
    op.touches("late_children")?;
    op.execute("UPDATE late_children SET parent_id = 'nowhere'", params![]).map(drop)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "Two tables.", start, Downgrade::By(end)),
        Migration::new("sometimes", CREATED, "Children of nobody.", orphans_where_there_is_data, Downgrade::By(nothing)).down(&["start"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("late_parents")).table(&children());
    }
}

tenon_sdk::plugin!(Guest, name = "deferred-key");
