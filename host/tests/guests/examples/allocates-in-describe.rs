//! Takes memory in `describe` until there is none.

use tenon_sdk::{Manifest, Plugin};

struct Guest;

impl Plugin for Guest {
    fn describe(_: &Manifest) {
        let mut taken = Vec::new();
        loop {
            taken.push(std::hint::black_box(vec![1u8; 1 << 16]));
        }
    }
}

tenon_sdk::plugin!(Guest, name = "allocates-in-describe");
