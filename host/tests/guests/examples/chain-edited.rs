//! The plugin `chain`, whose revisions were edited after their release.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare_edited, edited};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[edited("aa", &[]), edited("bb", &["aa"])];

    fn describe(manifest: &Manifest) {
        declare_edited(manifest, &["aa", "bb"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.4.0");
