//! Changes the schema in `describe`, where only `declare` and `host.log` may be called.

use tenon_sdk::bindings::tenon::plugin::operations;
use tenon_sdk::{Manifest, Plugin};

struct Guest;

impl Plugin for Guest {
    fn describe(_: &Manifest) {
        // The answer does not matter: the call itself is a broken promise.
        drop(operations::rename_table("users", "customers"));
    }
}

tenon_sdk::plugin!(Guest, name = "operates-in-describe");
