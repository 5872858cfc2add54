//! Artifacts: pieces of data in a tree.

use tenon_sdk::{Column, Entity, ForeignKey, Index, Json, Operations, ReferenceAction, Result, Table, Ulid, data};

/// A piece of data, below another or at the root.
#[data]
#[derive(Debug, Entity)]
#[entity(table = "artifacts")]
pub struct Artifact {
    /// The artifact that it stands below; a root has none.
    #[entity(references = "artifacts.id", on_delete = "set-null", index)]
    pub parent_id: Option<Ulid>,
    /// Any JSON value, kept as UTF-8 text in a BLOB.
    #[entity(type = "bytes", format = "json")]
    pub data: Json,
    /// How far below the root.
    #[entity(index)]
    pub level: i64,
}

fn table() -> Table {
    Table::new("artifacts")
        .column(Column::ulid("parent_id"))
        .column(Column::bytes("data").not_null())
        .column(Column::integer("level").not_null())
        .entity_columns()
        .foreign_key(ForeignKey::new("parent_id", "artifacts", "id").on_delete(ReferenceAction::SetNull))
}

fn indexes() -> [Index; 2] {
    [Index::on("artifacts", ["level"]), Index::on("artifacts", ["parent_id"])]
}

/// Creates `artifacts` with its two indexes.
pub fn create_artifacts_table(op: &Operations) -> Result<()> {
    op.create_table(&table())?;
    indexes().iter().try_for_each(|index| op.create_index("artifacts", index))
}

/// Drops the indexes, then `artifacts`.
pub fn drop_artifacts_table(op: &Operations) -> Result<()> {
    indexes().iter().rev().try_for_each(|index| op.drop_index(index.name()))?;
    op.drop_table("artifacts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_makes_what_the_entity_declares() {
        assert_eq!(indexes().into_iter().fold(table(), Table::index).stored(), Artifact::table().stored());
    }
}
