//! Requires the shop in a version that there is not.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        manifest.requires("shop", "^9");
    }
}

tenon_sdk::plugin!(Guest, name = "requires-range");
