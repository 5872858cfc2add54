//! Declares a route that cannot be: a GET that writes.

use tenon_sdk::bindings::tenon::plugin::declare;
use tenon_sdk::bindings::tenon::plugin::types::{Attribute, Value};
use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("noted"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("noted")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Noted.", create, Downgrade::By(drop_it))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("noted"));
        declare::route("noted-count", "GET", "/noted/count", &[Attribute { key: "writes".into(), value: Value::Boolean(true) }]);
    }
}

tenon_sdk::plugin!(Guest, name = "routes");
