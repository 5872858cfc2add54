//! Makes tables called like something of SQLite's own, which they would hide from every statement of everybody. One revision for each
//! name, called after it; all come after `start`.

use tenon_sdk::{Column, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&Table::new(op.revision()).column(Column::text("name")).column(Column::text("strict")))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table(op.revision())
}

const fn hiding(id: &'static str) -> Migration {
    Migration::new(id, CREATED, "A name of the database's own.", create, Downgrade::By(drop_it)).down(&["start"])
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "Nothing.", nothing, Downgrade::By(nothing)),
        hiding("pragma_table_xinfo"),
        hiding("pragma_table_list"),
        hiding("pragma_index_list"),
        hiding("pragma_foreign_key_list"),
        hiding("pragma_module_list"),
        hiding("dbstat"),
        hiding("main"),
    ];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "hides-pragma");
