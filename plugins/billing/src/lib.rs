//! Invoices for the shop's orders: a plugin whose table refers to another plugin's, and which makes invoices itself.

mod money;
mod requests;
mod year;

use tenon_sdk::{Access, Date, Decimal, Entity, Handlers, Manifest, Method, Migrations, Plugin, Record, Right, Ulid, data};

/// What is owed for an order. An order that has one cannot be deleted.
#[data]
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

/// The last number that was given in a year.
#[derive(Debug, Entity)]
#[entity(table = "invoice_numbers", plain)]
pub struct InvoiceNumber {
    /// The year.
    #[entity(key)]
    pub year: i32,
    /// From 1 on.
    pub last: i32,
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
            .entity::<InvoiceNumber>()
            .collection::<Invoice>("invoices")
            .field("invoices", "order_id", Access::Immutable)
            .field("invoices", "number", Access::Immutable)
            .field("invoices", "amount", Access::Immutable);
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("invoices.create", requests::create)
            .summary("Make out an invoice")
            .description("Its number is the next one of the year. It is made out over what of the order is not invoiced yet, or over less.")
            .answers::<Record<Invoice>>();
        on.handle("invoices.replace", requests::change).answer(409, requests::NOT_BACK);
        on.handle("invoices.update", requests::change).answer(409, requests::NOT_BACK);
        on.route("order-invoices", Method::Get, "/orders/{id}/invoices", requests::of_order)
            .summary("List the invoices of an order")
            .answers::<Vec<Record<Invoice>>>()
            .answer(404, "There is no such order.");
    }
}

tenon_sdk::plugin!(Billing);
