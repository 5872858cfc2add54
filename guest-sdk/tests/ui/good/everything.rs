//! Every setting of the derive, and the table that it makes of them.
#![deny(warnings)]

use tenon_sdk::{
    Check, Column, Date, Decimal, Entity, ForeignKey, Index, Json, ReferenceAction, Table, Time, Timestamp, Ulid, Unique, Uuid,
};

#[derive(Entity)]
#[entity(table = "line_items", renamed_from = "lines", comment = "What was ordered.", strict)]
#[entity(unique(columns = ["order_id", "position"], name = "uq_position"), unique(columns = ["sku"]))]
#[entity(index(columns = ["order_id", "created_at"], comment = "The newest of an order."))]
#[entity(index(columns = ["(lower(sku))", "price COLLATE nocase DESC"], name = "ix_sku", unique, filter = "price > 0"))]
#[entity(check(expression = "price >= 0", name = "ck_price"), check(expression = "quantity > 0"))]
#[entity(foreign_key(columns = ["sku", "size"], references = "variants(sku, size)", name = "fk_variant", on_delete = "restrict"))]
#[entity(foreign_key(columns = ["state", "created_at"], references = "days(state, at)", on_update = "set-default"))]
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
    #[entity(rename = "type", type = "enum(a,b)", default = "b")]
    r#type: String,
    #[entity(default = "{\"a\": [1]}")]
    extra: Json,
    #[entity(format = "tags", default = "[]")]
    labels: Json,
    #[entity(format = "json", default = "null")]
    payload: Vec<u8>,
    #[entity(default_expression = "CURRENT_TIMESTAMP")]
    packed_at: Timestamp,
    #[entity(default = "2025-10-24")]
    due: Option<Date>,
    #[entity(default = "15:00:00.000")]
    at: Option<Time>,
    #[entity(default = "2025-10-24 15:00:00.000")]
    since: Timestamp,
    #[entity(default = "01HZY0V3K8Q4W9M2N5P7R1S6TD")]
    by: Ulid,
    #[entity(default = "0192f3a4-0000-7000-8000-00000000000a", references = "batches.id", on_delete = "set-default")]
    batch: Uuid,
    #[entity(type = "string(2)", default = "DE")]
    country: String,
}

fn line_items() -> Table {
    Table::new("line_items")
        .column(Column::ulid("order_id").not_null())
        .column(Column::string("sku").not_null().min_length(1).max_length(40).collate("NOCASE"))
        .column(Column::uuid("shelf"))
        .column(Column::integer("size").not_null())
        .column(Column::integer("quantity").not_null().default(1).min(1).max(999))
        .column(Column::integer("position").not_null().default(-1))
        .column(Column::decimal("price", 12, 2).not_null().default("0.00").min(0))
        .column(Column::float("weight").not_null().default(0.5).min(-0.5))
        .column(Column::boolean("taxed").not_null().default(true))
        .column(Column::string("state").not_null().default("open").one_of(["open", "shut"]).renamed_from("status"))
        .column(Column::text("note").comment("Anything."))
        .column(Column::new("type", "enum(a,b)").not_null().default("b"))
        .column(Column::json("extra").not_null().default("{\"a\": [1]}"))
        .column(Column::json("labels").not_null().default("[]").format("tags"))
        .column(Column::bytes("payload").not_null().default("null").format("json"))
        .column(Column::timestamp("packed_at").not_null().default_expression("CURRENT_TIMESTAMP"))
        .column(Column::date("due").default("2025-10-24"))
        .column(Column::time("at").default("15:00:00.000"))
        .column(Column::timestamp("since").not_null().default("2025-10-24 15:00:00.000"))
        .column(Column::ulid("by").not_null().default("01HZY0V3K8Q4W9M2N5P7R1S6TD"))
        .column(Column::uuid("batch").not_null().default("0192f3a4-0000-7000-8000-00000000000a"))
        .column(Column::new("country", "string(2)").not_null().default("DE"))
        .entity_columns()
        .foreign_key(ForeignKey::new("order_id", "orders", "id").on_delete(ReferenceAction::Cascade).on_update(ReferenceAction::NoAction))
        .foreign_key(ForeignKey::new("shelf", "shelves", "id").on_delete(ReferenceAction::SetNull))
        .foreign_key(ForeignKey::new("batch", "batches", "id").on_delete(ReferenceAction::SetDefault))
        .foreign_key(
            ForeignKey::composite(["sku", "size"], "variants", ["sku", "size"])
                .named("fk_variant")
                .on_delete(ReferenceAction::Restrict),
        )
        .foreign_key(
            ForeignKey::composite(["state", "created_at"], "days", ["state", "at"]).on_update(ReferenceAction::SetDefault),
        )
        .unique(Unique::on(["sku"]))
        .unique(Unique::on(["order_id", "position"]).named("uq_position"))
        .unique(Unique::on(["sku"]))
        .check(Check::new("price >= 0").named("ck_price"))
        .check(Check::new("quantity > 0"))
        .index(Index::on("line_items", ["order_id"]))
        .index(Index::on("line_items", ["order_id", "created_at"]).comment("The newest of an order."))
        .index(Index::new("ix_sku", ["(lower(sku))", "price COLLATE nocase DESC"]).unique().filter("price > 0"))
        .attribute("renamed-from", "lines")
        .attribute("comment", "What was ordered.")
        .attribute("strict", true)
}

#[derive(Entity)]
#[entity(table = "links", plain, without_rowid, renamed_from = "old_links")]
struct Link {
    #[entity(key)]
    left: i64,
    #[entity(key)]
    right: i64,
}

fn links() -> Table {
    Table::new("links")
        .column(Column::integer("left").not_null())
        .column(Column::integer("right").not_null())
        .primary_key(["left", "right"])
        .attribute("renamed-from", "old_links")
        .attribute("without-rowid", true)
}

fn main() {
    assert_eq!((LineItem::TABLE, Link::TABLE), ("line_items", "links"));
    assert_eq!(LineItem::table(), line_items());
    assert_eq!(Link::table(), links());
}
