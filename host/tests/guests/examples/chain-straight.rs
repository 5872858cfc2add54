//! The plugin `chain`: `aa`, then `bb`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::link;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[link("aa", &[]), link("bb", &["aa"])];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.0.0");
