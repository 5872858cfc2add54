//! Makes a view over a view and drops the lower one.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, View};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn leave(op: &Operations) -> Result<()> {
    op.create_table(&notes("ground"))?;
    op.create_view(&View::new("lower", "SELECT note FROM ground"))?;
    op.create_view(&View::new("upper", "SELECT note FROM lower"))?;
    op.drop_view("lower")
}

fn undo(op: &Operations) -> Result<()> {
    op.drop_view("upper")?;
    op.drop_table("ground")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "A view on nothing.", leave, Downgrade::By(undo))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("ground"));
    }
}

tenon_sdk::plugin!(Guest, name = "leaves-view-of-view");
