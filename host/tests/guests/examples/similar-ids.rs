//! Ids that begin with each other, that differ in case only, that look like targets, and one that the shop has, too.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        empty("ab"),
        empty("abc").down(&["ab"]),
        empty("abcd").down(&["abc"]),
        empty("a1b2c3d4e5f6").down(&["abcd"]),
        empty("base1").down(&["a1b2c3d4e5f6"]),
        empty("h").down(&["base1"]),
        empty("0").down(&["h"]),
        empty("AB").down(&["0"]),
    ];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "similar-ids");
