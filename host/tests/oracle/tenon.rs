//! What the planner is to do, as sets, said without the planner.

use super::Why;
use super::history::{History, Set};
use super::target::{Direction, From, Point, Target};

type Told<T> = Result<T, Why>;

#[derive(Debug)]
pub(crate) struct Tenon<'a> {
    pub(crate) history: &'a History,
    /// In the order in which they were applied.
    pub(crate) ledger: &'a [usize],
    /// By revision: the number of its plugin, in the order of the names.
    pub(crate) plugins: &'a [usize],
}

/// What a target can mean.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Everything, or what is of one line with the revision that has the label.
    pub(crate) line: Set,
    /// Everything, or what is of that revision's plugin.
    pub(crate) plugin: Set,
}

/// Where a walk comes to.
enum Landing {
    On(usize),
    /// Base, just below it.
    Below(usize),
}

impl Tenon<'_> {
    /// The steps in order.
    pub(crate) fn plan(&self, direction: Direction, target: Target<'_>) -> Told<Vec<usize>> {
        match direction {
            Direction::Up => self.up(target),
            Direction::Down => {
                let undone = self.undone(target)?;
                let all = self.with_dependents(&undone);
                if undone == all { Ok(self.newest_first(&undone)) } else { Err(Why::Dependents) }
            }
        }
    }

    /// The steps of a downgrade that takes with it what stands on what it undoes.
    pub(crate) fn cascade(&self, target: Target<'_>) -> Told<Vec<usize>> {
        Ok(self.newest_first(&self.with_dependents(&self.undone(target)?)))
    }

    /// All that is not applied, in the order of a plan to all heads: of those that could come next, the first by plugin and id.
    fn to_come(&self) -> Vec<usize> {
        let mut left = &self.history.all() - &self.applied();
        let mut order = Vec::new();
        let ready = |left: &Set, revision: &usize| self.history.needs(*revision).is_disjoint(left);
        while let Some(next) = left.iter().copied().filter(|v| ready(&left, v)).min_by_key(|&v| (self.plugins[v], v)) {
            left.remove(&next);
            order.push(next);
        }
        order
    }

    fn up(&self, target: Target<'_>) -> Told<Vec<usize>> {
        let scope = self.scope(target)?;
        let heads = &self.history.heads() & &scope.line;
        match target.point {
            Point::Base => Err(Why::WrongWay),
            Point::Heads => Ok(self.needed(&heads)),
            Point::Head => {
                let mut plugins: Vec<usize> = heads.iter().map(|&head| self.plugins[head]).collect();
                plugins.sort_unstable();
                plugins.dedup();
                if plugins.len() == heads.len() { Ok(self.needed(&heads)) } else { Err(Why::ManyHeads) }
            }
            Point::Revision(text) => self.reach(self.find(text, &scope)?),
            Point::Counted(From::Here, steps) if steps < 0 => Err(Why::WrongWay),
            Point::Counted(From::Here, steps) => {
                let goals: Set = first(self.to_come().into_iter().filter(|revision| scope.line.contains(revision)), steps)?;
                Ok(self.needed(&goals))
            }
            Point::Counted(from, steps) => match self.walk(target.branch, from, steps, &scope, &self.history.all())? {
                Landing::On(revision) => self.reach(revision),
                Landing::Below(_) => Err(Why::WrongWay),
            },
        }
    }

    /// What a downgrade is asked to undo, without what stands on it elsewhere.
    fn undone(&self, target: Target<'_>) -> Told<Set> {
        let scope = self.scope(target)?;
        match target.point {
            Point::Head | Point::Heads => Err(Why::WrongWay),
            Point::Base => Ok(self.applied()),
            Point::Revision(text) => self.above(self.find(text, &scope)?, &scope),
            Point::Counted(From::Here, steps) if steps > 0 => Err(Why::WrongWay),
            Point::Counted(From::Here, steps) => {
                first(self.ledger.iter().rev().copied().filter(|revision| scope.line.contains(revision)), -steps)
            }
            Point::Counted(from, steps) => match self.walk(target.branch, from, steps, &scope, &self.applied())? {
                Landing::On(revision) => self.above(revision, &scope),
                Landing::Below(revision) => {
                    let mut undone = self.above(revision, &scope)?;
                    undone.insert(revision);
                    Ok(undone)
                }
            },
        }
    }

    pub(crate) fn scope(&self, Target { branch, point }: Target<'_>) -> Told<Scope> {
        let all = self.history.all();
        let Some(branch) = branch else { return Ok(Scope { line: all.clone(), plugin: all }) };
        match self.history.labelled(branch) {
            Some(_) if point == Point::Base => Err(Why::BaseOfBranch),
            Some(revision) => {
                let plugin = all.into_iter().filter(|&other| self.plugins[other] == self.plugins[revision]).collect();
                Ok(Scope { line: self.history.lineage(revision), plugin })
            }
            // What cannot be a plugin's name is no target at all.
            None if branch.starts_with(|first: char| first.is_ascii_lowercase()) => Err(Why::NoBranch),
            None => Err(Why::NoTarget),
        }
    }

    /// The revision of that id, or of that label, or the only one whose id begins so.
    pub(crate) fn find(&self, text: &str, scope: &Scope) -> Told<usize> {
        let exact = [self.history.with_id(text), self.history.labelled(text)];
        if let Some(revision) = exact.into_iter().flatten().find(|revision| scope.plugin.contains(revision)) {
            return Some(revision).filter(|revision| scope.line.contains(revision)).ok_or(Why::Unknown);
        }
        let mut found = scope.line.iter().filter(|&&revision| self.history.id(revision).starts_with(text));
        match (found.next(), found.next()) {
            (None, _) => Err(Why::Unknown),
            (Some(&revision), None) => Ok(revision),
            _ => Err(Why::Ambiguous),
        }
    }

    fn walk(&self, branch: Option<&str>, from: From<'_>, steps: i64, scope: &Scope, upwards_on: &Set) -> Told<Landing> {
        let several = branch.is_none() && self.plugins.iter().any(|&plugin| plugin != self.plugins[0]);
        let up = |from: &Set| only(&(&(from & &scope.line) & upwards_on));
        let (mut at, taken) = match from {
            From::Revision(text) => (self.find(text, scope)?, 0),
            From::Here | From::Head | From::Base if several => return Err(Why::NeedsPlugin),
            From::Here | From::Head => {
                let heads = &self.history.heads() & &scope.line;
                (*heads.first().filter(|_| heads.len() == 1).ok_or(Why::ManyHeads)?, 0)
            }
            From::Base => (up(&self.history.bases())?.ok_or(Why::TooFar)?, 1),
        };
        for step in taken..steps.abs() {
            let next = if steps > 0 { up(&self.history.children(at))? } else { only(self.history.parents(at))? };
            match next {
                Some(next) => at = next,
                None if steps < 0 && step == steps.abs() - 1 => return Ok(Landing::Below(at)),
                None => return Err(Why::TooFar),
            }
        }
        Ok(Landing::On(at))
    }

    /// Up to one revision; behind where its line stands nobody goes by an upgrade.
    fn reach(&self, revision: usize) -> Told<Vec<usize>> {
        let applied = self.applied();
        let passed = applied.contains(&revision) && !self.history.children(revision).is_disjoint(&applied);
        if passed { Err(Why::Passed) } else { Ok(self.needed(&Set::from([revision]))) }
    }

    fn above(&self, revision: usize, scope: &Scope) -> Told<Set> {
        if !self.applied().contains(&revision) {
            return Err(Why::NotThere);
        }
        let mut above = &(&self.history.descendants(revision) & &scope.line) & &self.applied();
        above.remove(&revision);
        Ok(above)
    }

    fn applied(&self) -> Set {
        self.ledger.iter().copied().collect()
    }

    fn needed(&self, goals: &Set) -> Vec<usize> {
        let needed = self.history.with_needs(goals.iter().copied());
        self.to_come().into_iter().filter(|revision| needed.contains(revision)).collect()
    }

    fn with_dependents(&self, undone: &Set) -> Set {
        &self.history.with_dependents(undone.iter().copied()) & &self.applied()
    }

    fn newest_first(&self, undone: &Set) -> Vec<usize> {
        self.ledger.iter().rev().copied().filter(|revision| undone.contains(revision)).collect()
    }
}

/// The first so many, if there are so many.
fn first(revisions: impl Iterator<Item = usize>, steps: i64) -> Told<Set> {
    let wanted = usize::try_from(steps).unwrap();
    let found: Set = revisions.take(wanted).collect();
    if found.len() == wanted { Ok(found) } else { Err(Why::TooFar) }
}

/// The only one, if there is one.
fn only(revisions: &Set) -> Told<Option<usize>> {
    if revisions.len() > 1 { Err(Why::Fork) } else { Ok(revisions.first().copied()) }
}
