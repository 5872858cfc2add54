//! Applies the steps of a plan: which of them share a transaction, and what becomes of them when one of those fails.
//!
//! A commit waits for the disk, and for a revision that makes a table it takes about as long as the revision itself. So revisions that only
//! make something new are committed together, as many as there is time for. The file is at a whole revision at every moment all the same.
//! When one of a group fails, the group is undone and its revisions are applied again, each alone: what came before the one that fails
//! stays, as if there had been no group. See `docs/decisions/0028-revisions-that-are-committed-together.md`.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::error::ServiceError;
use super::grants;
use super::host::Host;
use super::live::Live;
use super::load::{Plugin, PluginSet};
use super::replay::Replayed;
use super::state::State;
use super::step::StepError;
use super::transact::{self, Work};
use super::upgrade::{Options, Progress, Report, Taken, ledger_entry, micros};
use crate::migrate::Step;
use crate::model::{Name, Node, Operation};
use crate::runtime::Direction;
use crate::store::StorageError;

/// When revisions are committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Commits {
    /// Those that only make something new together, for up to 50 ms; each other alone.
    #[default]
    Grouped,
    /// Each alone.
    Each,
    /// All or none.
    All,
}

/// How long a group may have taken when it is committed. Others wait for the lock meanwhile, and a crash takes that much work with it.
const GROUP_TIME: Duration = Duration::from_millis(50);

/// How many revisions a group has at most.
const MOST_IN_GROUP: usize = 256;

/// What is to be done, and all that was known before it began.
#[derive(Clone, Copy)]
pub(super) struct Planned<'a> {
    /// The settings.
    pub host: &'a Host,
    /// Whose the steps are.
    pub set: &'a PluginSet,
    /// How it is to be done.
    pub options: &'a Options,
    /// In order.
    pub steps: &'a [Step],
    /// What each does on an empty database.
    pub replayed: &'a HashMap<Node, Replayed>,
}

/// The steps of a plan, under way.
pub(super) struct Run<'a> {
    planned: Planned<'a>,
    state: State,
    progress: &'a mut dyn Progress,
    /// How many steps were told to begin.
    told: usize,
    /// Each of the steps before this one alone: one of them failed in a group.
    alone_until: usize,
}

/// A group that was undone.
struct Failed {
    /// How many of its steps were begun.
    begun: usize,
    source: ServiceError,
}

impl<'a> Run<'a> {
    /// Begins with what the database holds.
    pub(super) fn new(planned: Planned<'a>, state: State, progress: &'a mut dyn Progress) -> Self {
        Self { planned, state, progress, told: 0, alone_until: 0 }
    }

    /// Applies them all; the report says which of them were committed.
    ///
    /// # Errors
    /// That of the step that failed.
    pub(super) fn apply(mut self, mut live: Live, report: &mut Report) -> Result<(), ServiceError> {
        let mut next = 0;
        while next < self.planned.steps.len() {
            let end = self.end_of_group(next);
            let (back, result) = self.together(live, next, end);
            live = back;
            match result {
                Ok((passed, taken)) => {
                    for taken in taken {
                        report.steps.push(taken);
                        self.progress.done();
                    }
                    next += passed;
                }
                Err(Failed { begun, .. }) if self.planned.options.commits == Commits::Grouped && begun > 1 => {
                    self.alone_until = next + begun
                }
                Err(Failed { source, .. }) => return Err(source),
            }
        }
        Ok(())
    }

    /// Where the group ends, at the latest, that begins with step `next`.
    fn end_of_group(&self, next: usize) -> usize {
        let is_alone =
            |at: &usize| *at < self.alone_until || !self.planned.replayed.get(self.planned.steps[*at].node()).is_some_and(only_makes);
        match self.planned.options.commits {
            Commits::All => self.planned.steps.len(),
            Commits::Each => next + 1,
            Commits::Grouped if is_alone(&next) => next + 1,
            Commits::Grouped => {
                let longest = self.planned.steps.len().min(next + MOST_IN_GROUP);
                (next + 1..longest).find(is_alone).unwrap_or(longest)
            }
        }
    }

    /// Applies steps in one transaction until there are no more or its time is over. Answers how many it passed, and which of them it took;
    /// another process may have taken the others.
    fn together(&mut self, mut live: Live, next: usize, end: usize) -> (Live, Result<(usize, Vec<Taken>), Failed>) {
        // With `-v`, what a command that says nothing more is waiting for.
        tracing::debug!(node = %self.planned.steps[next].node(), "taking the write lock");
        if let Err(error) = live.begin() {
            return (live, Err(Failed { begun: 1, source: error.into() }));
        }
        let began = Instant::now();
        let (mut passed, mut taken) = (0, Vec::new());
        while next + passed < end && (passed == 0 || self.planned.options.commits == Commits::All || began.elapsed() < GROUP_TIME) {
            let (back, result) = self.one(live, next + passed, passed == 0);
            live = back;
            passed += 1;
            match result {
                Ok(one) => taken.extend(one),
                Err(source) => {
                    live.end_quietly(());
                    return (live, Err(self.undone(taken, passed, source)));
                }
            }
        }
        let result = live.commit();
        match live.end_quietly(result) {
            Ok(()) => (live, Ok((passed, taken))),
            Err(error) => {
                let source = self.not_committed(&taken, error);
                (live, Err(self.undone(taken, passed, source)))
            }
        }
    }

    /// Takes one step in the transaction that is open; none when another process was faster. If it fails, the transaction is to be rolled back.
    fn one(&mut self, live: Live, at: usize, is_first: bool) -> (Live, Result<Option<Taken>, ServiceError>) {
        let Self { planned: Planned { host, set, options, steps, replayed }, ref mut state, ref mut progress, .. } = *self;
        let node = steps[at].node();
        let not_loaded = || ServiceError::NotLoaded { node: node.clone() };
        let (Some(plugin), Some(known)) = (set.plugins.get(&node.plugin), replayed.get(node)) else {
            return (live, Err(not_loaded()));
        };
        let line = state.line(node, "upgrade");
        let began = Instant::now();
        let permissions = match grants::live_permissions(&plugin.manifest, host.settings(), &live) {
            Ok(permissions) => permissions,
            Err(error) => return (live, Err(error)),
        };
        let work = Work {
            node,
            direction: Direction::Upgrade,
            manifest: &plugin.manifest,
            component: &plugin.component,
            permissions,
            drops: (!options.allow_destructive).then_some(&known.operations[..]),
        };
        let (told, total) = (&mut self.told, steps.len());
        let ready = |live: &mut Live, state: &mut State| {
            let ready = still_to_apply(live, state, set, node, is_first)?;
            if ready && *told <= at {
                *told = at + 1;
                progress.begin(&line, at + 1, total);
            }
            Ok(ready)
        };
        let keep = |live: &mut Live, state: &mut State| {
            let revision = plugin.manifest.revision(&node.revision).ok_or_else(not_loaded)?;
            if options.paranoid {
                live.require_whole_file()?;
            }
            let (entry, up) = ledger_entry(plugin, revision, known, Some(began.elapsed()));
            live.record(&entry, &up)?;
            live.archive(plugin)?;
            state.note_applied(node);
            Ok(())
        };
        let (live, result) = transact::within(live, state, work, ready, keep);
        (live, result.map(|done| done.then(|| Taken { line, duration_us: micros(began.elapsed()) })))
    }

    /// What was done in a transaction was rolled back.
    fn undone(&mut self, taken: Vec<Taken>, begun: usize, source: ServiceError) -> Failed {
        taken.iter().for_each(|taken| self.state.note_undone(&taken.line.revision));
        Failed { begun, source }
    }

    fn not_committed(&self, taken: &[Taken], error: StorageError) -> ServiceError {
        let plugin = |node: &Node| -> Option<&Plugin> { self.planned.set.plugins.get(&node.plugin) };
        match taken {
            [Taken { line, .. }] if let Some(plugin) = plugin(&line.revision) => {
                ServiceError::step(&line.revision, &plugin.manifest.version, Direction::Upgrade, StepError::Commit(error))
            }
            _ => error.into(),
        }
    }
}

/// Whether a revision does nothing but make tables and views, and what belongs to those.
fn only_makes(replayed: &Replayed) -> bool {
    let mut made: HashSet<&Name> = HashSet::new();
    replayed.operations.iter().all(|operation| match operation {
        Operation::CreateTable { table, .. } => {
            made.insert(&table.name);
            true
        }
        Operation::CreateView { view, .. } => {
            made.insert(&view.name);
            true
        }
        Operation::CreateIndex { table, .. } => made.contains(table),
        Operation::CreateTrigger { trigger, .. } => made.contains(&trigger.table),
        _ => false,
    })
}

/// Looks again, with the lock held: true when the revision is still to be applied and everything it needs still is. What others did is asked
/// by the first of a transaction alone: they wait as long as it is open.
fn still_to_apply(live: &mut Live, state: &mut State, set: &PluginSet, node: &Node, is_first: bool) -> Result<bool, ServiceError> {
    if is_first && live.changed_by_others()? {
        *state = State::read(live, set)?;
    }
    if state.is_applied(node) {
        return Ok(false);
    }
    state.require_ready(node)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::migrate::canonical::from_canonical_text;
    use crate::service::owner_changes::OwnerChanges;

    fn makes(operations: Value) -> bool {
        let operations = from_canonical_text(&operations.to_string()).unwrap();
        only_makes(&Replayed { operations, written: Vec::new(), passed_over: Vec::new(), owners: OwnerChanges::default() })
    }

    #[test]
    fn a_revision_that_reaches_what_was_there_before_it_is_committed_alone() {
        let table = json!({"operation": "create-table", "table": {"name": "t", "columns": [{"name": "a", "data-type": "integer", "nullable": true}],
            "primary-key": [], "foreign-keys": [], "uniques": [], "checks": [], "indexes": []}});
        let index = json!({"operation": "create-index", "table": "t", "index": {"name": "ix", "terms": [{"key": {"column": "a"}}], "unique": false}});
        assert!(makes(json!([])));
        assert!(makes(json!([table])));
        assert!(makes(json!([table, index])));
        assert!(!makes(json!([index])), "the table may have any number of rows");
        assert!(!makes(json!([table, {"operation": "execute", "sql": "INSERT INTO t VALUES (1)", "params": []}])));
        assert!(!makes(json!([table, {"operation": "drop-table", "name": "u"}])));
    }
}
