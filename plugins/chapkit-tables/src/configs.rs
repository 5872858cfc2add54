//! Configs: named data.

use tenon_sdk::{Column, Entity, Index, Json, Operations, Result, Table, data};

/// Named data. Names may repeat.
#[data]
#[derive(Debug, Entity)]
#[entity(table = "configs")]
pub struct Config {
    /// What people call it.
    #[entity(index)]
    pub name: String,
    /// Any JSON value.
    pub data: Json,
}

fn table() -> Table {
    Table::new("configs").column(Column::string("name").not_null()).column(Column::json("data").not_null()).entity_columns()
}

fn index() -> Index {
    Index::on("configs", ["name"])
}

/// Creates `configs` with its index.
pub fn create_configs_table(op: &Operations) -> Result<()> {
    op.create_table(&table())?;
    op.create_index("configs", &index())
}

/// Drops the index, then `configs`.
pub fn drop_configs_table(op: &Operations) -> Result<()> {
    op.drop_index(index().name())?;
    op.drop_table("configs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_makes_what_the_entity_declares() {
        assert_eq!(table().index(index()).stored(), Config::table().stored());
    }
}
