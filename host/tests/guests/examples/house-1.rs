//! The plugin `house`, which requires `ground`: `h1` makes a house.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::turns::{H1, declare_house};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[H1];

    fn describe(manifest: &Manifest) {
        declare_house(manifest, &[]);
    }
}

tenon_sdk::plugin!(Guest, name = "house", version = "1.0.0");
