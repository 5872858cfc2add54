//! Says everything that a plugin can say of what it answers and may be set, and answers none of it.

use tenon_sdk::bindings::tenon::plugin::declare;
use tenon_sdk::bindings::tenon::plugin::types::{Attribute, Value};
use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Setting};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("said"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("said")
}

const SAID: &str =
    r##"{"type":"object","properties":{"note":{"$ref":"#/$defs/Note"}},"required":["note"],"$defs":{"Note":{"type":"string"}}}"##;

fn text(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: Value::Text(value.into()) }
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Said.", create, Downgrade::By(drop_it))];

    fn describe(manifest: &Manifest) {
        manifest
            .table(&notes("said"))
            .collection_of("said", "said")
            .setting(Setting::new("greeting", "string(20)").default("hello").comment("What is said first."))
            .setting(Setting::new("mail.key", "text").required().secret())
            .setting(Setting::new("times", "integer").default(3));
        declare::handles("said.create", &[text("summary", "Say it"), text("request-schema", SAID), text("response-schema", SAID)]);
        declare::answer("said.create", 409, "It was said before.", "");
        declare::route("said-again", "GET", "/said/{id}/again", &[text("response-schema", SAID)]);
        declare::parameter("said-again", "query", "times", r#"{"type":"integer","minimum":1}"#, &[]);
    }
}

tenon_sdk::plugin!(Guest, name = "declares-all");
