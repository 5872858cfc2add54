//! Initial chapkit tables.

use chapkit_tables::{
    create_artifacts_table, create_config_artifacts_table, create_configs_table, create_tasks_table, drop_artifacts_table,
    drop_config_artifacts_table, drop_configs_table, drop_tasks_table,
};
use tenon_sdk::{Operations, Result, revision};

revision! { down = [] }

pub fn upgrade(op: &Operations) -> Result<()> {
    create_artifacts_table(op)?;
    create_configs_table(op)?;
    create_config_artifacts_table(op)?;
    create_tasks_table(op)
}

pub fn downgrade(op: &Operations) -> Result<()> {
    drop_tasks_table(op)?;
    drop_config_artifacts_table(op)?;
    drop_configs_table(op)?;
    drop_artifacts_table(op)
}
