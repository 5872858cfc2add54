//! `tenon upgrade`: brings the database up to a target, one whole revision at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use serde::Serialize;

use super::backup::{self, Backup, BackupTo};
use super::error::ServiceError;
use super::grants;
use super::host::Host;
pub use super::live::Copying;
use super::live::Live;
use super::load::{Plugin, PluginSet, Refusal};
use super::pending::{self, Proven};
use super::plan;
use super::replay::Replayed;
use super::state::State;
use super::transact::{Work, transact};
use crate::migrate::{HeldBack, Target, canonical};
use crate::model::{Manifest, Node, PluginName, Revision};
use crate::runtime::Direction;
use crate::store::ledger::Entry;

/// Is told how a run goes on, while it does.
pub trait Progress {
    /// A step begins: the `number`th (from 1) of `total`.
    fn begin(&mut self, line: &StepLine, number: usize, total: usize);
    /// The step that began is done and committed.
    fn done(&mut self);
    /// Where it wants to be told how far the copy of a table is.
    fn copying(&self) -> Arc<Copying> {
        Arc::default()
    }
}

/// What a person reads of a step.
#[derive(Debug, Clone, Serialize)]
pub struct StepLine {
    /// `upgrade` or `downgrade`.
    pub direction: &'static str,
    /// The revision.
    pub revision: Node,
    /// Its parents.
    pub parents: Vec<Node>,
    /// Its message.
    pub message: String,
}

/// A step that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// What was done.
    #[serde(flatten)]
    pub line: StepLine,
    /// How long it took, in microseconds.
    pub duration_us: u64,
}

/// How an upgrade is to be done.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Although rows, or values of a column, go with it.
    pub allow_destructive: bool,
    /// All steps or none.
    pub one_transaction: bool,
    /// Look at the whole file after each step.
    pub paranoid: bool,
    /// Copy the database first.
    pub backup: Option<BackupTo>,
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The copy that was made first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<Box<Backup>>,
    /// The steps taken, in order.
    pub steps: Vec<Taken>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
    /// Revisions that were passed over because they need a plugin that was left out.
    pub held_back: Vec<String>,
    /// The one plugin that was asked for, where it was one: what became of other files is nothing that this run owes.
    #[serde(skip)]
    pub of: Option<PluginName>,
}

impl Report {
    /// Whether everything that was asked for was done.
    pub fn is_complete(&self) -> bool {
        !self.refused.iter().any(|refusal| refusal.is_missed(self.of.as_ref())) && self.held_back.is_empty()
    }
}

/// A run that ended early: what had been done and committed until then, and why it ended.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct Interrupted {
    /// What was done; it stays.
    pub report: Report,
    /// Why the run ended.
    #[source]
    pub source: Box<ServiceError>,
}

/// Applies what lies between the database and `target`.
///
/// Each revision, its check and its ledger row are one transaction; a step that fails leaves the database as it was before it, and
/// what was applied before it stays, unless all were to be one.
///
/// # Errors
/// See [`ServiceError`]; the report says what had been done.
pub fn upgrade(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress) -> Result<Report, Interrupted> {
    let mut report = Report::default();
    match run(host, target, options, progress, &mut report) {
        Ok(()) => Ok(report),
        Err(source) => {
            if options.one_transaction {
                report.steps.clear();
            }
            Err(Interrupted { report, source: Box::new(source) })
        }
    }
}

fn run(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress, report: &mut Report) -> Result<(), ServiceError> {
    host.require_folder()?;
    let mut live = Live::open_to_plan(host.settings())?;
    let set = host.load(&live)?;
    report.refused.clone_from(&set.refused);
    report.of.clone_from(&target.plugin);
    let mut state = State::read(&live, &set)?;
    let Proven { steps, replayed } = pending::plan(host, &set, &state, target, report, None)?;
    let lost = plan::destructive(&steps, &replayed);
    if !lost.is_empty() && !options.allow_destructive {
        return Err(ServiceError::Destructive(lost));
    }
    if !steps.is_empty() {
        if let Some(backup) = &options.backup {
            report.backup = backup::make(&live, host.settings(), backup)?.map(Box::new);
        }
        live = live.make(host.settings())?;
    }
    live.tell_copying(progress.copying());
    live.archive_missing(&set)?;
    let (total, shared) = (steps.len(), options.one_transaction);
    if shared && total > 0 {
        live.begin()?;
    }
    for (number, step) in steps.iter().enumerate() {
        let node = step.node();
        let plugin = set.plugins.get(&node.plugin).ok_or_else(|| ServiceError::NotLoaded { node: node.clone() })?;
        let line = state.line(node, "upgrade");
        let began = Instant::now();
        let permissions = grants::live_permissions(&plugin.manifest, host.settings(), &state)?;
        let drops = (!options.allow_destructive).then_some(&replayed[node].operations[..]);
        let work = Work {
            node,
            direction: Direction::Upgrade,
            manifest: &plugin.manifest,
            component: &plugin.component,
            permissions,
            drops,
            shared,
        };
        let ready = |live: &mut Live, state: &mut State| {
            let ready = still_to_apply(live, state, &set, node)?;
            if ready {
                progress.begin(&line, number + 1, total);
            }
            Ok(ready)
        };
        let keep = |live: &mut Live, state: &mut State| {
            let revision = plugin.manifest.revision(&node.revision).ok_or_else(|| ServiceError::NotLoaded { node: node.clone() })?;
            if options.paranoid {
                live.require_whole_file()?;
            }
            live.record(&ledger_entry(plugin, revision, &replayed[node], Some(began.elapsed())))?;
            live.archive(plugin)?;
            state.note_applied(node);
            Ok(())
        };
        let (back, result) = transact(live, &mut state, work, ready, keep);
        live = back;
        if result? {
            report.steps.push(Taken { line, duration_us: micros(began.elapsed()) });
            progress.done();
        }
    }
    if shared && total > 0 { Ok(live.commit()?) } else { Ok(()) }
}

/// A revision that was passed over, for a person.
pub fn describe_held_back(held: &HeldBack) -> String {
    format!("{} was held back: it needs {}", held.node, held.needs)
}

/// The ledger's row of a revision that a loaded plugin applies.
pub fn ledger_entry(plugin: &Plugin, revision: &Revision, replayed: &Replayed, duration: Option<Duration>) -> Entry {
    let Manifest { name, version, requires, .. } = &plugin.manifest;
    Entry {
        plugin: name.clone(),
        revision: revision.id.clone(),
        plugin_version: version.clone(),
        parents: revision.down.clone(),
        depends_on: revision.depends_on.clone(),
        requires: requires.iter().map(|requirement| requirement.plugin.clone()).collect(),
        message: revision.message.clone(),
        created: revision.created,
        irreversible: revision.irreversible.clone(),
        applied_at: Utc::now(),
        duration,
        component: plugin.hash(),
        digest: replayed.digest(),
        up: canonical::canonical_text(&replayed.operations),
    }
}

/// Looks again, with the lock held: true when the revision is still to be applied and everything it needs still is.
fn still_to_apply(live: &mut Live, state: &mut State, set: &PluginSet, node: &Node) -> Result<bool, ServiceError> {
    if live.changed_by_others()? {
        *state = State::read(live, set)?;
    }
    if state.is_applied(node) {
        return Ok(false);
    }
    state.require_ready(node)?;
    Ok(true)
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
