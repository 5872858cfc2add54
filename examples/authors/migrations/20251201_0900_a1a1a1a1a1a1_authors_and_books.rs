//! Authors and books.

use tenon_sdk::{Column, Operations, Result, Table, revision};

revision! { down = [] }

pub fn upgrade(op: &Operations) -> Result<()> {
    op.create_table(&Table::new("authors").column(Column::integer("id").not_null()).column(Column::text("name")).primary_key(["id"]))?;
    op.create_table(&crate::books())
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_table("books")?;
    op.drop_table("authors")
}
