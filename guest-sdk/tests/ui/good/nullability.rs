//! Whether a column may hold NULL is what the type is, however it is written.
#![deny(warnings)]

use tenon_sdk::{Column, Entity, ForeignKey, ReferenceAction, Table, Ulid};

type Maybe = Option<Ulid>;
type Count = i64;

macro_rules! table {
    ($name:ident, $table:literal, $type:ty, $plain:ty) => {
        #[derive(Entity)]
        #[entity(table = $table, plain)]
        #[entity(foreign_key(columns = ["b", "d"], references = "pairs(b, d)", on_update = "set-null"))]
        struct $name {
            #[entity(key)]
            key: $plain,
            #[entity(type = "ulid", references = "others.id", on_delete = "set-null")]
            a: $type,
            b: $type,
            #[entity(type = "ulid", references = "others.id", on_delete = "set-null")]
            c: Maybe,
            d: Maybe,
            #[entity(type = "bigint", default = 5)]
            e: $plain,
        }
    };
}

table!(Thing, "things", Option<Ulid>, Count);

fn main() {
    let others = |column| ForeignKey::new(column, "others", "id").on_delete(ReferenceAction::SetNull);
    let made = Table::new("things")
        .column(Column::integer("key").not_null())
        .column(Column::ulid("a"))
        .foreign_key(others("a"))
        .column(Column::ulid("b"))
        .column(Column::ulid("c"))
        .foreign_key(others("c"))
        .column(Column::ulid("d"))
        .column(Column::bigint("e").not_null().default(5))
        .primary_key(["key"])
        .foreign_key(ForeignKey::composite(["b", "d"], "pairs", ["b", "d"]).on_update(ReferenceAction::SetNull));
    assert_eq!(Thing::table(), made);
}
