//! Invoices are numbered by year.

use tenon_sdk::{Column, Operations, Result, Table, params, revision};

revision! { down = ["b1c2d3e4f5a6"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    let numbers = Table::new("invoice_numbers")
        .column(Column::integer("year").not_null())
        .column(Column::integer("last").not_null())
        .primary_key(["year"]);
    op.create_table(&numbers)?;
    op.execute(LAST, params![])?;
    Ok(())
}

/// The highest number of each year that is there. What is written otherwise, or has more digits than `last` holds, no counter comes to.
const LAST: &str = "INSERT INTO invoice_numbers (year, last)
    SELECT CAST(substr(number, 1, 4) AS INTEGER), max(CAST(substr(number, 6) AS INTEGER)) FROM invoices
    WHERE number GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]*' AND substr(number, 6) NOT GLOB '*[^0-9]*' AND length(number) < 15
    GROUP BY 1";

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_table("invoice_numbers")
}
