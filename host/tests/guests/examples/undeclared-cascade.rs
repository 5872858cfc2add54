//! Deletes rows whose children go with them, without saying so.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Plugin};
use tenon_test_guests::cascade::{START, declare, delete};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations =
        &[START, Migration::new("silent", CREATED, "Children go unnoticed.", delete, Downgrade::By(nothing)).down(&["start"])];

    fn describe(manifest: &Manifest) {
        declare(manifest);
    }
}

tenon_sdk::plugin!(Guest, name = "undeclared-cascade");
