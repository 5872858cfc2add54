//! The plugin `ways`: the host answers every operation.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::ways;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[ways::TABLES];

    fn describe(manifest: &Manifest) {
        ways::describe(manifest);
    }
}

tenon_sdk::plugin!(Guest, name = "ways", version = "1.0.0");
