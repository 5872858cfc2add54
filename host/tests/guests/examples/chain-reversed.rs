//! The plugin `chain`, whose revisions changed places: `bb`, then `aa`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, link};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[link("bb", &[]), link("aa", &["bb"])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["bb", "aa"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.1.0");
