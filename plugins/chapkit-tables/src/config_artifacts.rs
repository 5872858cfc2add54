//! Which root artifact belongs to which config: a link table, without the columns of an entity.

use tenon_sdk::{Column, Entity, ForeignKey, Operations, ReferenceAction, Result, Table, Ulid, Unique};

/// A link from a config to a root artifact. An artifact belongs to one config at most.
///
/// The uniqueness is said twice, once with a name, because the tables that exist say it twice; SQLite keeps one index for both.
#[derive(Debug, Entity)]
#[entity(table = "config_artifacts", plain, unique(columns = ["artifact_id"], name = "uq_artifact_id"))]
pub struct ConfigArtifact {
    /// The config.
    #[entity(key, references = "configs.id", on_delete = "cascade")]
    pub config_id: Ulid,
    /// The root artifact.
    #[entity(key, unique, references = "artifacts.id", on_delete = "cascade")]
    pub artifact_id: Ulid,
}

fn table() -> Table {
    Table::new("config_artifacts")
        .column(Column::ulid("config_id").not_null())
        .column(Column::ulid("artifact_id").not_null())
        .primary_key(["config_id", "artifact_id"])
        .foreign_key(ForeignKey::new("artifact_id", "artifacts", "id").on_delete(ReferenceAction::Cascade))
        .foreign_key(ForeignKey::new("config_id", "configs", "id").on_delete(ReferenceAction::Cascade))
        .unique(Unique::on(["artifact_id"]))
        .unique(Unique::on(["artifact_id"]).named("uq_artifact_id"))
}

/// Creates `config_artifacts`; `artifacts` and `configs` must be there.
pub fn create_config_artifacts_table(op: &Operations) -> Result<()> {
    op.create_table(&table())
}

/// Drops `config_artifacts`.
pub fn drop_config_artifacts_table(op: &Operations) -> Result<()> {
    op.drop_table("config_artifacts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_makes_what_the_entity_declares() {
        assert_eq!(table().stored(), ConfigArtifact::table().stored());
    }
}
