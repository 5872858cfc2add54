//! Invoices for the shop's orders: a plugin whose table refers to another plugin's.

use tenon_sdk::{Date, Decimal, Entity, Manifest, Migrations, Plugin, Right, Ulid};

/// What is owed for an order. An order that has one cannot be deleted.
#[derive(Debug, Entity)]
#[entity(table = "invoices")]
pub struct Invoice {
    /// The order.
    #[entity(references = "orders.id", on_delete = "restrict", index)]
    pub order_id: Ulid,
    /// What is printed on it.
    #[entity(type = "string(40)", unique)]
    pub number: String,
    /// How much is owed, to the cent.
    #[entity(type = "decimal(12,2)")]
    pub amount: Decimal,
    /// How far it is.
    #[entity(default = "open", one_of = ["open", "paid", "void"])]
    pub status: String,
    /// When it must be paid.
    pub due_on: Option<Date>,
}

struct Billing;

impl Plugin for Billing {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!();

    fn describe(manifest: &Manifest) {
        manifest
            .requires("shop", "^1")
            .wants(Right::Reference, "orders", "an invoice belongs to an order, and holds it back from being deleted")
            .wants(Right::Read, "orders", "an invoice's amount is compared with its order's total")
            .entity::<Invoice>()
            .collection::<Invoice>("invoices");
    }
}

tenon_sdk::plugin!(Billing);
