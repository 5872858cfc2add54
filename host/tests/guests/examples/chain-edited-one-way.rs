//! The plugin `chain`, whose first revision was edited and has no way back any more.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, declare_edited, edited_one_way, link};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[edited_one_way("aa", &[]), link("bb", &["aa"])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["bb"]);
        declare_edited(manifest, &["aa"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.5.0");
