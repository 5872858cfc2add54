//! Asks to read the shop's `users`, and does so in `reads`, whether or not it may.

use tenon_sdk::{Column, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Right, Table, params};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn census() -> Table {
    Table::new("census").column(Column::integer("people")).entity_columns()
}

fn start(op: &Operations) -> Result<()> {
    op.create_table(&census())
}

fn end(op: &Operations) -> Result<()> {
    op.drop_table("census")
}

fn reads(op: &Operations) -> Result<()> {
    op.row("SELECT email FROM users", params![])?;
    op.execute("INSERT INTO census (id, people) SELECT 'once', count(*) FROM users", params![]).map(drop)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "A table.", start, Downgrade::By(end)).depends_on(&["shop@a1b2c3d4e5f6"]),
        Migration::new("reads", CREATED, "Counts users.", reads, Downgrade::By(nothing)).down(&["start"]),
        Migration::new("later", CREATED, "Nothing.", nothing, Downgrade::By(nothing)).down(&["reads"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.requires("shop", "^1").wants(Right::Read, "users", "it counts them").table(&census());
    }
}

tenon_sdk::plugin!(Guest, name = "reads-without-grant");
