//! One proof: a plugin's revisions on an empty database, up, down and up again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::states::States;
use super::{History, Proof, Proven, Unproven, declared};
use crate::migrate::Step;
use crate::migrate::difference::{Facts, differences};
use crate::model::{Node, PluginName, RevisionId};
use crate::service::load::{Plugin, PluginSet};
use crate::service::replay::{Mode, Replay, ReplayError, ReplayStep, Replayed};
use crate::service::settings::Settings;

/// How long all of a proof may take. A plugin with honest work for longer than this on no rows at all is not known.
pub(super) const PROOF_TIME: Duration = Duration::from_secs(600);

/// How long revisions that fail may take before the rest is not looked at.
const FAILING_TIME: Duration = Duration::from_secs(10);

/// The proof of one plugin, while it is made.
pub(super) struct Climb<'a> {
    set: &'a PluginSet,
    plugin: &'a Plugin,
    replay: Replay<'a>,
    began: Instant,
    states: States,
    /// The plugin's own revisions so far, and what each did.
    own: Vec<(Node, Replayed)>,
    /// How many of them went down and up again.
    returned: usize,
    failures: Failures,
}

/// Own revisions that do not run.
#[derive(Default)]
struct Failures {
    errors: Vec<ReplayError>,
    revisions: HashSet<RevisionId>,
    lost: Duration,
}

impl<'a> Climb<'a> {
    /// Begins with an empty database.
    ///
    /// # Errors
    /// Only when memory runs out.
    pub(super) fn begin(settings: &'a Settings, set: &'a PluginSet, plugin: &'a Plugin) -> Result<Self, Unproven> {
        let (replay, began) = (Replay::begin(settings)?, Instant::now());
        let (states, failures) = (States::default(), Failures::default());
        Ok(Self { set, plugin, replay, began, states, own: Vec::new(), returned: 0, failures })
    }

    /// Applies a history, and looks at what it leaves; undoes the plugin's own revisions and applies them again. In the order of the past each
    /// is undone before what came after it in another plugin, for that may have taken away what it stood on.
    ///
    /// # Errors
    /// See [`Unproven`].
    pub(super) fn climb(mut self, history: &History<'_>) -> Result<Proven, Unproven> {
        let name = &self.plugin.manifest.name;
        for node in &history.nodes {
            if &node.plugin == name {
                let parents = history.graph.facts(node).map(|facts| facts.parents.as_slice()).unwrap_or_default();
                self.up(node, parents)?;
            } else {
                if history.is_past {
                    self.return_trip()?;
                }
                self.up_other(node, history.is_past)?;
            }
        }
        if !self.failures.errors.is_empty() {
            return Err(Unproven::Up(self.failures.errors));
        }
        refuse(differences(&declared::facts(&self.plugin.manifest)?, &self.replay.facts_of(name)?), Unproven::Differs)?;
        self.return_trip()?;
        let stops_at = self.own.iter().rev().find(|(node, _)| !self.has_way_back(node)).map(|(node, _)| node.revision.clone());
        let proof = Proof::of(self.own.into_iter().map(|(node, replayed)| (node.revision, replayed)).collect());
        Ok(Proven { proof, stops_at })
    }

    /// Applies a history, and no more.
    ///
    /// # Errors
    /// See [`Unproven`].
    pub(super) fn reach_the_top(mut self, history: &History<'_>) -> Result<Replay<'a>, Unproven> {
        for node in &history.nodes {
            take(&mut self.replay, self.set, &Step::Upgrade(node.clone()))?;
        }
        Ok(self.replay)
    }

    /// Applies a history, and says what each of the plugin's own revisions leaves.
    ///
    /// # Errors
    /// See [`Unproven`].
    pub(super) fn each_state(mut self, history: &History<'_>) -> Result<Vec<(RevisionId, Facts)>, Unproven> {
        let mut states = Vec::new();
        for node in &history.nodes {
            take(&mut self.replay, self.set, &Step::Upgrade(node.clone()))?;
            if node.plugin == *self.name() {
                states.push((node.revision.clone(), self.replay.facts_of(self.name())?));
            }
        }
        Ok(states)
    }

    /// A revision of the plugin's own. Where some of them do not run, all those are told that do not.
    fn up(&mut self, node: &Node, parents: &[RevisionId]) -> Result<(), Unproven> {
        if parents.iter().any(|parent| self.failures.revisions.contains(parent)) {
            self.failures.revisions.insert(node.revision.clone());
            return Ok(());
        }
        self.require_time()?;
        let began = Instant::now();
        match take(&mut self.replay, self.set, &Step::Upgrade(node.clone())) {
            Ok(replayed) => {
                self.states.note(&self.replay, self.own.len() + 1, &replayed, self.name())?;
                self.own.push((node.clone(), replayed));
                Ok(())
            }
            Err(error @ ReplayError::Step { .. }) if self.failures.lost < FAILING_TIME => {
                self.failures.lost += began.elapsed();
                self.failures.errors.push(error);
                self.failures.revisions.insert(node.revision.clone());
                Ok(())
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// A revision of another plugin, on which the plugin stands.
    fn up_other(&mut self, node: &Node, may_change_own: bool) -> Result<(), Unproven> {
        self.require_time()?;
        take(&mut self.replay, self.set, &Step::Upgrade(node.clone())).map_err(|error| self.failed(error))?;
        if may_change_own && !self.own.is_empty() {
            // What it renames is followed into the texts of the plugin's own objects.
            self.states.note_all(&self.replay, self.own.len(), self.name())?;
        }
        Ok(())
    }

    /// Undoes the own revisions that were not undone yet, as far as they have a way back, and applies them again.
    fn return_trip(&mut self) -> Result<(), Unproven> {
        if !self.failures.errors.is_empty() {
            return Ok(());
        }
        let undone = self.own[self.returned..].iter().rev().take_while(|(node, _)| self.has_way_back(node)).count();
        let stays = self.own.len() - undone;
        for number in (stays..self.own.len()).rev() {
            let (node, up) = &self.own[number];
            let failed = |source| Unproven::Down { node: node.clone(), source: Box::new(source) };
            let down = take(&mut self.replay, self.set, &Step::Downgrade(node.clone())).map_err(failed)?;
            self.require_time()?;
            let (node, differences) = (node.clone(), self.states.differences(&self.replay, number, &[up, &down])?);
            refuse(differences, |differences| Unproven::LeavesOther { node, differences })?;
        }
        for number in stays..self.own.len() {
            let (node, first) = &self.own[number];
            let failed = |source| Unproven::FailsAgain { node: node.clone(), source: Box::new(source) };
            let again = take(&mut self.replay, self.set, &Step::Upgrade(node.clone())).map_err(failed)?;
            self.require_time()?;
            if again.digest() != first.digest() {
                return Err(Unproven::Otherwise { node: node.clone() });
            }
            let (node, differences) = (node.clone(), self.states.differences(&self.replay, number + 1, &[first])?);
            refuse(differences, |differences| Unproven::DiffersAgain { node, differences })?;
        }
        self.returned = self.own.len();
        Ok(())
    }

    fn name(&self) -> &'a PluginName {
        &self.plugin.manifest.name
    }

    fn has_way_back(&self, node: &Node) -> bool {
        self.plugin.manifest.revision(&node.revision).is_some_and(|revision| revision.irreversible.is_none())
    }

    fn require_time(&self) -> Result<(), Unproven> {
        if self.began.elapsed() < PROOF_TIME { Ok(()) } else { Err(Unproven::TooLong) }
    }

    /// What ended the proof: the revisions that did not run before, if there are some.
    fn failed(&mut self, error: ReplayError) -> Unproven {
        if self.failures.errors.is_empty() { error.into() } else { Unproven::Up(std::mem::take(&mut self.failures.errors)) }
    }
}

fn take(replay: &mut Replay<'_>, set: &PluginSet, step: &Step) -> Result<Replayed, ReplayError> {
    let node = step.node();
    let Plugin { manifest, component, .. } = set.plugins.get(&node.plugin).ok_or_else(|| ReplayError::NotLoaded { node: node.clone() })?;
    replay.step(ReplayStep { step, mode: Mode::Online, manifest, component }, None)
}

fn refuse<T>(found: Vec<T>, why: impl FnOnce(Vec<T>) -> Unproven) -> Result<(), Unproven> {
    if found.is_empty() { Ok(()) } else { Err(why(found)) }
}
