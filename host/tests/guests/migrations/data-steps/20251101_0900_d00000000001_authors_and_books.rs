//! Authors and books.

use tenon_sdk::{Column, ForeignKey, Operations, ReferenceAction, Result, Table, revision};
use tenon_test_guests::notes;

revision! { down = [] }

pub fn upgrade(op: &Operations) -> Result<()> {
    let books = Table::new("books")
        .column(Column::ulid("author_id").not_null())
        .column(Column::string("title").not_null())
        .entity_columns()
        .foreign_key(ForeignKey::new("author_id", "authors", "id").on_delete(ReferenceAction::Cascade));
    op.create_table(&notes("authors"))?;
    op.create_table(&books)
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_table("books")?;
    op.drop_table("authors")
}
