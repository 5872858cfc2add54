//! Declares nothing but `own_notes`; each revision after `start` makes something whose name does not begin with `own_`.

use tenon_sdk::{Column, Downgrade, Index, Manifest, Migration, Migrations, Operations, Plugin, Result, Table, View};
use tenon_test_guests::{CREATED, notes};

struct Guest;

const fn after(
    parent: &'static [&'static str],
    id: &'static str,
    up: fn(&Operations) -> Result<()>,
    down: fn(&Operations) -> Result<()>,
) -> Migration {
    Migration::new(id, CREATED, "Another name.", up, Downgrade::By(down)).down(parent)
}

const START: &[&str] = &["start"];

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        after(&[], "start", |op| op.create_table(&notes("own_notes")), |op| op.drop_table("own_notes")),
        after(START, "table", |op| op.create_table(&notes("scratch")), |op| op.drop_table("scratch")),
        after(START, "index", |op| op.create_index("own_notes", &note_index()), |op| op.drop_index("scratch_index")),
        after(START, "index_of_table", |op| op.create_table(&indexed()), |op| op.drop_table("own_indexed")),
        after(
            START,
            "view",
            |op| op.create_view(&View::new("scratch_view", "SELECT note FROM own_notes")),
            |op| op.drop_view("scratch_view"),
        ),
        after(START, "rename", |op| op.rename_table("own_notes", "scratched"), |op| op.rename_table("scratched", "own_notes")),
        after(START, "perhaps", perhaps, |op| op.if_exists().drop_table("scratch")),
        after(&["table"], "no_table", |op| op.drop_table("scratch"), |op| op.create_table(&notes("scratch"))),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("own_notes"));
    }
}

/// Makes it where that is allowed, and goes on where it is not.
fn perhaps(op: &Operations) -> Result<()> {
    op.create_table(&notes("scratch")).or(Ok(()))
}

fn note_index() -> Index {
    Index::new("scratch_index", ["note"])
}

fn indexed() -> Table {
    Table::new("own_indexed").column(Column::text("note")).entity_columns().index(Index::new("scratch_ix", ["note"]))
}

tenon_sdk::plugin!(Guest, name = "leaves-its-prefix");
