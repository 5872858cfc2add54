//! After.
//! After.
//!
//! After.

use tenon_sdk::{Operations, Result, revision};

revision! { down = ["b2"] }

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}

pub fn downgrade(_: &Operations) -> Result<()> {
    Ok(())
}
