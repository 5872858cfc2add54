//! Sixty small revisions in a row, each of which makes a table of 100 rows: time to be interrupted in.

use tenon_sdk::{Column, Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, Table, json};
use tenon_test_guests::CREATED;

struct Guest;

static IDS: [&str; 60] = [
    "r01", "r02", "r03", "r04", "r05", "r06", "r07", "r08", "r09", "r10", "r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19",
    "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31", "r32", "r33", "r34", "r35", "r36", "r37", "r38",
    "r39", "r40", "r41", "r42", "r43", "r44", "r45", "r46", "r47", "r48", "r49", "r50", "r51", "r52", "r53", "r54", "r55", "r56", "r57",
    "r58", "r59", "r60",
];

static PARENTS: [[&str; 1]; 59] = {
    let mut parents = [[""]; 59];
    let mut i = 0;
    while i < parents.len() {
        parents[i] = [IDS[i]];
        i += 1;
    }
    parents
};

static REVISIONS: [Migration; 60] = {
    let mut revisions = [Migration::new("r01", CREATED, "One of many.", create, Downgrade::By(drop_it)); 60];
    let mut i = 1;
    while i < revisions.len() {
        revisions[i] = Migration::new(IDS[i], CREATED, "One of many.", create, Downgrade::By(drop_it)).down(&PARENTS[i - 1]);
        i += 1;
    }
    revisions
};

fn table(name: &str) -> Table {
    Table::new(name).column(Column::integer("n").not_null()).column(Column::text("payload").not_null()).primary_key(["n"])
}

fn name(revision: &str) -> String {
    format!("many_{revision}")
}

fn create(op: &Operations) -> Result<()> {
    let name = name(op.revision());
    op.create_table(&table(&name))?;
    let rows: Vec<_> = (0..100).map(|n| json!({"n": n, "payload": "x".repeat(200)})).collect();
    op.insert_rows(&name, &rows)?;
    Ok(())
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table(&name(op.revision()))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &REVISIONS;

    fn describe(manifest: &Manifest) {
        for id in IDS {
            manifest.table(&table(&name(id)));
        }
    }
}

tenon_sdk::plugin!(Guest, name = "many-revisions");
