//! Initial custom tables using helper pattern.

use tenon_sdk::{Operations, Result, revision};

use crate::helpers::{create_orders_table, create_users_table, drop_orders_table, drop_users_table};

revision! { down = [] }

pub fn upgrade(op: &Operations) -> Result<()> {
    create_users_table(op)?;
    create_orders_table(op)
}

pub fn downgrade(op: &Operations) -> Result<()> {
    drop_orders_table(op)?;
    drop_users_table(op)
}
