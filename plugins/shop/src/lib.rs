//! Users and their orders.

mod helpers;

use tenon_sdk::{Entity, Manifest, Migrations, Plugin, Ulid};

/// Somebody who orders.
#[derive(Debug, Entity)]
#[entity(table = "users")]
pub struct User {
    /// Nobody else has it.
    #[entity(unique, index)]
    pub email: String,
    /// What to call them.
    pub name: String,
    /// Whether they may order.
    #[entity(default = true)]
    pub is_active: bool,
}

/// What somebody ordered; gone with them.
#[derive(Debug, Entity)]
#[entity(table = "orders")]
pub struct Order {
    /// Who.
    #[entity(references = "users.id", on_delete = "cascade", index)]
    pub user_id: Ulid,
    /// How much.
    pub total_amount: f64,
    /// How far it is.
    #[entity(default = "pending")]
    pub status: String,
}

struct Shop;

impl Plugin for Shop {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!();

    fn describe(manifest: &Manifest) {
        manifest.entity::<User>().collection::<User>("users");
        manifest.entity::<Order>().collection::<Order>("orders");
    }
}

tenon_sdk::plugin!(Shop);
