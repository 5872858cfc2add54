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

mod applied;
mod backend;
mod canonical;
mod dialect;
mod error;
mod graph;
mod order;
mod plan;
mod resolve;
mod revision;
mod target;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod testing;

pub use applied::{Applied, applied_but_missing, require_complete, require_consistent};
pub use backend::{Backend, BackendError, DeclaredColumn, Footprint, Object, ObjectKind, Reference};
pub use canonical::{CanonicalError, canonical_text, digest, from_canonical_text};
pub use dialect::{Dialect, DialectError, SqlTextError, Sqlite};
pub use error::{Dependent, GraphError, PlanError, TargetError};
pub use graph::Graph;
pub use plan::{HeldBack, Plan, Step, plan_downgrade, plan_upgrade};
pub use revision::{PluginFacts, RevisionFacts};
pub use target::{Anchor, Point, Target, parse_range};
