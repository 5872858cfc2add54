//! Every setting of the derive, and the table that it makes of them.
#![deny(warnings)]

use tenon_sdk::{Column, Date, Decimal, Entity, ForeignKey, Index, Json, ReferenceAction, Table, Time, Timestamp, Ulid, Unique, Uuid};

#[derive(Entity)]
#[entity(table = "line_items", comment = "What was ordered.", strict)]
#[entity(unique(columns = ["order_id", "position"], name = "uq_position"), unique(columns = ["sku"]))]
#[entity(index(columns = ["order_id", "created_at"]), index(columns = ["(lower(sku))", "price DESC"], name = "ix_sku", unique, filter = "price > 0"))]
#[entity(check(expression = "price >= 0", name = "ck_price"), check(expression = "quantity > 0"))]
#[entity(foreign_key(columns = ["sku", "size"], references = "variants(sku, size)", name = "fk_variant", on_delete = "restrict"))]
struct LineItem {
    #[entity(references = "orders.id", on_delete = "cascade", on_update = "no-action", index)]
    order_id: Ulid,
    #[entity(unique, min_length = 1, max_length = 40, collate = "NOCASE")]
    sku: String,
    #[entity(references = "shelves.id", on_delete = "set-null")]
    shelf: Option<Uuid>,
    size: i16,
    #[entity(default = 1, min = 1, max = 999)]
    quantity: i64,
    #[entity(default = -1)]
    position: i32,
    #[entity(type = "decimal(12,2)", default = "0.00", min = 0)]
    price: Decimal,
    #[entity(default = 0.5, min = -0.5)]
    weight: f64,
    #[entity(default = true)]
    taxed: bool,
    #[entity(default = "open", one_of = ["open", "shut"], renamed_from = "status")]
    state: String,
    #[entity(type = "text", comment = "Anything.")]
    note: Option<String>,
    #[entity(rename = "type", type = "enum(a,b)")]
    r#type: String,
    extra: Json,
    #[entity(format = "tags")]
    labels: Json,
    #[entity(format = "json")]
    payload: Vec<u8>,
    #[entity(default_expression = "CURRENT_TIMESTAMP")]
    packed_at: Timestamp,
    due: Option<Date>,
    at: Option<Time>,
}

#[derive(Entity)]
#[entity(table = "links", plain, without_rowid, renamed_from = "old_links")]
struct Link {
    #[entity(key)]
    left: i64,
    #[entity(key)]
    right: i64,
}

fn main() {
    let made = Table::new("line_items")
        .column(Column::ulid("order_id").not_null())
        .foreign_key(ForeignKey::new("order_id", "orders", "id").on_delete(ReferenceAction::Cascade))
        .index(Index::on("line_items", ["order_id"]));
    assert_eq!(LineItem::TABLE, made.name());
    let names = LineItem::table();
    let names = names.column_names();
    assert_eq!(names[..3], ["order_id", "sku", "shelf"]);
    assert_eq!(names[names.len() - 4..], ["id", "created_at", "updated_at", "tags"]);
    assert!(names.contains(&"type"));

    let links = Table::new("links")
        .column(Column::integer("left").not_null())
        .column(Column::integer("right").not_null())
        .primary_key(["left", "right"])
        .attribute("renamed-from", "old_links")
        .attribute("without-rowid", true);
    assert_eq!(Link::table(), links);
    assert_ne!(Link::table(), links.unique(Unique::on(["left"])));
}
