//! One table with its endpoints, of which `cargo xtask bench scale` makes as many plugins as it wants: it replaces the digits in every
//! `bench-scale-0000` and `bench_scale_0000` of the built file. So both stand here as they are, and no name is put together from parts.

use tenon_bench_guests::CREATED;
use tenon_sdk::{Column, Downgrade, Entity, Index, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};

const TABLE: &str = "bench_scale_0000";

/// One of the table's rows.
#[derive(Debug, Entity)]
#[entity(table = "bench_scale_0000")]
pub struct Thing {
    /// What it is called.
    #[entity(index)]
    pub title: String,
    /// How much of it there is.
    pub amount: i64,
    /// Whether it is used.
    #[entity(default = true)]
    pub is_active: bool,
}

struct Guest;

fn create(op: &Operations) -> Result<()> {
    let things = Table::new(TABLE)
        .column(Column::string("title").not_null())
        .column(Column::integer("amount").not_null())
        .column(Column::boolean("is_active").not_null().default(true));
    op.create_table(&things.entity_columns())?;
    op.create_index(TABLE, &Index::on(TABLE, ["title"]))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations =
        &[Migration::new("first", CREATED, "One table.", create, Downgrade::By(|op| op.drop_table("bench_scale_0000")))];

    fn describe(manifest: &Manifest) {
        manifest.entity::<Thing>().collection::<Thing>("bench-scale-0000");
    }
}

tenon_sdk::plugin!(Guest, name = "bench-scale-0000");
