//! The plugin `notes`, whose third revision fails where there are rows.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::builds::{FIRST, SECOND, THIRD_BROKEN, with_priority};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[FIRST, SECOND, THIRD_BROKEN];

    fn describe(manifest: &Manifest) {
        manifest.table(&with_priority()).collection_of("notes", "notes");
    }
}

tenon_sdk::plugin!(Guest, name = "notes", version = "2.9.0");
