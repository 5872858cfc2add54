//! Invoices for orders.

use tenon_sdk::{Column, ForeignKey, Index, Operations, ReferenceAction, Result, Table, Unique, revision};

revision! { down = [], depends_on = ["shop@a1b2c3d4e5f6"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    let invoices = Table::new("invoices")
        .column(Column::ulid("order_id").not_null())
        .column(Column::new("number", "string(40)").not_null())
        .column(Column::decimal("amount", 12, 2).not_null())
        .column(Column::string("status").not_null().default("open"))
        .column(Column::date("due_on"))
        .entity_columns()
        .unique(Unique::on(["number"]))
        .foreign_key(ForeignKey::new("order_id", "orders", "id").on_delete(ReferenceAction::Restrict));
    op.create_table(&invoices)?;
    op.create_index("invoices", &Index::on("invoices", ["order_id"]))
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.drop_index("ix_invoices_order_id")?;
    op.drop_table("invoices")
}
