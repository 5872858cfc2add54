//! Requires `circle-a`, which requires `circle-b`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        manifest.requires("circle-a", "*");
    }
}

tenon_sdk::plugin!(Guest, name = "circle-b");
