//! All.

use tenon_sdk::revision;

revision! { down = [] }

pub use crate::steps::*;
