//! `a00000000001` makes a table whose foreign key needs a unique index of another; `a00000000002` drops that index.

use tenon_sdk::{Column, Downgrade, ForeignKey, Index, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn countries() -> Table {
    Table::new("countries").column(Column::string("code").not_null()).entity_columns()
}

fn cities() -> Table {
    Table::new("cities").column(Column::string("country")).entity_columns().foreign_key(ForeignKey::new("country", "countries", "code"))
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&countries())?;
    op.create_index("countries", &Index::new("ux_countries_code", ["code"]).unique())?;
    op.create_table(&cities())
}

fn drop_both(op: &Operations) -> Result<()> {
    op.drop_table("cities")?;
    op.drop_table("countries")
}

fn drop_index(op: &Operations) -> Result<()> {
    op.drop_index("ux_countries_code")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("a00000000001", CREATED, "A key on an index.", create, Downgrade::By(drop_both)),
        Migration::new("a00000000002", CREATED, "The index goes.", drop_index, Downgrade::By(nothing)).down(&["a00000000001"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&countries()).table(&cities()).collection_of("countries", "countries").collection_of("cities", "cities");
    }
}

tenon_sdk::plugin!(Guest, name = "drops-needed-index");
