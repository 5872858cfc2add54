//! Pages and an ISBN for books, and another name for their title.

use tenon_sdk::{Column, Index, Operations, Result, revision};

revision! { down = ["d00000000003"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    op.add_column("books", &Column::integer("pages").not_null().default(1))?;
    op.add_column("books", &Column::string("isbn"))?;
    op.create_index("books", &Index::new("ix_books_isbn", ["isbn", "title DESC"]).unique().filter("isbn IS NOT NULL"))?;
    op.rename_column("books", "title", "name")
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.rename_column("books", "name", "title")?;
    op.drop_index("ix_books_isbn")?;
    op.drop_column("books", "isbn")?;
    op.drop_column("books", "pages")
}
