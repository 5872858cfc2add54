//! Requires the plugin `notes`, of which there are several builds, and depends on none of its revisions.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[empty("a00000000001")];

    fn describe(manifest: &Manifest) {
        manifest.requires("notes", ">=0.9");
    }
}

tenon_sdk::plugin!(Guest, name = "requires-notes");
