//! Panics in `describe` with a value that is no text.

use tenon_sdk::{Manifest, Plugin};

struct Guest;

impl Plugin for Guest {
    fn describe(_: &Manifest) {
        std::panic::panic_any(5);
    }
}

tenon_sdk::plugin!(Guest, name = "panics-without-text");
