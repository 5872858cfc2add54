//! Authors, and their books, which go when an author goes.

use tenon_sdk::{Column, ForeignKey, Manifest, Migrations, Plugin, ReferenceAction, Table};

struct Authors;

/// Books as every revision has them.
pub(crate) fn books() -> Table {
    Table::new("books")
        .column(Column::integer("id").not_null())
        .column(Column::text("title"))
        .column(Column::integer("author_id"))
        .primary_key(["id"])
        .foreign_key(ForeignKey::new("author_id", "authors", "id").on_delete(ReferenceAction::Cascade))
}

impl Plugin for Authors {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!();

    fn describe(manifest: &Manifest) {
        let authors =
            Table::new("authors").column(Column::integer("id").not_null()).column(Column::text("name").not_null()).primary_key(["id"]);
        manifest.table(&authors).table(&books());
    }
}

tenon_sdk::plugin!(Authors);
