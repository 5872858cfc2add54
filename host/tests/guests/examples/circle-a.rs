//! Requires `circle-b`, which requires `circle-a`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        manifest.requires("circle-b", "*");
    }
}

tenon_sdk::plugin!(Guest, name = "circle-a");
