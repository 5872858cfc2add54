//! Has a revision that depends on one that the shop does not have.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001").depends_on(&["shop@b00000000002"])];

    fn describe(manifest: &Manifest) {
        manifest.requires("shop", "^1");
    }
}

tenon_sdk::plugin!(Guest, name = "missing-dependency");
