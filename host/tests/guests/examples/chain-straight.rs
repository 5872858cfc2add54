//! The plugin `chain`: `aa`, then `bb`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, link};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[link("aa", &[]), link("bb", &["aa"])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["aa", "bb"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.0.0");
