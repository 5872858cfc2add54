//! The plugin `ground`, later: `g2` calls the soil earth.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::turns::{G1, G2, declare_ground};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[G1, G2];

    fn describe(manifest: &Manifest) {
        declare_ground(manifest, "earth");
    }
}

tenon_sdk::plugin!(Guest, name = "ground", version = "1.1.0");
