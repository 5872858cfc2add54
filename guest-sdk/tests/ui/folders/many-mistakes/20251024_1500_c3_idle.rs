//! Does nothing.

use tenon_sdk::revision;

revision! { down = [] }
