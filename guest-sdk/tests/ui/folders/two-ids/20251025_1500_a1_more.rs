//! Two.

use tenon_sdk::{Operations, Result, revision};

revision! { down = ["z9"] }

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}

pub fn downgrade(_: &Operations) -> Result<()> {
    Ok(())
}
