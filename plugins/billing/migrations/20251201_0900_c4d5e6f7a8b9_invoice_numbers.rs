//! Invoices are numbered by year.

use tenon_sdk::{Column, Operations, Result, Table, revision};

revision! { down = ["b1c2d3e4f5a6"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    let numbers = Table::new("invoice_numbers")
        .column(Column::integer("year").not_null())
        .column(Column::integer("last").not_null())
        .primary_key(["year"]);
    op.create_table(&numbers)
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_table("invoice_numbers")
}
