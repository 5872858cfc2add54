//! `tenon downgrade`: undoes revisions, last applied first, with the component that applied them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

use super::backup::BackupTo;
use super::error::ServiceError;
use super::grants;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::{PluginSet, causes};
use super::pending::proven;
use super::replay::{self, Mode, Replayed};
use super::state::{State, history_of};
use super::transact::{self, Work};
use super::upgrade::{Interrupted, Progress, Report, Taken, micros};
use crate::migrate::{PlanError, Step, Target, plan_downgrade};
use crate::model::{ContentHash, Manifest, Node, PluginName};
use crate::runtime::{Component, Direction};
use crate::store::ledger::{Entry, Sequence};

/// What a downgrade may and should do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Undo also what depends on what is undone.
    pub cascade: bool,
    /// Copy the database before anything is done to it.
    pub backup: Option<BackupTo>,
}

/// Undoes what lies between the database and `target`.
///
/// Works without the plugin's file: the component that applied a revision is in the database's archive.
///
/// # Errors
/// See [`ServiceError`]; the report says what had been done.
pub fn downgrade(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress) -> Result<Report, Interrupted> {
    let mut report = Report::default();
    match run(host, target, options, progress, &mut report) {
        Ok(()) => Ok(report),
        Err(source) => Err(Interrupted { report, source: Box::new(source) }),
    }
}

fn run(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress, report: &mut Report) -> Result<(), ServiceError> {
    let Opened { mut live, books, files } = host.open(Live::open_to_plan)?;
    // A refused file does not stand in the way of going back; the archive has what is needed.
    let set = host.load_if_there(files, &books.owners);
    let mut state = State::of(books.entries, &set)?;
    let steps = plan_downgrade(&state.graph, &state.applied, target, options.cascade)?.steps;
    let mut known: HashSet<LedgerRow> = state.entries.iter().map(row).collect();
    let mut choice = Choice::new(host, &set);
    let code = steps.iter().map(|step| choice.way_back(&live, &state, step.node())).collect::<Result<Vec<_>, _>>()?;
    if let (Some(to), false) = (&options.backup, steps.is_empty()) {
        report.back_up(&live, host.settings(), to, progress)?;
    }
    live.tell_copying(progress.copying());
    live.archive_missing(&set)?;
    let total = steps.len();
    for (number, (step, code)) in steps.iter().zip(code).enumerate() {
        let node = step.node();
        let line = state.line(node, "downgrade");
        let began = Instant::now();
        let permissions = grants::live_permissions(&code.manifest, host.settings(), &live)?;
        let work =
            Work { node, direction: Direction::Downgrade, manifest: &code.manifest, component: &code.component, permissions, drops: None };
        let ready = |live: &mut Live, state: &mut State| {
            let ready = still_to_undo(live, state, &set, &mut known, node)?;
            if ready {
                progress.begin(&line, number + 1, total);
            }
            Ok(ready)
        };
        let keep = |live: &mut Live, state: &mut State| {
            live.forget(node)?;
            state.note_undone(node);
            Ok(())
        };
        let (back, result) = transact::alone(live, &mut state, work, ready, keep);
        live = back;
        if result? {
            known.retain(|(_, undone, ..)| undone != node);
            report.steps.push(Taken { line, duration_us: micros(began.elapsed()) });
            progress.done();
        }
    }
    if report.steps.is_empty() { Ok(()) } else { live.prune_archive() }
}

/// What tells an applied revision from the same one, undone and applied anew: its place, and what applied it.
type LedgerRow = (Sequence, Node, ContentHash, ContentHash);

fn row((seq, entry): &(Sequence, Entry)) -> LedgerRow {
    (*seq, entry.node(), entry.component, entry.digest)
}

/// Looks again, with the lock held: true when the revision is still applied, and nothing is that was not at the last look. What is gone is
/// `known` no more: who applies it anew may give it the very number that it had.
fn still_to_undo(
    live: &mut Live,
    state: &mut State,
    set: &PluginSet,
    known: &mut HashSet<LedgerRow>,
    node: &Node,
) -> Result<bool, ServiceError> {
    if live.changed_by_others()? {
        *state = State::read(live, set)?;
        // What was applied meanwhile may stand on what is about to go; what was applied anew, perhaps by another file, is not what the
        // component at hand was chosen for. Both are for a new plan to weigh.
        let now: HashSet<LedgerRow> = state.entries.iter().map(row).collect();
        if !now.is_subset(known) {
            return Err(ServiceError::ChangedMeanwhile { node: node.clone() });
        }
        *known = now;
    }
    Ok(state.is_applied(node))
}

/// A component and what it says of itself.
#[derive(Debug)]
pub struct Code {
    /// What it says of itself.
    pub manifest: Manifest,
    /// What runs.
    pub component: Component,
}

impl Code {
    /// That the component has a way back from the revision. Its word counts, for it would have to go it.
    ///
    /// # Errors
    /// [`PlanError::Irreversible`].
    pub fn require_way_back(&self, node: &Node) -> Result<(), PlanError> {
        let reason = self.manifest.revision(&node.revision).and_then(|revision| revision.irreversible.clone());
        reason.map_or(Ok(()), |reason| Err(PlanError::Irreversible { node: node.clone(), reason }))
    }
}

/// Which component undoes a revision: the one that applied it, unless the loaded one applies it the same way, so that a mended
/// downgrade can be shipped.
#[derive(Debug)]
pub struct Choice<'a> {
    host: &'a Host,
    set: &'a PluginSet,
    /// The components chosen so far, by hash: many revisions share few.
    code: HashMap<ContentHash, Rc<Code>>,
    /// What the loaded components do, as far as that was asked; the first step of a run asks for all that lie under it.
    digests: HashMap<Node, ContentHash>,
    /// Plugins whose loaded components cannot be replayed.
    failed: HashSet<PluginName>,
}

impl<'a> Choice<'a> {
    /// Begins with the loaded plugins.
    pub fn new(host: &'a Host, set: &'a PluginSet) -> Self {
        Self { host, set, code: HashMap::new(), digests: HashMap::new(), failed: HashSet::new() }
    }

    /// The component that undoes a revision, and can.
    ///
    /// # Errors
    /// As [`Choice::code_for`], and [`PlanError::Irreversible`].
    pub fn way_back(&mut self, live: &Live, state: &State, node: &Node) -> Result<Rc<Code>, ServiceError> {
        let code = self.code_for(live, state, node)?;
        code.require_way_back(node)?;
        Ok(code)
    }

    /// The component that undoes a revision, or would.
    ///
    /// # Errors
    /// [`ServiceError::NotArchived`] and [`ServiceError::ArchiveUnusable`].
    pub fn code_for(&mut self, live: &Live, state: &State, node: &Node) -> Result<Rc<Code>, ServiceError> {
        let entry = state.entry(node).ok_or_else(|| ServiceError::ChangedMeanwhile { node: node.clone() })?;
        if let Some(plugin) = self.set.plugins.get(&node.plugin)
            && (plugin.hash() == entry.component || self.applies_the_same(state, node, entry.digest))
        {
            let code = || Rc::new(Code { manifest: plugin.manifest.clone(), component: plugin.component.clone() });
            return Ok(Rc::clone(self.code.entry(plugin.hash()).or_insert_with(code)));
        }
        let unusable = |reason: String| ServiceError::ArchiveUnusable { node: node.clone(), reason };
        let code = match self.code.get(&entry.component) {
            Some(code) => Rc::clone(code),
            None => {
                let wasm = live.archived(entry.component)?.ok_or_else(|| ServiceError::NotArchived { node: node.clone() })?;
                let component = self.host.runtime().load(&wasm).map_err(|error| unusable(causes(&error)))?;
                let manifest = component.describe().map_err(|error| unusable(causes(&error)))?;
                let component = self.host.limited(&component, &manifest.name);
                Rc::new(Code { manifest, component })
            }
        };
        if code.manifest.revision(&node.revision).is_none() {
            return Err(unusable("does not have the revision".to_owned()));
        }
        Ok(Rc::clone(self.code.entry(entry.component).or_insert(code)))
    }

    /// Whether the loaded component's replay of the revision has the digest that the ledger has. One that cannot be replayed does not.
    fn applies_the_same(&mut self, state: &State, node: &Node, digest: ContentHash) -> bool {
        if self.set.plugins.get(&node.plugin).is_none_or(|plugin| plugin.manifest.revision(&node.revision).is_none()) {
            return false;
        }
        if let Some(proven) = proven(self.set, node) {
            return proven.digest() == digest;
        }
        if !self.digests.contains_key(node)
            && !self.failed.contains(&node.plugin)
            && let Err(error) = self.replay(state, node)
        {
            tracing::debug!(%node, error = &error as &dyn std::error::Error, "the loaded component cannot replay the revision; the archived one runs");
            self.failed.insert(node.plugin.clone());
        }
        self.digests.get(node) == Some(&digest)
    }

    /// Learns what the loaded components do up to a revision.
    fn replay(&mut self, state: &State, node: &Node) -> Result<(), ServiceError> {
        let history = history_of(&state.graph, self.set, &[Step::Upgrade(node.clone())])?;
        let steps: Vec<Step> = history.into_iter().map(Step::Upgrade).collect();
        let replayed = replay::replay(self.host.settings(), &replay::upgrades(self.set, &steps, |_| Mode::Online)?, None)?;
        self.digests.extend(steps.iter().map(|step| step.node().clone()).zip(replayed.iter().map(Replayed::digest)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::settings::{Overrides, Settings};
    use crate::store::ledger;
    use crate::store::{Database, Mode};

    fn entry(revision: &str, parents: &[&str]) -> Entry {
        Entry {
            plugin: "shop".parse().unwrap(),
            revision: revision.parse().unwrap(),
            plugin_version: "1.0.0".parse().unwrap(),
            parents: parents.iter().map(|parent| parent.parse().unwrap()).collect(),
            depends_on: Vec::new(),
            requires: Vec::new(),
            message: "One.".into(),
            created: "2025-10-24T15:00:00Z".parse().unwrap(),
            irreversible: None,
            applied_at: "2025-10-25T15:00:00Z".parse().unwrap(),
            duration: None,
            component: ContentHash::of(b"component"),
            digest: ContentHash::of(b"[]"),
        }
    }

    #[test]
    fn what_was_undone_and_applied_anew_with_the_same_number_is_not_what_was_planned_for() {
        let folder = tempfile::tempdir().unwrap();
        let database = Some(format!("sqlite:{}", folder.path().join("tenon.db").display()));
        let settings = Settings::read(Overrides { database, plugins_folder: None, config: None }).unwrap();
        let (first, second) = (entry("aa", &[]), entry("bb", &["aa"]));
        let mut live = Live::open(&settings).unwrap();
        live.prepare().unwrap();
        live.record(&first, "[]").unwrap();
        let seq = live.record(&second, "[]").unwrap();
        let set = PluginSet::default();
        let mut state = State::read(&live, &set).unwrap();
        let mut known: HashSet<LedgerRow> = state.entries.iter().map(row).collect();
        let mut other = Database::open(&settings.database, Mode::ReadWrite, std::time::Duration::ZERO).unwrap();
        // Another process undoes the second, then a third applies it again, each between two looks of this one.
        ledger::remove(&mut other, &second.node()).unwrap();
        assert!(!still_to_undo(&mut live, &mut state, &set, &mut known, &second.node()).unwrap());
        assert_eq!(ledger::record(&mut other, &second, "[]").unwrap(), seq);
        let looked = still_to_undo(&mut live, &mut state, &set, &mut known, &first.node());
        assert!(matches!(looked, Err(ServiceError::ChangedMeanwhile { .. })), "the second stands on the first: {looked:?}");
    }
}
