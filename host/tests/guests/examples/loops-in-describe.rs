//! Never comes back from `describe`.

use tenon_sdk::{Manifest, Plugin};

struct Guest;

impl Plugin for Guest {
    fn describe(_: &Manifest) {
        loop {
            std::hint::spin_loop();
        }
    }
}

tenon_sdk::plugin!(Guest, name = "loops-in-describe");
