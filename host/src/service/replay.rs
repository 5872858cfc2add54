//! Replays revisions on an empty database in memory, to learn what they do without touching anything.
//!
//! The ledger's digests and canonical operations come from here, and so does `--sql`. The clock of a step is its `created`, its
//! generator is seeded by plugin and revision, and no setting can be read: the same component always replays the same.

use std::collections::BTreeMap;

use super::live::Live;
use super::load::{Plugin, PluginSet};
use super::step::{self, StepError};
use crate::migrate::canonical;
use crate::migrate::dialect::SQLITE;
use crate::migrate::executor::{Executor, Permissions};
use crate::migrate::{BackendError, Step};
use crate::model::{ContentHash, Manifest, Node, Operation, Revision};
use crate::runtime::{Direction, MigrationStep};

/// How the guests are told that they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As on a real database: what digests are taken of.
    Online,
    /// As while SQL is being written out.
    Offline,
}

/// What one revision did.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Its operations, in order.
    pub operations: Vec<Operation>,
}

impl Replayed {
    /// The digest of the canonical form.
    pub fn digest(&self) -> ContentHash {
        canonical::digest(&self.operations)
    }
}

/// Why a replay ended.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A revision does not run on an empty database.
    #[error("{node} cannot be replayed on an empty database")]
    Step {
        /// The revision.
        node: Node,
        /// Why.
        #[source]
        source: StepError,
    },
    /// The plugin that a step needs is not loaded.
    #[error("{node} cannot be replayed: its plugin is not loaded")]
    NotLoaded {
        /// The revision.
        node: Node,
    },
    /// The database in memory failed.
    #[error("the replay's database failed")]
    Database(#[from] BackendError),
}

/// Runs `steps`, in order, on an empty database.
///
/// # Shape
/// What each upgrade did, by node; a downgrade's operations stand under its node as well, so a replay holds one of the two per node.
/// # Errors
/// See [`ReplayError`].
pub fn replay(set: &PluginSet, steps: &[(Step, Mode)]) -> Result<BTreeMap<Node, Replayed>, ReplayError> {
    let mut live = Live::in_memory()?;
    live.begin()?;
    let mut replayed = BTreeMap::new();
    for (step, mode) in steps {
        let node = step.node();
        let plugin = set.plugins.get(&node.plugin).ok_or_else(|| ReplayError::NotLoaded { node: node.clone() })?;
        let Plugin { manifest, component, .. } = plugin;
        let revision = manifest.revision(&node.revision).ok_or_else(|| ReplayError::NotLoaded { node: node.clone() })?;
        let direction = direction_of(step);
        let executor = Executor::new(live, Permissions::of(manifest), &SQLITE, *mode == Mode::Offline);
        let (backend, result) = step::run(component, guest_step(manifest, revision, direction), executor);
        live = backend;
        let operations = result.map_err(|source| ReplayError::Step { node: node.clone(), source })?;
        replayed.insert(node.clone(), Replayed { operations });
    }
    Ok(replayed)
}

/// The step as the guest is told of it.
pub fn guest_step<'a>(manifest: &'a Manifest, revision: &'a Revision, direction: Direction) -> MigrationStep<'a> {
    let seed = ContentHash::of(format!("{}@{}", manifest.name, revision.id).as_bytes());
    MigrationStep { plugin: &manifest.name, revision: &revision.id, direction, created: revision.created, seed: seed.into_bytes() }
}

/// Which of the guest's two functions a step calls.
pub fn direction_of(step: &Step) -> Direction {
    match step {
        Step::Upgrade(_) => Direction::Upgrade,
        Step::Downgrade(_) => Direction::Downgrade,
    }
}
