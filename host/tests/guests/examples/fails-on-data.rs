//! Its second step fails only where `before` has a row, after it has changed and made things: on an empty database all is well.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Problem, Result, Value, params};
use tenon_test_guests::{CREATED, notes};

struct Guest;

fn before(op: &Operations) -> Result<()> {
    op.create_table(&notes("before"))
}

fn drop_before(op: &Operations) -> Result<()> {
    op.drop_table("before")
}

fn after(op: &Operations) -> Result<()> {
    let found = op.row("SELECT note FROM before ORDER BY id LIMIT 1", params![])?;
    op.create_table(&notes("after"))?;
    op.execute("INSERT INTO after (id, note) VALUES (?, ?)", params!["01J00000000000000000000002", "lost"])?;
    op.execute("UPDATE before SET note = ?", params!["lost"])?;
    match found.as_deref() {
        None => Ok(()),
        Some([Value::Text(note)]) if note == "panic" => panic!("there is data"),
        Some([Value::Text(note)]) if note == "loop" => loop {
            std::hint::spin_loop();
        },
        Some(_) => Err(Problem::conflict("there is data")),
    }
}

fn drop_after(op: &Operations) -> Result<()> {
    op.drop_table("after")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("a00000000001", CREATED, "Before.", before, Downgrade::By(drop_before)),
        Migration::new("a00000000002", CREATED, "After.", after, Downgrade::By(drop_after)).down(&["a00000000001"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("before")).table(&notes("after")).collection_of("before", "before");
    }
}

tenon_sdk::plugin!(Guest, name = "fails-on-data");
