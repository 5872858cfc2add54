//! Owns chapkit's four tables by calling the helpers, instead of requiring the plugin `chapkit`.

use chapkit_tables::{
    Artifact, Config, ConfigArtifact, Task, create_artifacts_table, create_config_artifacts_table, create_configs_table,
    create_tasks_table, drop_artifacts_table, drop_config_artifacts_table, drop_configs_table, drop_tasks_table,
};
use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result};
use tenon_test_guests::CREATED;

struct Guest;

fn create(op: &Operations) -> Result<()> {
    create_artifacts_table(op)?;
    create_configs_table(op)?;
    create_config_artifacts_table(op)?;
    create_tasks_table(op)
}

fn drop_them(op: &Operations) -> Result<()> {
    drop_tasks_table(op)?;
    drop_config_artifacts_table(op)?;
    drop_configs_table(op)?;
    drop_artifacts_table(op)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations =
        &[Migration::new("c00000000001", CREATED, "chapkit's tables by its helpers.", create, Downgrade::By(drop_them))];

    fn describe(manifest: &Manifest) {
        manifest.entity::<Artifact>().entity::<Config>().entity::<ConfigArtifact>().entity::<Task>();
    }
}

tenon_sdk::plugin!(Guest, name = "helpers");
