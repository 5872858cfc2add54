//! The plugin `chain`, whose revisions have nothing to do with each other any more: `aa` and `bb`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, link};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[link("aa", &[]), link("bb", &[])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["aa", "bb"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.3.0");
