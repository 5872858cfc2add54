//! Has two revisions that come before each other.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001").down(&["b00000000002"]), empty("b00000000002").down(&["a00000000001"])];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "cycle");
