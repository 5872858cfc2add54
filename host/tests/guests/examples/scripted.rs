//! Does what a test writes into its bytes; none of its revisions has a way back.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Plugin};
use tenon_test_guests::CREATED;
use tenon_test_guests::script::{describe, run};

struct Guest;

const BACK: Downgrade = Downgrade::Irreversible("a script has no way back");

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("m1", CREATED, "What is there before.", run, BACK),
        Migration::new("m2", CREATED, "The change.", run, BACK).down(&["m1"]),
        Migration::new("m3", CREATED, "What follows.", run, BACK).down(&["m2"]),
    ];

    fn describe(_: &Manifest) {
        describe();
    }
}

tenon_sdk::plugin!(Guest, name = "scripted");
