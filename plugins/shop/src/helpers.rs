//! The tables as the first revision makes them. Released: they stay as they are, and a later revision changes the tables.

use tenon_sdk::{Column, ForeignKey, Index, Operations, ReferenceAction, Result, Table, Unique};

fn users() -> Table {
    Table::new("users")
        .column(Column::string("email").not_null())
        .column(Column::string("name").not_null())
        .column(Column::boolean("is_active").not_null().default(true))
        .entity_columns()
        .unique(Unique::on(["email"]))
}

fn orders() -> Table {
    Table::new("orders")
        .column(Column::ulid("user_id").not_null())
        .column(Column::float("total_amount").not_null())
        .column(Column::string("status").not_null().default("pending"))
        .entity_columns()
        .foreign_key(ForeignKey::new("user_id", "users", "id").on_delete(ReferenceAction::Cascade))
}

/// Creates `users`. Its index does not make the e-mail unique; the constraint does.
pub(crate) fn create_users_table(op: &Operations) -> Result<()> {
    op.create_table(&users())?;
    op.create_index("users", &Index::on("users", ["email"]))
}

/// Drops the index, then `users`.
pub(crate) fn drop_users_table(op: &Operations) -> Result<()> {
    op.drop_index("ix_users_email")?;
    op.drop_table("users")
}

/// Creates `orders`; `users` must be there.
pub(crate) fn create_orders_table(op: &Operations) -> Result<()> {
    op.create_table(&orders())?;
    op.create_index("orders", &Index::on("orders", ["user_id"]))
}

/// Drops the index, then `orders`.
pub(crate) fn drop_orders_table(op: &Operations) -> Result<()> {
    op.drop_index("ix_orders_user_id")?;
    op.drop_table("orders")
}

#[cfg(test)]
mod tests {
    use tenon_sdk::Entity;

    use super::*;
    use crate::{Order, User};

    #[test]
    fn the_helpers_make_what_the_entities_declare() {
        assert_eq!(users().index(Index::on("users", ["email"])).stored(), User::table().stored());
        assert_eq!(orders().index(Index::on("orders", ["user_id"])).stored(), Order::table().stored());
    }
}
