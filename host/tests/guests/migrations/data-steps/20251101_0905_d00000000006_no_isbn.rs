//! Nobody used the ISBN.

use tenon_sdk::{Column, Index, Operations, Result, revision};

revision! { down = ["d00000000005"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    op.drop_index("ix_books_isbn")?;
    op.drop_column("volumes", "isbn")?;
    op.if_exists().drop_index("ix_that_never_was")?;
    op.if_exists().drop_view("view_that_never_was")
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.add_column("volumes", &Column::string("isbn"))?;
    op.create_index("volumes", &Index::new("ix_books_isbn", ["isbn", "name DESC"]).unique().filter("isbn IS NOT NULL"))
}
