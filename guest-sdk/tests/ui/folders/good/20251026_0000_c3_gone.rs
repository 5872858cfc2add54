//! Gone for good.

use tenon_sdk::{Operations, Result, revision};

revision! { down = ["b2"], irreversible = "the rows are gone", labels = ["tidy"], run_before = ["billing@b1c2d3e4f5a6"] }

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}
