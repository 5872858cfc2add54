//! Forks at `e1`, which is called `trunk`: `e2` comes after it, and so does `s1`, where the branch `side` begins, which goes on to `s2`.

use tenon_sdk::{Manifest, Migrations, Plugin};
use tenon_test_guests::empty;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        empty("e1").labels(&["trunk"]),
        empty("e2").down(&["e1"]),
        empty("s1").down(&["e1"]).labels(&["side"]),
        empty("s2").down(&["s1"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.requires("similar-ids", ">=0");
    }
}

tenon_sdk::plugin!(Guest, name = "forked");
