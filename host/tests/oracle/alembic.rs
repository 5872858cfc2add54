//! What Alembic does, as sets. Not a wish: every line of it is held to Alembic's own answers.

use super::Why;
use super::history::{History, Set};
use super::target::{Direction, From, Point, Target};

type Told<T> = Result<T, Why>;

/// A partial id is looked for among those that are longer than this.
const TOO_SHORT: usize = 3;

#[derive(Debug)]
pub(crate) struct Alembic<'a> {
    pub(crate) history: &'a History,
    pub(crate) applied: &'a Set,
}

impl Alembic<'_> {
    pub(crate) fn plan(&self, direction: Direction, target: Target<'_>) -> Told<Set> {
        match direction {
            Direction::Up => Ok(&self.history.with_needs(self.goals(target)?) - self.applied),
            Direction::Down => self.down(target),
        }
    }

    /// Where an upgrade goes.
    fn goals(&self, Target { branch, point }: Target<'_>) -> Told<Set> {
        let one = |revision| Set::from([revision]);
        match point {
            // Whatever branch is said, known or not.
            Point::Base => Ok(Set::new()),
            Point::Head => self.head(branch).map(one),
            Point::Heads => match branch {
                None => Ok(self.history.tips(&self.history.all())),
                Some(branch) => self.without_overlap(self.within(&self.history.heads(), branch)?),
            },
            Point::Revision(text) => self.revision(text, branch).map(one),
            Point::Counted(From::Here, steps) if steps < 0 => Err(Why::WrongWay),
            Point::Counted(From::Here, steps) => self.walk_up(self.place(branch)?, steps, branch).map(one),
            // What leads nowhere ends in an assertion.
            Point::Counted(from, steps) if steps > 0 => match self.walk_up(self.anchor(from, None)?, steps, branch) {
                Err(Why::TooFar) => Err(Why::Traceback),
                told => told.map(one),
            },
            Point::Counted(from, steps) => match self.anchor(from, branch)?.map(|start| self.walk_down(start, -steps)) {
                Some(Ok(Some(revision))) => Ok(one(revision)),
                Some(Err(Why::Fork)) => Err(Why::Fork),
                _ => Err(Why::Traceback),
            },
        }
    }

    /// What a downgrade undoes.
    fn down(&self, target: Target<'_>) -> Told<Set> {
        let history = self.history;
        let rows = history.tips(self.applied);
        let mut branch = target.branch;
        let to = match target.point {
            Point::Base => None,
            // The branch is not asked.
            Point::Head => Some(self.head(None)?),
            Point::Heads => Some(only(&history.tips(&history.all()), Why::ManyHeads)?.ok_or(Why::Unknown)?),
            Point::Revision(text) => Some(self.revision(text, None)?),
            Point::Counted(From::Here, steps) if steps > 0 => return Err(Why::WrongWay),
            Point::Counted(From::Here, steps) => {
                let start = match target.branch {
                    Some(name) => self.place_of(name, &rows)?,
                    // Of several rows it takes the first and warns.
                    None => *rows.first().ok_or(Why::TooFar)?,
                };
                branch = branch.or(Some(history.id(start)));
                self.walk_down(start, -steps)?
            }
            Point::Counted(from, steps) if steps > 0 => Some(self.walk_up(self.anchor(from, None)?, steps, branch)?),
            Point::Counted(from, steps) => match self.anchor(from, branch)? {
                Some(start) => self.walk_down(start, -steps)?,
                None => return Err(Why::TooFar),
            },
        };
        let mut roots = to.map_or_else(|| history.bases(), |revision| history.children(revision));
        // A labelled first revision is counted once more for each label.
        let counted = roots.len() + if to.is_none() { roots.iter().map(|&root| history.labels(root).len()).sum() } else { 0 };
        if let Some(branch) = branch.filter(|_| counted > 1) {
            roots = &roots & &history.ancestors(self.branch(branch)?);
            if roots.is_empty() {
                return Err(Why::NotOfBranch);
            }
        }
        let undone = &history.with_dependents(roots) & self.applied;
        let nowhere = undone.is_empty() && to.is_some_and(|revision| !rows.contains(&revision));
        if nowhere { Err(Why::NotThere) } else { Ok(undone) }
    }

    /// A branch is named by a label, an id, or the beginning of one.
    pub(crate) fn branch(&self, name: &str) -> Told<usize> {
        self.revision(name, None)
    }

    /// The revision of that id or label, or the only one whose id or label begins so.
    pub(crate) fn revision(&self, text: &str, branch: Option<&str>) -> Told<usize> {
        let history = self.history;
        let lineage = branch.map(|branch| self.branch(branch).map(|branch| history.lineage(branch))).transpose()?;
        let is_in = |revision: &usize| lineage.as_ref().is_none_or(|lineage| lineage.contains(revision));
        if let Some(revision) = history.with_id(text).or_else(|| history.labelled(text)) {
            return Some(revision).filter(is_in).ok_or(Why::NotOfBranch);
        }
        let begins = |key: &&str| key.len() > TOO_SHORT && key.starts_with(text);
        let keys = |revision| std::iter::once(history.id(revision)).chain(history.labels(revision).iter().map(String::as_str));
        let found: Vec<usize> =
            history.all().into_iter().filter(is_in).flat_map(|revision| keys(revision).filter(begins).map(move |_| revision)).collect();
        match found[..] {
            [] => Err(Why::Unknown),
            [revision] => Ok(revision),
            _ => Err(Why::Ambiguous),
        }
    }

    /// Those of them that are of the branch. Where there are none of them the branch is not looked for.
    fn within(&self, revisions: &Set, branch: &str) -> Told<Set> {
        if revisions.is_empty() { Ok(Set::new()) } else { Ok(revisions & &self.history.lineage(self.branch(branch)?)) }
    }

    fn head(&self, branch: Option<&str>) -> Told<usize> {
        let heads = self.history.heads();
        let heads = branch.map_or(Ok(heads.clone()), |branch| self.within(&heads, branch))?;
        only(&heads, Why::ManyHeads)?.ok_or(Why::Unknown)
    }

    /// Goals of which one needs another are refused.
    fn without_overlap(&self, goals: Set) -> Told<Set> {
        let overlap = goals.iter().any(|&goal| self.history.with_needs([goal]).intersection(&goals).count() > 1);
        if overlap { Err(Why::Overlap) } else { Ok(goals) }
    }

    /// Where `+1` is counted from; none is base.
    fn place(&self, branch: Option<&str>) -> Told<Option<usize>> {
        let history = self.history;
        let rows = history.tips(self.applied);
        let Some(branch) = branch else { return only(&rows, Why::SeveralPlaces) };
        let of_branch = self.within(&rows, branch)?;
        if !of_branch.is_empty() {
            return only(&of_branch, Why::SeveralPlaces);
        }
        let active = self.within(self.applied, branch)?;
        let below: Set = active.iter().flat_map(|&revision| history.down(revision)).collect();
        only(&(&active - &below), Why::SeveralPlaces)
    }

    /// Where `branch@-1` is counted from.
    fn place_of(&self, branch: &str, rows: &Set) -> Told<usize> {
        let mut places = self.within(rows, branch)?;
        if places.is_empty() {
            let childless = |revision: &usize| self.history.children(*revision).is_disjoint(self.applied);
            places = self.within(&self.applied.iter().copied().filter(childless).collect(), branch)?;
        }
        only(&places, Why::Traceback)?.ok_or(Why::Traceback)
    }

    /// None is base.
    fn anchor(&self, from: From<'_>, branch: Option<&str>) -> Told<Option<usize>> {
        match from {
            From::Head => self.head(branch).map(Some),
            From::Revision(text) => self.revision(text, branch).map(Some),
            From::Base | From::Here => Ok(None),
        }
    }

    fn walk_up(&self, start: Option<usize>, steps: i64, branch: Option<&str>) -> Told<usize> {
        let mut at = start;
        for _ in 0..steps {
            let next = at.map_or_else(|| self.history.bases(), |revision| self.history.children(revision));
            let next = branch.map_or(Ok(next.clone()), |branch| self.within(&next, branch))?;
            at = Some(only(&next, Why::Fork)?.ok_or(Why::TooFar)?);
        }
        at.ok_or(Why::TooFar)
    }

    /// None is base.
    fn walk_down(&self, start: usize, steps: i64) -> Told<Option<usize>> {
        let mut at = Some(start);
        for _ in 0..steps {
            at = only(self.history.parents(at.ok_or(Why::TooFar)?), Why::Fork)?;
        }
        Ok(at)
    }
}

/// The only one, if there is one.
fn only(revisions: &Set, several: Why) -> Told<Option<usize>> {
    if revisions.len() > 1 { Err(several) } else { Ok(revisions.first().copied()) }
}
