//! Leaves a foreign key broken that is checked only when a transaction is committed: `POST leaves-late-key/broken`. `…/mended` puts the
//! parent there before it ends.

use tenon_sdk::{
    Column, Downgrade, ForeignKey, Handlers, Manifest, Method, Migration, Migrations, NoContent, Operations, Path, Plugin, Result, Table,
    database, host, params,
};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn children() -> Table {
    let key = ForeignKey::new("parent_id", "key_parents", "id").deferred();
    Table::new("key_children").column(Column::ulid("parent_id")).entity_columns().foreign_key(key)
}

fn start(op: &Operations) -> Result<()> {
    op.create_table(&notes("key_parents"))?;
    op.create_table(&children())
}

fn end(op: &Operations) -> Result<()> {
    op.drop_table("key_children")?;
    op.drop_table("key_parents")
}

fn write(Path(how): Path<String>) -> Result<NoContent> {
    let parent = host::new_id();
    database::execute("INSERT INTO key_children (id, parent_id) VALUES (?, ?)", params![host::new_id(), &parent])?;
    if how == "mended" {
        database::execute("INSERT INTO key_parents (id, note) VALUES (?, 'late')", params![parent])?;
    }
    Ok(NoContent)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("start", CREATED, "Two tables.", start, Downgrade::By(end))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("key_parents")).table(&children());
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("write", Method::Post, "/leaves-late-key/{how}", write);
    }
}

tenon_sdk::plugin!(Guest, name = "leaves-late-key");
