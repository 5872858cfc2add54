//! The plugin `notes`, version 2: a second revision after that of version 1.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::builds::{FIRST, SECOND, with_priority};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[FIRST, SECOND];

    fn describe(manifest: &Manifest) {
        manifest.table(&with_priority()).collection_of("notes", "notes");
    }
}

tenon_sdk::plugin!(Guest, name = "notes", version = "2.0.0");
