//! Panics in `describe`.

use tenon_sdk::{Manifest, Plugin};

struct Guest;

impl Plugin for Guest {
    fn describe(_: &Manifest) {
        panic!("the author forgot something");
    }
}

tenon_sdk::plugin!(Guest, name = "traps-in-describe");
