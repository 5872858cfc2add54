//! The plugin `ways`, of which there are two builds: in one the host answers, in the other the plugin passes every operation on to it.

use tenon_sdk::{
    Column, Downgrade, Entity, ForeignKey, Index, Manifest, Migration, Operations, ReferenceAction, Result, Table, Ulid, Unique,
};

use crate::CREATED;

/// As the seed's users, with something of every kind.
#[derive(Debug, Entity)]
#[entity(table = "users")]
pub struct User {
    #[entity(unique, index)]
    email: String,
    name: String,
    #[entity(default = true)]
    is_active: bool,
}

/// What refers to another row.
#[derive(Debug, Entity)]
#[entity(table = "orders")]
pub struct Order {
    #[entity(references = "users.id", on_delete = "restrict", index)]
    user_id: Ulid,
    #[entity(min = 0)]
    total_amount: f64,
    #[entity(default = "pending", one_of = ["pending", "paid"])]
    status: String,
    note: Option<String>,
}

/// The one revision.
pub const TABLES: Migration = Migration::new("ways", CREATED, "Users and orders.", create, Downgrade::By(drop));

/// The operations of both collections.
pub const OPERATIONS: [&str; 12] = [
    "users.list",
    "users.get",
    "users.create",
    "users.replace",
    "users.update",
    "users.delete",
    "orders.list",
    "orders.get",
    "orders.create",
    "orders.replace",
    "orders.update",
    "orders.delete",
];

/// What both builds say.
pub fn describe(manifest: &Manifest) {
    manifest.entity::<User>().collection::<User>("users").entity::<Order>().collection::<Order>("orders");
}

fn create(op: &Operations) -> Result<()> {
    let users = Table::new("users")
        .column(Column::string("email").not_null())
        .column(Column::string("name").not_null())
        .column(Column::boolean("is_active").not_null().default(true))
        .entity_columns()
        .unique(Unique::on(["email"]));
    op.create_table(&users)?;
    op.create_index("users", &Index::on("users", ["email"]))?;
    let orders = Table::new("orders")
        .column(Column::ulid("user_id").not_null())
        .column(Column::float("total_amount").not_null())
        .column(Column::string("status").not_null().default("pending"))
        .column(Column::string("note"))
        .entity_columns()
        .foreign_key(ForeignKey::new("user_id", "users", "id").on_delete(ReferenceAction::Restrict));
    op.create_table(&orders)?;
    op.create_index("orders", &Index::on("orders", ["user_id"]))
}

fn drop(op: &Operations) -> Result<()> {
    op.drop_table("orders")?;
    op.drop_table("users")
}
