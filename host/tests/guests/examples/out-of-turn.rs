//! Calls in a migration what may not be called there: each is a trap. One revision for each, all from base.

use tenon_sdk::bindings::tenon::plugin::{database, declare, host, records};
use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Plugin, Step};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

const fn call(id: &'static str, step: Step) -> Migration {
    Migration::new(id, CREATED, "Out of turn.", step, Downgrade::By(nothing))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        call("declare", |_| {
            declare::requires("shop", "*");
            Ok(())
        }),
        call("setting", |_| {
            host::setting("key");
            Ok(())
        }),
        call("caller", |_| {
            host::caller();
            Ok(())
        }),
        call("records", |_| Ok(records::list("users", "").map(drop)?)),
        call("database", |_| Ok(database::execute("DELETE FROM users", &[]).map(drop)?)),
    ];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "out-of-turn");
