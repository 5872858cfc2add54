//! Declares nothing but `own_notes` and `own_other`; each revision after `start` makes something whose name does not begin with `own_`, and
//! one after it takes that away.

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
        after(&[], "start", start, |op| op.drop_table("own_notes").and_then(|()| op.drop_table("own_other"))),
        after(START, "table", |op| op.create_table(&notes("scratch")), |op| op.drop_table("scratch")),
        after(&["table"], "no_table", |op| op.drop_table("scratch"), |op| op.create_table(&notes("scratch"))),
        after(START, "index", |op| op.create_index("own_notes", &note_index()), |op| op.drop_index("scratch_index")),
        after(&["index"], "no_index", |op| op.drop_index("scratch_index"), |op| op.create_index("own_notes", &note_index())),
        after(START, "index_of_table", |op| op.create_table(&indexed()), |op| op.drop_table("own_indexed")),
        after(&["index_of_table"], "no_index_of_table", |op| op.drop_table("own_indexed"), |op| op.create_table(&indexed())),
        after(START, "view", |op| op.create_view(&view()), |op| op.drop_view("scratch_view")),
        after(&["view"], "no_view", |op| op.drop_view("scratch_view"), |op| op.create_view(&view())),
        after(START, "rename", |op| op.rename_table("own_other", "scratched"), |op| op.rename_table("scratched", "own_other")),
        after(&["rename"], "no_rename", |op| op.rename_table("scratched", "own_other"), |op| op.rename_table("own_other", "scratched")),
        after(START, "perhaps", perhaps, |op| op.if_exists().drop_table("scratch_perhaps")),
        after(&["perhaps"], "no_perhaps", |op| op.if_exists().drop_table("scratch_perhaps"), perhaps),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("own_notes")).table(&notes("own_other"));
    }
}

/// Makes it where that is allowed, and goes on where it is not.
fn perhaps(op: &Operations) -> Result<()> {
    op.create_table(&notes("scratch_perhaps")).or(Ok(()))
}

fn start(op: &Operations) -> Result<()> {
    op.create_table(&notes("own_notes"))?;
    op.create_table(&notes("own_other"))
}

fn view() -> View {
    View::new("scratch_view", "SELECT note FROM own_notes")
}

fn note_index() -> Index {
    Index::new("scratch_index", ["note"])
}

fn indexed() -> Table {
    Table::new("own_indexed").column(Column::text("note")).entity_columns().index(Index::new("scratch_ix", ["note"]))
}

tenon_sdk::plugin!(Guest, name = "leaves-its-prefix");
