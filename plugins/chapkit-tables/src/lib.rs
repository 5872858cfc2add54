//! chapkit's four tables, for any plugin that wants to make them in a migration of its own.
//!
//! Each table has a file: the entity (what a plugin declares), `create_…_table` and `drop_…_table` (what its migration calls). A
//! service either requires the plugin `chapkit`, or owns the tables itself by these helpers; never both: one table has one owner, and the
//! host refuses the second plugin that declares it.
//!
//! The helpers stay what they are: plugins call them in revisions that were released. A change of a table is a further function.
//!
//! ```no_run
//! use tenon_sdk::{Operations, Result};
//!
//! pub fn upgrade(op: &Operations) -> Result<()> {
//!     chapkit_tables::create_configs_table(op)
//! }
//!
//! pub fn downgrade(op: &Operations) -> Result<()> {
//!     chapkit_tables::drop_configs_table(op)
//! }
//! ```
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod artifacts;
mod config_artifacts;
mod configs;
mod tasks;

pub use artifacts::{Artifact, create_artifacts_table, drop_artifacts_table};
pub use config_artifacts::{ConfigArtifact, create_config_artifacts_table, drop_config_artifacts_table};
pub use configs::{Config, create_configs_table, drop_configs_table};
pub use tasks::{Task, create_tasks_table, drop_tasks_table};
