//! The plugin `notes`, with its first revision edited after it was released.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::builds::{FIRST_EDITED, edited};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[FIRST_EDITED];

    fn describe(manifest: &Manifest) {
        manifest.table(&edited()).collection_of("notes", "notes");
    }
}

tenon_sdk::plugin!(Guest, name = "notes", version = "1.0.1");
