//! Private.

use tenon_sdk::{Operations, Result, revision};

revision! { down = [] }

fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}

pub fn downgrade(_: &Operations) -> Result<()> {
    Ok(())
}
