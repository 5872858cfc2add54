//! Both ways.

use tenon_sdk::{Operations, Result, revision};

revision! { down = [], irreversible = "gone" }

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}

pub fn downgrade(_: &Operations) -> Result<()> {
    Ok(())
}
