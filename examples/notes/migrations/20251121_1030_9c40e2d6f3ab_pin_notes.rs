//! Notes can be pinned; those whose title begins with "!" are.

use tenon_sdk::{Column, Operations, Result, params, revision};

revision! { down = ["5f1d0c8a7b21"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    op.add_column("notes", &Column::boolean("pinned").not_null().default(false))?;
    op.execute("UPDATE notes SET pinned = ? WHERE title LIKE ?", params![true, "!%"])?;
    Ok(())
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_column("notes", "pinned")
}
