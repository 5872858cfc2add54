//! The plugin `house`, later still: `h3` adds a column.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::turns::{H1, H2, H3, declare_house, rooms};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[H1, H2, H3];

    fn describe(manifest: &Manifest) {
        declare_house(manifest, &[rooms()]);
    }
}

tenon_sdk::plugin!(Guest, name = "house", version = "1.2.0");
