//! The plugin `notes`, whose second revision fails where there are rows; `notes-2` has the mended one.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::builds::{FIRST, SECOND_BROKEN, with_priority};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[FIRST, SECOND_BROKEN];

    fn describe(manifest: &Manifest) {
        manifest.table(&with_priority()).collection_of("notes", "notes");
    }
}

tenon_sdk::plugin!(Guest, name = "notes", version = "1.9.0");
