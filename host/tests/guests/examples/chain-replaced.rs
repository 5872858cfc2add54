//! The plugin `chain` with another history altogether: `cc`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, link};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[link("cc", &[])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["cc"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "2.0.0");
