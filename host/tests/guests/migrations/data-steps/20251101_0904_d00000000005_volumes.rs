//! Books are volumes now, and a view says who wrote which.

use tenon_sdk::{Operations, Result, View, revision};

use crate::VIEW;

revision! { down = ["d00000000004"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    op.rename_table("books", "volumes")?;
    op.create_view(&View::new("authorship", VIEW))
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_view("authorship")?;
    op.rename_table("volumes", "books")
}
