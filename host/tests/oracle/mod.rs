//! Alembic as an oracle: random revision graphs with Alembic's own answers, what the planner says of the same, and why they differ.
//!
//! ```text
//! case      a line of the file: graph, databases, targets, answers     history  a graph as sets
//! alembic   what Alembic does, as sets     tenon  what the planner is to do, as sets     planner  what it does
//! rules     the differences by name        compare  all of it, for a line
//! ```
//!
//! Each side is held to its own model in every question, whether they agree or not: so a rule explains a difference only where both do
//! exactly what is said of them.

pub(crate) mod alembic;
pub(crate) mod case;
pub(crate) mod compare;
pub(crate) mod history;
pub(crate) mod planner;
pub(crate) mod rules;
pub(crate) mod target;
pub(crate) mod tenon;

/// Why there are no steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// No such revision.
    Unknown,
    /// Several revisions begin so.
    Ambiguous,
    /// The revision is not of the branch before the `@`.
    NotOfBranch,
    /// No such branch.
    NoBranch,
    /// Nothing that a target can be.
    NoTarget,
    /// Several heads where one is meant.
    ManyHeads,
    /// Goals of which one needs the other.
    Overlap,
    /// The database is at several revisions, and one is to be counted from.
    SeveralPlaces,
    /// `head` or `base` of several plugins, and one is to be counted from.
    NeedsPlugin,
    /// A walk comes to where the way divides.
    Fork,
    /// A walk leads out of the history.
    TooFar,
    /// An upgrade that leads down, or a downgrade that leads up.
    WrongWay,
    /// `base` of a branch.
    BaseOfBranch,
    /// An upgrade to what is applied, with later ones.
    Passed,
    /// A downgrade to what is not applied.
    NotThere,
    /// Others stand on what would be undone.
    Dependents,
    /// An exception that Alembic does not expect.
    Traceback,
}
