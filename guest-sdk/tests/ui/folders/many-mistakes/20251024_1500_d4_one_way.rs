//! No way back.

use tenon_sdk::{Operations, Result, revision};

revision! { down = [] }

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}
