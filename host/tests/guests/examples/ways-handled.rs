//! The plugin `ways`: it passes every operation on to the host.

use tenon_sdk::{Handlers, Manifest, Migrations, Plugin};
use tenon_test_guests::ways;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[ways::TABLES];

    fn describe(manifest: &Manifest) {
        ways::describe(manifest);
    }

    fn handlers(on: &mut Handlers<'_>) {
        for operation in ways::OPERATIONS {
            on.forward(operation);
        }
    }
}

tenon_sdk::plugin!(Guest, name = "ways", version = "1.0.0");
