//! A plugin's history: its revisions, and how one of them is found and run.

use crate::error::{Problem, Result};
use crate::operations::Operations;

/// A plugin's revisions, as [`migrations!`](crate::migrations) finds them.
pub type Migrations = &'static [Migration];

/// What applies or undoes a revision.
pub type Step = fn(&Operations) -> Result<()>;

/// One revision. [`migrations!`](crate::migrations) makes these out of files; by hand they are checked by the host alone.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub(crate) id: &'static str,
    pub(crate) message: &'static str,
    pub(crate) created: &'static str,
    pub(crate) down: &'static [&'static str],
    pub(crate) depends_on: &'static [&'static str],
    pub(crate) labels: &'static [&'static str],
    pub(crate) run_before: &'static [&'static str],
    upgrade: Step,
    pub(crate) downgrade: Downgrade,
}

/// The way back.
#[derive(Debug, Clone, Copy)]
pub enum Downgrade {
    /// There is one.
    By(Step),
    /// There is none, for this reason.
    Irreversible(&'static str),
}

impl Migration {
    /// A revision that starts from base. `created` is RFC 3339, and the clock of the step.
    pub const fn new(id: &'static str, created: &'static str, message: &'static str, upgrade: Step, downgrade: Downgrade) -> Self {
        Self { id, message, created, down: &[], depends_on: &[], labels: &[], run_before: &[], upgrade, downgrade }
    }

    /// Its parents within the plugin; two or more make it a merge.
    #[must_use]
    pub const fn down(mut self, down: &'static [&'static str]) -> Self {
        self.down = down;
        self
    }

    /// Revisions of required plugins (`plugin@revision`) that must be applied first.
    #[must_use]
    pub const fn depends_on(mut self, nodes: &'static [&'static str]) -> Self {
        self.depends_on = nodes;
        self
    }

    /// Names that targets may use instead of the id: `shop@side`, `side@head`.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    /// Revisions of other plugins (`plugin@revision`) that come after this one, where both are still to be applied.
    #[must_use]
    pub const fn run_before(mut self, nodes: &'static [&'static str]) -> Self {
        self.run_before = nodes;
        self
    }
}

/// Applies one revision.
pub(crate) fn upgrade(migrations: Migrations, id: &str) -> Result<()> {
    (find(migrations, id)?.upgrade)(&Operations::new(id))
}

/// Undoes one revision.
pub(crate) fn downgrade(migrations: Migrations, id: &str) -> Result<()> {
    match find(migrations, id)?.downgrade {
        Downgrade::By(step) => step(&Operations::new(id)),
        Downgrade::Irreversible(why) => Err(Problem::new(409, "irreversible", format!("revision {id} cannot be undone: {why}"))),
    }
}

fn find(migrations: Migrations, id: &str) -> Result<&'static Migration> {
    let unknown = || Problem::new(404, "unknown-revision", format!("this build of the plugin has no revision {id}"));
    migrations.iter().find(|migration| migration.id == id).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(op: &Operations) -> Result<()> {
        Err(Problem::conflict(op.revision()))
    }

    const MIGRATIONS: Migrations = &[
        Migration::new("a1", "2025-10-24T15:00:00Z", "One.", refuse, Downgrade::By(refuse)),
        Migration::new("b2", "2025-10-24T15:01:00Z", "Two.", refuse, Downgrade::Irreversible("rows are gone")).down(&["a1"]),
    ];

    #[test]
    fn a_step_learns_which_revision_it_runs_for() {
        assert_eq!(upgrade(MIGRATIONS, "b2").unwrap_err().detail, "b2");
        assert_eq!(downgrade(MIGRATIONS, "a1").unwrap_err().detail, "a1");
    }

    #[test]
    fn an_irreversible_revision_says_why_it_cannot_be_undone() {
        let problem = downgrade(MIGRATIONS, "b2").unwrap_err();
        assert_eq!((problem.code.as_str(), problem.detail.as_str()), ("irreversible", "revision b2 cannot be undone: rows are gone"));
    }

    #[test]
    fn a_revision_of_another_build_is_a_problem() {
        assert_eq!(upgrade(MIGRATIONS, "c3").unwrap_err().code, "unknown-revision");
    }
}
