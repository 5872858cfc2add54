//! The migration room: one graph over all plugins, targets, plans, and how an operation becomes SQL.
//!
//! ```text
//! manifests, ledger rows ─> RevisionFacts ─> Graph ─┐
//!                            ledger rows ─> Applied ─┼─> plan_upgrade, plan_downgrade ─> Plan of Steps ─> executor, or offline script
//!                                command ─> Target ──┘
//! Operation ─> Dialect ─> SQL text            Operations ─> canonical text ─> digest
//! ```
//!
//! Pure but for [`Backend`], the trait through which the executor reaches a live database. Everything else here reads nothing, runs
//! nothing and cannot tell the time; the same input gives the same output, which is what makes a digest or a plan worth printing.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod applied;
pub mod autogenerate;
mod backend;
pub mod canonical;
pub mod dialect;
pub mod difference;
mod error;
pub mod executor;
pub mod graph;
pub mod history;
pub mod offline;
mod operation;
mod order;
mod plan;
pub mod range;
mod resolve;
pub mod revision;
pub mod shape;
mod target;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod testing;

pub use applied::{Applied, applied_but_missing, applied_but_missing_of, require_complete, require_consistent};
pub use backend::{
    Backend, BackendError, BrokenReference, DeclaredColumn, Footprint, Object, ObjectKind, Reference, RowChanges, StatementError,
};
pub use dialect::{Dialect, DialectError};
pub use error::{Dependent, GraphError, PlanError, TargetError};
pub use graph::Graph;
pub use operation::Touched;
pub use plan::{HeldBack, Plan, Step, lies_behind, plan_downgrade, plan_upgrade, plugin_meant};
pub use revision::{PluginFacts, RevisionFacts};
pub use target::{Anchor, Point, Target, parse_range};
