//! The plugin `chain`, whose first revision has no way back.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, link, one_way};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[one_way("aa", &[]), link("bb", &["aa"])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["aa", "bb"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "0.9.0");
