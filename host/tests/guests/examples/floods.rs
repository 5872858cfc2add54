//! Sends more than anybody can keep, without end: rows, statements. It comes back only when it is refused.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Step, params};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

const fn flood(id: &'static str, step: Step) -> Migration {
    Migration::new(id, CREATED, "A flood.", step, Downgrade::By(nothing)).down(&["start"])
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&notes("drain"))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table("drain")
}

fn rows(op: &Operations) -> Result<()> {
    loop {
        // The host makes the rows large, so that nothing large is sent.
        op.execute("INSERT INTO drain (id, note) SELECT count(*), hex(zeroblob(500000)) FROM drain", params![])?;
    }
}

fn statements(op: &Operations) -> Result<()> {
    let large = "x".repeat(500_000);
    loop {
        op.execute("UPDATE drain SET note = ? WHERE id IS NULL", params![large.as_str()])?;
    }
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "A table.", create, Downgrade::By(drop_it)),
        flood("rows", rows),
        flood("statements", statements),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("drain"));
    }
}

tenon_sdk::plugin!(Guest, name = "floods");
