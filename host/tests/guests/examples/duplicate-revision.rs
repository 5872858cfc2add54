//! Has two revisions of one id.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001"), empty("a00000000001")];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "duplicate-revision");
