//! The plugin `ground`: `g1` makes the ground.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::turns::{G1, declare_ground};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[G1];

    fn describe(manifest: &Manifest) {
        declare_ground(manifest, "soil");
    }
}

tenon_sdk::plugin!(Guest, name = "ground", version = "1.0.0");
