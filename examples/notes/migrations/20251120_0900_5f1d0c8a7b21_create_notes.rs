//! Create notes.

use tenon_sdk::{Column, Index, Operations, Result, Table, revision};

revision! { down = [] }

pub fn upgrade(op: &Operations) -> Result<()> {
    let notes = Table::new("notes")
        .column(Column::string("title").not_null())
        .column(Column::string("body"))
        .column(Column::boolean("done").not_null().default(false))
        .entity_columns();
    op.create_table(&notes)?;
    op.create_index("notes", &Index::on("notes", ["title"]))
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_index("ix_notes_title")?;
    op.drop_table("notes")
}
