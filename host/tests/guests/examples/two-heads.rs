//! Has two revisions that nobody comes after.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations =
        &[empty("a00000000001"), empty("b00000000002").down(&["a00000000001"]), empty("c00000000003").down(&["a00000000001"])];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "two-heads");
