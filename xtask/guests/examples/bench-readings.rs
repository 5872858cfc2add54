//! `first` makes a table with three indexes, which is filled from outside; `second` changes the type of a column: the table is copied.

use tenon_bench_guests::CREATED;
use tenon_sdk::{Column, Downgrade, Index, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};

struct Guest;

const INDEXES: [(&str, &str); 3] =
    [("ix_readings_sensor", "sensor"), ("ix_readings_taken_at", "taken_at"), ("ix_readings_amount", "amount")];

fn readings(amount: Column) -> Table {
    Table::new("readings")
        .column(Column::integer("id").not_null())
        .column(Column::integer("sensor").not_null())
        .column(Column::string("taken_at").not_null())
        .column(amount.not_null())
        .column(Column::text("payload").not_null())
        .primary_key(["id"])
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&readings(Column::integer("amount")))?;
    INDEXES.iter().try_for_each(|(name, column)| op.create_index("readings", &Index::new(name, [*column])))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("first", CREATED, "Readings.", create, Downgrade::By(|op| op.drop_table("readings"))),
        Migration::new(
            "second",
            CREATED,
            "Amounts have fractions.",
            |op| op.set_type("readings", "amount", "float"),
            Downgrade::By(|op| op.set_type("readings", "amount", "integer")),
        )
        .down(&["first"]),
    ];

    fn describe(manifest: &Manifest) {
        let table = readings(Column::float("amount"));
        manifest.table(&INDEXES.iter().fold(table, |table, (name, column)| table.index(Index::new(name, [*column]))));
    }
}

tenon_sdk::plugin!(Guest, name = "bench-readings");
