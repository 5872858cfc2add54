//! A long history: each revision makes a table and an index.

use tenon_bench_guests::{CREATED, REVISIONS};
use tenon_sdk::{Column, Downgrade, Index, Manifest, Migration, Migrations, Operations, Plugin, Result, Table};

struct Guest;

/// `r0001` and so on.
static IDS: [[u8; 5]; REVISIONS] = {
    let mut ids = [*b"r0000"; REVISIONS];
    let mut i = 0;
    while i < REVISIONS {
        let mut rest = i + 1;
        let mut place = 4;
        while rest > 0 {
            ids[i][place] = b'0' + (rest % 10) as u8;
            rest /= 10;
            place -= 1;
        }
        i += 1;
    }
    ids
};

static NAMES: [&str; REVISIONS] = {
    let mut names = [""; REVISIONS];
    let mut i = 0;
    while i < REVISIONS {
        names[i] = match str::from_utf8(&IDS[i]) {
            Ok(name) => name,
            Err(_) => panic!("digits are UTF-8"),
        };
        i += 1;
    }
    names
};

/// The parent of each but the first.
static PARENTS: [[&str; 1]; REVISIONS] = {
    let mut parents = [[""]; REVISIONS];
    let mut i = 1;
    while i < REVISIONS {
        parents[i] = [NAMES[i - 1]];
        i += 1;
    }
    parents
};

static HISTORY: [Migration; REVISIONS] = {
    let mut history = [Migration::new("r0001", CREATED, "One of many.", create, Downgrade::By(drop_it)); REVISIONS];
    let mut i = 1;
    while i < REVISIONS {
        history[i] = Migration::new(NAMES[i], CREATED, "One of many.", create, Downgrade::By(drop_it)).down(&PARENTS[i]);
        i += 1;
    }
    history
};

fn name(revision: &str) -> String {
    format!("bench_{revision}")
}

fn table(name: &str) -> Table {
    Table::new(name)
        .column(Column::integer("id").not_null())
        .column(Column::string("name").not_null())
        .column(Column::float("amount"))
        .primary_key(["id"])
}

fn index(table: &str) -> Index {
    Index::new(&format!("ix_{table}_name"), ["name"])
}

fn create(op: &Operations) -> Result<()> {
    let name = name(op.revision());
    op.create_table(&table(&name))?;
    op.create_index(&name, &index(&name))
}

fn drop_it(op: &Operations) -> Result<()> {
    op.drop_table(&name(op.revision()))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &HISTORY;

    fn describe(manifest: &Manifest) {
        for id in NAMES {
            let name = name(id);
            manifest.table(&table(&name).index(index(&name)));
        }
    }
}

tenon_sdk::plugin!(Guest, name = "bench-revisions");
