//! Its second revision leaves a deferred foreign key broken where there are rows, so that no replay on an empty database sees it; SQLite
//! finds out when the transaction is committed.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, params};
use tenon_test_guests::late::{START, declare};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn orphans_where_there_is_data(op: &Operations) -> Result<()> {
    op.touches("late_children")?;
    op.execute("UPDATE late_children SET parent_id = 'nowhere'", params![]).map(drop)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        START,
        Migration::new("sometimes", CREATED, "Children of nobody.", orphans_where_there_is_data, Downgrade::By(nothing)).down(&["start"]),
    ];

    fn describe(manifest: &Manifest) {
        declare(manifest);
    }
}

tenon_sdk::plugin!(Guest, name = "deferred-key");
