//! Calls what the contract has and this version of the host does not carry out yet. One revision for each, named after the
//! function; all come after `start`, which makes the table `later`.

use tenon_sdk::{
    Change, Check, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, ReferenceAction, Result, Step, Trigger,
    Unique,
};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

const fn later(id: &'static str, step: Step) -> Migration {
    Migration::new(id, CREATED, "Not yet.", step, Downgrade::By(nothing)).down(&["start"])
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("later"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("later")
}

fn self_key() -> ForeignKey {
    ForeignKey::new("note", "later", "id").on_delete(ReferenceAction::Restrict)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "A table.", create, Downgrade::By(drop_it)),
        later("alter_table", |op| op.alter_table("later", [Change::new("rename-column", "note").with("to", "text")])),
        later("set_nullable", |op| op.set_nullable("later", "note", false)),
        later("set_default", |op| op.set_default("later", "note", "none")),
        later("set_type", |op| op.set_type("later", "note", "string(80)")),
        later("add_foreign_key", |op| op.add_foreign_key("later", &self_key())),
        later("add_unique", |op| op.add_unique("later", &Unique::on(["note"]))),
        later("add_check", |op| op.add_check("later", &Check::new("note <> ''"))),
        later("set_primary_key", |op| op.set_primary_key("later", ["note"])),
        later("drop_constraint", |op| op.drop_constraint("later", "uq_note")),
        later("create_trigger", |op| op.create_trigger(&Trigger::new("tr", "later", "after", "insert", ["DELETE FROM later"]))),
        later("drop_trigger", |op| op.drop_trigger("tr")),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("later"));
    }
}

tenon_sdk::plugin!(Guest, name = "not-yet");
