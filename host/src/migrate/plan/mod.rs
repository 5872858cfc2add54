//! Which steps bring a database from what is applied to a target. Pure: same input, same plan; nothing is read or run.
//!
//! Upgrades list what is needed first, in the graph's one order. Downgrades go back the way the database came: by the ledger's
//! sequence numbers, which are checked against the dependencies rather than trusted.

mod direction;
mod downgrade;
mod upgrade;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{Node, PluginName};

use super::applied::Applied;
use super::error::PlanError;
use super::graph::Graph;
use super::target::{Point, Target};

pub use direction::{lies_behind, plugin_meant};
pub use downgrade::plan_downgrade;
pub use upgrade::plan_upgrade;

/// Applying or undoing one revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Apply it.
    Upgrade(Node),
    /// Undo it.
    Downgrade(Node),
}

impl Step {
    /// The revision.
    pub fn node(&self) -> &Node {
        match self {
            Self::Upgrade(node) | Self::Downgrade(node) => node,
        }
    }
}

/// A revision that would have been applied, had what it needs not been left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBack {
    /// The revision.
    pub node: Node,
    /// What it needs, of a plugin left out, or held back itself.
    pub needs: Node,
}

/// Steps in the order in which they are to be taken.
///
/// # Shape
/// Each revision at most once. After any number of steps, what is applied has all that it stands on. Empty when already there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// What `head` and `heads` of all plugins passed over; never filled by a target that names a plugin or a revision.
    pub held_back: Vec<HeldBack>,
}

impl Applied {
    /// As if `upgrade` to `target` had been run on an empty database: where a range of `--sql` starts. Base is nothing.
    ///
    /// # Errors
    /// Those of [`plan_upgrade`], except that it does not matter whether a file has the revisions.
    pub fn assumed(graph: &Graph, target: &Target) -> Result<Self, PlanError> {
        let nothing = Self::nothing(graph);
        let scope = graph.scope(target)?;
        if target.point == Point::Base {
            return Ok(nothing);
        }
        let left_out = BTreeSet::<PluginName>::new();
        let vertices = upgrade::Upgrade { graph, applied: &nothing, left_out: &left_out, any_source: true }.vertices(target, &scope)?.0;
        Ok(Self::assume(graph, vertices))
    }
}
