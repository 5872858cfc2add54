//! `tenon downgrade`: undoes revisions, last applied first, with the component that applied them.

use std::time::Instant;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, causes};
use super::replay::{self, Mode};
use super::state::{State, history_of};
use super::step;
use super::upgrade::{Interrupted, Progress, Report, Taken, micros};
use crate::migrate::dialect::SQLITE;
use crate::migrate::executor::{Executor, Permissions};
use crate::migrate::{Step, Target, plan_downgrade};
use crate::model::{ContentHash, Manifest, Node};
use crate::runtime::{Component, Direction};

/// Undoes what lies between the database and `target`; with `cascade` also what depends on it.
///
/// Works without the plugin's file: the component that applied a revision is in the database's archive.
///
/// # Errors
/// See [`ServiceError`]; the report says what had been done.
pub fn downgrade(host: &Host, target: &Target, cascade: bool, progress: &mut dyn Progress) -> Result<Report, Interrupted> {
    let mut report = Report::default();
    match run(host, target, cascade, progress, &mut report) {
        Ok(()) => Ok(report),
        Err(source) => Err(Interrupted { report, source: Box::new(source) }),
    }
}

fn run(host: &Host, target: &Target, cascade: bool, progress: &mut dyn Progress, report: &mut Report) -> Result<(), ServiceError> {
    let mut live = Live::open(host.settings())?;
    live.prepare()?;
    // A refused file does not stand in the way of going back; the archive has what is needed.
    let set = host.load_if_there(&live.owners()?)?;
    let mut state = State::read(&live, &set)?;
    let steps = plan_downgrade(&state.graph, &state.applied, target, cascade)?.steps;
    live.archive_missing(&set)?;
    let mut choice = Choice::new(host, &set);
    let total = steps.len();
    for (number, step) in steps.iter().enumerate() {
        let node = step.node();
        let line = state.line(node, "downgrade");
        let began = Instant::now();
        let (manifest, component) = choice.component_for(&live, &state, node)?;
        let mut begin = || progress.begin(&line, number + 1, total);
        let (back, result) = undo(live, &mut state, &set, (&manifest, &component), node, &mut begin);
        live = back;
        if result? {
            report.steps.push(Taken { line, duration_us: micros(began.elapsed()) });
            progress.done();
        }
    }
    Ok(())
}

/// Undoes one revision in a transaction of its own. Answers whether it did: another process may have been faster. `begun` is called when
/// it is certain that this one does it.
fn undo(
    mut live: Live,
    state: &mut State,
    set: &PluginSet,
    (manifest, component): (&Manifest, &Component),
    node: &Node,
    begun: &mut dyn FnMut(),
) -> (Live, Result<bool, ServiceError>) {
    match begin(&mut live, state, set, node) {
        Ok(true) => begun(),
        other => {
            let other = live.end_quietly(other);
            return (live, other);
        }
    }
    let Some(revision) = manifest.revision(&node.revision) else {
        let reason = "does not have the revision".to_owned();
        let unusable = live.end_quietly(Err(ServiceError::ArchiveUnusable { node: node.clone(), reason }));
        return (live, unusable);
    };
    let executor = Executor::new(live, Permissions::of(manifest), &SQLITE, false).without_record();
    let (mut live, result) = step::run(component, replay::guest_step(manifest, revision, Direction::Downgrade), executor);
    let recorded = result.map_err(|source| ServiceError::step(node, &manifest.version, "downgrade", source)).and_then(|_no_record| {
        live.forget(node)?;
        live.commit()?;
        state.note_undone(node);
        Ok(true)
    });
    let recorded = live.end_quietly(recorded);
    (live, recorded)
}

/// Takes the database's lock and looks again: true when the revision is still applied and nothing new stands on it.
fn begin(live: &mut Live, state: &mut State, set: &PluginSet, node: &Node) -> Result<bool, ServiceError> {
    live.begin()?;
    if live.changed_by_others()? {
        let before: Vec<Node> = state.entries.iter().map(|(_, entry)| entry.node()).collect();
        *state = State::read(live, set)?;
        // Whatever was applied meanwhile may stand on what is about to go: that is for a new plan to weigh.
        if state.entries.iter().any(|(_, entry)| !before.contains(&entry.node())) {
            return Err(ServiceError::ChangedMeanwhile { node: node.clone() });
        }
    }
    Ok(state.is_applied(node))
}

/// Which component undoes a revision: the one that applied it, unless the loaded one applies it the same way, so that a mended
/// downgrade can be shipped.
#[derive(Debug)]
pub struct Choice<'a> {
    host: &'a Host,
    set: &'a PluginSet,
    /// The archived component looked at last; consecutive steps mostly share it.
    last: Option<(ContentHash, Manifest, Component)>,
}

impl<'a> Choice<'a> {
    /// Begins with the loaded plugins.
    pub fn new(host: &'a Host, set: &'a PluginSet) -> Self {
        Self { host, set, last: None }
    }

    /// The component that undoes a revision.
    ///
    /// # Errors
    /// [`ServiceError::NotArchived`] and [`ServiceError::ArchiveUnusable`].
    pub fn component_for(&mut self, live: &Live, state: &State, node: &Node) -> Result<(Manifest, Component), ServiceError> {
        let entry = state.entry(node).ok_or_else(|| ServiceError::ChangedMeanwhile { node: node.clone() })?;
        if let Some(plugin) = self.set.plugins.get(&node.plugin)
            && (plugin.hash() == entry.component || self.applies_the_same(state, node, entry.digest))
        {
            return Ok((plugin.manifest.clone(), plugin.component.clone()));
        }
        if let Some((hash, manifest, component)) = &self.last
            && *hash == entry.component
        {
            return Ok((manifest.clone(), component.clone()));
        }
        let wasm = live.archived(entry.component)?.ok_or_else(|| ServiceError::NotArchived { node: node.clone() })?;
        let unusable = |reason: String| ServiceError::ArchiveUnusable { node: node.clone(), reason };
        let component = self.host.runtime().load(&wasm).map_err(|error| unusable(causes(&error)))?;
        let manifest = component.describe().map_err(|error| unusable(causes(&error)))?;
        self.last = Some((entry.component, manifest.clone(), component.clone()));
        Ok((manifest, component))
    }

    /// Whether the loaded component's replay of the revision has the digest that the ledger has. One that cannot be replayed does not.
    fn applies_the_same(&self, state: &State, node: &Node, digest: ContentHash) -> bool {
        let wanted = [Step::Upgrade(node.clone())];
        let Ok(history) = history_of(&state.graph, self.set, &wanted) else { return false };
        let history: Vec<Step> = history.into_iter().map(Step::Upgrade).collect();
        let replayed =
            replay::upgrades(self.set, &history, |_| Mode::Online).and_then(|steps| replay::replay(self.host.settings(), &steps));
        match replayed {
            Ok(replayed) => history.iter().zip(replayed).any(|(step, replayed)| step.node() == node && replayed.digest() == digest),
            Err(error) => {
                tracing::debug!(%node, error = &error as &dyn std::error::Error, "the loaded component cannot replay the revision; the archived one runs");
                false
            }
        }
    }
}
