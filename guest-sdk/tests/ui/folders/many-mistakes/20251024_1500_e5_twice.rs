//! Twice.

use tenon_sdk::{Operations, Result, revision};

revision! { down = [] }

revision! { down = ["a1"] }

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}

pub fn downgrade(_: &Operations) -> Result<()> {
    Ok(())
}
