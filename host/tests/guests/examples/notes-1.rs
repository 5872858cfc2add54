//! The plugin `notes`, version 1: one revision.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::builds::FIRST;
use tenon_test_guests::notes;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[FIRST];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("notes")).collection_of("notes", "notes");
    }
}

tenon_sdk::plugin!(Guest, name = "notes", version = "1.0.0");
