//! `tenon upgrade`: brings the database up to a target, one whole revision at a time.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use serde::Serialize;

pub use super::apply::Commits;
use super::apply::{Planned, Run};
use super::backup::{self, Backup, BackupTo};
use super::error::ServiceError;
use super::host::{Host, Opened};
pub use super::live::Copying;
use super::live::Live;
use super::load::{Plugin, Refusal};
use super::pending::{self, Proven};
use super::plan;
use super::replay::Replayed;
use super::settings::Settings;
use crate::migrate::{HeldBack, Target, canonical};
use crate::model::{ContentHash, Manifest, Node, PluginName, Revision};
use crate::store::ledger::Entry;

/// Is told how a run goes on, while it does.
pub trait Progress {
    /// The copy was made that was asked for; nothing was done yet. Told at once: who reads it may end the run in the midst of a step.
    fn backed_up(&mut self, backup: &Backup);
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
    /// What is committed together.
    pub commits: Commits,
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

    /// Copies the database, and says where it is, before anything is done to it.
    ///
    /// # Errors
    /// As for [`backup::make`].
    pub(super) fn back_up(
        &mut self,
        live: &Live,
        settings: &Settings,
        to: &BackupTo,
        progress: &mut dyn Progress,
    ) -> Result<(), ServiceError> {
        self.backup = backup::make(live, settings, to)?.map(Box::new);
        if let Some(backup) = &self.backup {
            progress.backed_up(backup);
        }
        Ok(())
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
/// A revision, its check and its ledger row are kept or lost together; a step that fails leaves the database as it was before it, and what
/// was applied before it stays, unless all were to be one.
///
/// # Errors
/// See [`ServiceError`]; the report says what had been done.
pub fn upgrade(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress) -> Result<Report, Interrupted> {
    let mut report = Report::default();
    match run(host, target, options, progress, &mut report) {
        Ok(()) => Ok(report),
        Err(source) => Err(Interrupted { report, source: Box::new(source) }),
    }
}

fn run(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress, report: &mut Report) -> Result<(), ServiceError> {
    host.require_folder()?;
    let Opened { mut live, books, files } = host.open(Live::open_to_plan)?;
    let (set, state) = host.load(&live, books, files)?;
    report.refused.clone_from(&set.refused);
    report.of.clone_from(&target.plugin);
    let Proven { steps, replayed } = pending::plan(host, &set, &state, target, report, None)?;
    let lost = plan::destructive(&mut live, &steps, &replayed)?;
    if !lost.is_empty() && !options.allow_destructive {
        return Err(ServiceError::Destructive(lost));
    }
    if !steps.is_empty() {
        if let Some(to) = &options.backup {
            report.back_up(&live, host.settings(), to, progress)?;
        }
        live = live.make(host.settings())?;
    }
    live.tell_copying(progress.copying());
    live.archive_missing(&set)?;
    let planned = Planned { host, set: &set, options, steps: &steps, replayed: &replayed };
    Run::new(planned, state, progress).apply(live, report)
}

/// A revision that was passed over, for a person.
pub fn describe_held_back(held: &HeldBack) -> String {
    format!("{} was held back: it needs {}", held.node, held.needs)
}

/// The ledger's row of a revision that a loaded plugin applies, and what it does, as canonical text.
pub fn ledger_entry(plugin: &Plugin, revision: &Revision, replayed: &Replayed, duration: Option<Duration>) -> (Entry, String) {
    let Manifest { name, version, requires, .. } = &plugin.manifest;
    let up = canonical::canonical_text(&replayed.operations);
    let entry = Entry {
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
        digest: ContentHash::of(up.as_bytes()),
    };
    (entry, up)
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
