//! The plugin `chain` with a revision between two that were released: `aa`, `xx`, `bb`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::chain::{declare, link};

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[link("aa", &[]), link("xx", &["aa"]), link("bb", &["xx"])];

    fn describe(manifest: &Manifest) {
        declare(manifest, &["aa", "xx", "bb"]);
    }
}

tenon_sdk::plugin!(Guest, name = "chain", version = "1.2.0");
