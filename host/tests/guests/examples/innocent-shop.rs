//! Plugin `shop` 1.9.0, which means no harm: makes `users` and `orders` as the shop does, then renames a column and a table and back, adds
//! and drops a column, and can undo all of it. What a neighbour breaks shows here.

use tenon_sdk::{
    Column, Downgrade, ForeignKey, Index, Manifest, Migration, Migrations, Operations, Plugin, ReferenceAction, Result, Table,
};
use tenon_test_guests::CREATED;

struct Guest;

fn users() -> Table {
    Table::new("users")
        .column(Column::string("email").not_null())
        .column(Column::string("name").not_null())
        .entity_columns()
        .index(Index::new("ix_users_email", ["email"]).unique())
}

fn orders() -> Table {
    let user = ForeignKey::new("user_id", "users", "id").on_delete(ReferenceAction::Cascade);
    Table::new("orders").column(Column::ulid("user_id").not_null()).entity_columns().foreign_key(user)
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&users())?;
    op.create_table(&orders())
}

fn drop_both(op: &Operations) -> Result<()> {
    op.drop_table("orders")?;
    op.drop_table("users")
}

fn rename(op: &Operations) -> Result<()> {
    op.rename_column("users", "name", "full_name")?;
    op.rename_table("users", "people")?;
    op.add_column("people", &Column::text("nick"))
}

fn rename_back(op: &Operations) -> Result<()> {
    op.drop_column("people", "nick")?;
    op.rename_table("people", "users")?;
    op.rename_column("users", "full_name", "name")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("a1b2c3d4e5f6", CREATED, "Users and orders.", create, Downgrade::By(drop_both)),
        Migration::new("b00000000002", CREATED, "Other names.", rename, Downgrade::By(rename_back)).down(&["a1b2c3d4e5f6"]),
        Migration::new("b00000000003", CREATED, "The old names.", rename_back, Downgrade::By(rename)).down(&["b00000000002"]),
    ];

    fn describe(manifest: &Manifest) {
        manifest.table(&users()).table(&orders()).collection_of("users", "users").collection_of("orders", "orders");
    }
}

tenon_sdk::plugin!(Guest, name = "shop", version = "1.9.0");
