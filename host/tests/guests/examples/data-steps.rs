//! A well-behaved plugin whose revisions use every operation that there is: rows, renames, columns, indexes, a view.

use tenon_sdk::{Column, Entity, Manifest, Migrations, Plugin, Table, Ulid, View};
use tenon_test_guests::notes;

/// Written by an author; gone with them.
#[derive(Debug, Entity)]
#[entity(table = "volumes", renamed_from = "books")]
pub struct Volume {
    /// Who wrote it.
    #[entity(references = "authors.id", on_delete = "cascade")]
    pub author_id: Ulid,
    /// What it is called.
    #[entity(renamed_from = "title")]
    pub name: String,
}

fn volumes() -> Table {
    Volume::table().column(Column::integer("pages").not_null().default(1))
}

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!("../migrations/data-steps");

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("authors")).table(&volumes());
        manifest.view(&View::new("authorship", VIEW));
        manifest.collection_of("authors", "authors").collection::<Volume>("volumes");
    }
}

/// Which author wrote what.
const VIEW: &str = "SELECT authors.note AS author, volumes.name AS volume FROM volumes JOIN authors ON authors.id = volumes.author_id";

tenon_sdk::plugin!(Guest, name = "data-steps");
