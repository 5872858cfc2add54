//! Deletes rows whose children go with them, without saying so.

use tenon_sdk::{
    Column, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, ReferenceAction, Result, Table, params,
};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

fn children() -> Table {
    Table::new("children")
        .column(Column::ulid("parent_id").not_null())
        .entity_columns()
        .foreign_key(ForeignKey::new("parent_id", "parents", "id").on_delete(ReferenceAction::Cascade))
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("parents"))?;
    op.create_table(&children())?;
    op.execute("INSERT INTO parents (id) VALUES (?)", params!["01J00000000000000000000001"])?;
    op.execute("INSERT INTO children (id, parent_id) VALUES (?, ?)", params!["01J00000000000000000000002", "01J00000000000000000000001"])?;
    Ok(())
}

fn drop_them(op: &Operations) -> Result<()> {
    op.drop_table("children")?;
    op.drop_table("parents")
}

fn delete(op: &Operations) -> Result<()> {
    op.execute("DELETE FROM parents", params![])?;
    Ok(())
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "Parents and children.", create, Downgrade::By(drop_them)),
        Migration::new("silent", CREATED, "Children go unnoticed.", delete, Downgrade::By(nothing)).down(&["start"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("parents")).table(&children());
    }
}

tenon_sdk::plugin!(Guest, name = "undeclared-cascade");
