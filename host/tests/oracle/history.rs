//! A revision graph as sets: what both models read. No planner's code is used, and nothing here is fast.

use std::collections::BTreeSet;

use super::case::Drawn;

/// Revisions, by their number.
pub(crate) type Set = BTreeSet<usize>;

/// A graph without cycles. Revisions are numbered in the order of their ids.
#[derive(Debug)]
pub(crate) struct History {
    revisions: Vec<Drawn>,
    parents: Vec<Set>,
    depends_on: Vec<Set>,
}

impl History {
    pub(crate) fn of(revisions: &[Drawn]) -> Self {
        let mut revisions = revisions.to_vec();
        revisions.sort_by(|a, b| a.id.cmp(&b.id));
        let numbers = |ids: &[String]| ids.iter().map(|id| revisions.iter().position(|known| &known.id == id).unwrap()).collect();
        let parents = revisions.iter().map(|revision| numbers(&revision.parents)).collect();
        let depends_on = revisions.iter().map(|revision| numbers(&revision.depends_on)).collect();
        Self { revisions, parents, depends_on }
    }

    pub(crate) fn all(&self) -> Set {
        (0..self.revisions.len()).collect()
    }

    pub(crate) fn id(&self, revision: usize) -> &str {
        &self.revisions[revision].id
    }

    pub(crate) fn labels(&self, revision: usize) -> &[String] {
        &self.revisions[revision].labels
    }

    /// The revision of exactly that id.
    pub(crate) fn with_id(&self, text: &str) -> Option<usize> {
        self.revisions.iter().position(|revision| revision.id == text)
    }

    pub(crate) fn labelled(&self, text: &str) -> Option<usize> {
        self.revisions.iter().position(|revision| revision.labels.iter().any(|label| label == text))
    }

    pub(crate) fn parents(&self, revision: usize) -> &Set {
        &self.parents[revision]
    }

    /// Parents and what it depends on.
    pub(crate) fn needs(&self, revision: usize) -> Set {
        &self.parents[revision] | &self.depends_on[revision]
    }

    pub(crate) fn children(&self, revision: usize) -> Set {
        self.all().into_iter().filter(|&other| self.parents[other].contains(&revision)).collect()
    }

    pub(crate) fn needed_by(&self, revision: usize) -> Set {
        self.all().into_iter().filter(|&other| self.needs(other).contains(&revision)).collect()
    }

    /// What Alembic calls its immediate down revisions: dependencies are left out that an ancestor has as well.
    pub(crate) fn down(&self, revision: usize) -> Set {
        let of_ancestors: Set =
            self.ancestors(revision).into_iter().filter(|&a| a != revision).flat_map(|a| &self.depends_on[a]).copied().collect();
        &self.parents[revision] | &(&self.depends_on[revision] - &of_ancestors)
    }

    /// By parents, and itself.
    pub(crate) fn ancestors(&self, revision: usize) -> Set {
        closed([revision], |revision| self.parents[revision].clone())
    }

    /// By parents, and itself.
    pub(crate) fn descendants(&self, revision: usize) -> Set {
        closed([revision], |revision| self.children(revision))
    }

    /// Ancestors and descendants.
    pub(crate) fn lineage(&self, revision: usize) -> Set {
        &self.ancestors(revision) | &self.descendants(revision)
    }

    /// These and all that they need.
    pub(crate) fn with_needs(&self, revisions: impl IntoIterator<Item = usize>) -> Set {
        closed(revisions, |revision| self.needs(revision))
    }

    /// These and all that needs them.
    pub(crate) fn with_dependents(&self, revisions: impl IntoIterator<Item = usize>) -> Set {
        closed(revisions, |revision| self.needed_by(revision))
    }

    pub(crate) fn bases(&self) -> Set {
        self.all().into_iter().filter(|&revision| self.parents[revision].is_empty()).collect()
    }

    /// No revision's parents.
    pub(crate) fn heads(&self) -> Set {
        self.all().into_iter().filter(|&revision| self.children(revision).is_empty()).collect()
    }

    /// Those of them that none of them needs.
    pub(crate) fn tips(&self, among: &Set) -> Set {
        among.iter().copied().filter(|&revision| self.needed_by(revision).is_disjoint(among)).collect()
    }

    /// Whether each stands behind all of them that it needs, directly or through others.
    pub(crate) fn is_order(&self, steps: &[usize]) -> bool {
        steps.iter().enumerate().all(|(at, &step)| self.with_needs([step]).is_disjoint(&steps[at + 1..].iter().copied().collect()))
    }

    /// Whether this order is the only one: each needs the one before it.
    pub(crate) fn is_only_order(&self, steps: &[usize]) -> bool {
        steps.windows(2).all(|pair| self.with_needs([pair[1]]).contains(&pair[0]))
    }
}

/// What can be reached, with where it begins.
fn closed(from: impl IntoIterator<Item = usize>, next: impl Fn(usize) -> Set) -> Set {
    let (mut found, mut open) = (Set::new(), Vec::from_iter(from));
    while let Some(revision) = open.pop() {
        if found.insert(revision) {
            open.extend(next(revision));
        }
    }
    found
}
