//! Has a revision whose parent it does not have.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001").down(&["b00000000002"])];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "missing-parent");
