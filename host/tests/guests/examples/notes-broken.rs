//! The plugin `notes`, whose first revision cannot be undone; `notes-1` has the mended one.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::builds::FIRST_BROKEN;
use tenon_test_guests::notes;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[FIRST_BROKEN];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("notes")).collection_of("notes", "notes");
    }
}

tenon_sdk::plugin!(Guest, name = "notes", version = "0.9.0");
