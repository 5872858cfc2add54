//! Every author has a name.

use tenon_sdk::{Operations, Result, revision};

revision! { down = ["a1a1a1a1a1a1"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    // SQLite could do it in place; copied, it is what the other side has to do.
    op.option("rebuild", true).set_nullable("authors", "name", false)
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.set_nullable("authors", "name", true)
}
