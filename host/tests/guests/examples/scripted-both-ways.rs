//! Does what a test writes into its bytes, in both directions.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Plugin};
use tenon_test_guests::CREATED;
use tenon_test_guests::script::{describe, run, run_back};

struct Guest;

const BACK: Downgrade = Downgrade::By(run_back);

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

tenon_sdk::plugin!(Guest, name = "scripted-both-ways");
