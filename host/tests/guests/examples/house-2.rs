//! The plugin `house`, later: `h2` reads the ground's soil.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::turns::{H1, H2, declare_house};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[H1, H2];

    fn describe(manifest: &Manifest) {
        declare_house(manifest, &[]);
    }
}

tenon_sdk::plugin!(Guest, name = "house", version = "1.1.0");
