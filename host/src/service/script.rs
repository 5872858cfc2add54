//! `--sql`: a run as text. Touches nothing; what is printed can be run by SQLite's own shell and leaves what the run would have left.
//!
//! The bookkeeping tables, owners and ledger rows are part of it; the archive is filled by the next command that runs online.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::Serialize;

use super::downgrade::{Choice, Code};
use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::owner_changes::OwnerChanges;
use super::replay::{self, Mode, ReplayStep, Replayed};
use super::state::{State, history_of};
use super::upgrade::{describe_held_back, ledger_entry};
pub use crate::migrate::dialect::alteration::Abilities;
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::{
    Anchor, Applied, Graph, PlanError, PluginFacts, Point, Step, Target, offline, parse_range, plan_downgrade, plan_upgrade,
};
use crate::model::{Node, PluginName};
use crate::runtime::Direction;
use crate::store::conditions::{self, ScriptCondition};
use crate::store::{archive, bookkeeping, ledger, owners};

/// A run as text.
#[derive(Debug, Serialize)]
pub struct Script {
    /// The SQL.
    pub sql: String,
    /// The revisions that it applies or undoes, in order.
    pub steps: Vec<Step>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
    /// Revisions that were passed over because they need a plugin that was left out.
    pub held_back: Vec<String>,
    /// The one plugin that was asked for, where it was one: what became of other files is nothing that this owes.
    #[serde(skip)]
    pub of: Option<PluginName>,
}

/// A range begins in one plugin and ends in all: where the others stand is not said, and base would be a guess.
#[derive(Debug, thiserror::Error)]
#[error(
    "{from}:{to} begins {} at base, whatever is applied; write {from_plugin}:{plugin}@head for {plugin} alone, or base:{to} for all",
    .others.iter().map(PluginName::as_str).collect::<Vec<_>>().join(" and ")
)]
pub struct RangeOfOne {
    /// Where it begins, as it was given.
    pub from: Target,
    /// Where it begins, with the plugin that it is in.
    pub from_plugin: Target,
    /// Where it ends.
    pub to: Target,
    /// The plugin that it begins in.
    pub plugin: PluginName,
    /// The plugins of which it does not say where they stand.
    pub others: Vec<PluginName>,
}

/// A range whose end lies on the other side of its beginning than the command goes.
#[derive(Debug, thiserror::Error)]
#[error("{from}:{to} runs {}", match direction {
    Direction::Upgrade => format!("backwards; `tenon downgrade {from}:{to} --sql` writes out the way back"),
    Direction::Downgrade => format!("forwards; `tenon upgrade {from}:{to} --sql` writes out the way up"),
})]
pub struct TurnedRange {
    /// Where it begins.
    pub from: Target,
    /// Where it ends.
    pub to: Target,
    /// Where the command goes.
    pub direction: Direction,
}

impl Script {
    /// Whether everything that was asked for is in it.
    pub fn is_complete(&self) -> bool {
        !self.refused.iter().any(|refusal| refusal.is_missed(self.of.as_ref())) && self.held_back.is_empty()
    }
}

/// Writes out `upgrade TARGET`, from base, or `upgrade FROM:TO`.
///
/// # Errors
/// See [`ServiceError`]; a step that reads the database cannot be written out.
pub fn upgrade(host: &Host, target: &str, abilities: Abilities) -> Result<Script, ServiceError> {
    let (from, to) = parse_range(target)?;
    let set = host.load_for_empty()?;
    let graph = Graph::build(set.plugins.values().map(|plugin| PluginFacts::from(&plugin.manifest)), [])?;
    let applied = match &from {
        Some(from) => Applied::assumed(&graph, from)?,
        None => Applied::nothing(&graph),
    };
    let turned = |error: PlanError| match (&from, error) {
        (Some(from), PlanError::AlreadyApplied { .. } | PlanError::NotAnUpgrade { .. }) => turned(from, &to, Direction::Upgrade),
        (_, error) => ServiceError::of_plan(error, &set.refused),
    };
    let plan = plan_upgrade(&graph, &applied, &to, &set.left_out().cloned().collect()).map_err(turned)?;
    if let Some(from) = &from {
        require_whole_range(&graph, &applied, from, &to, &plan.steps)?;
    }
    let history: Vec<Step> = history_of(&graph, &set, &plan.steps)?.into_iter().map(Step::Upgrade).collect();
    // Digests are those of an online run; what is printed is what the guests do when they are told that nobody listens.
    let online = replay::replay(host.settings(), &replay::upgrades(&set, &history, |_| Mode::Online)?, None)?;
    let mode = |node: &Node| if applied.contains(&graph, node) { Mode::Online } else { Mode::Offline };
    let printed = replay::replay(host.settings(), &replay::upgrades(&set, &history, mode)?, Some(abilities))?;
    let mut writer = Writer::new(&graph);
    if applied.is_empty() {
        writer.bookkeeping();
    }
    for ((step, online), printed) in history.iter().zip(&online).zip(&printed) {
        let plugin = &set.plugins[&step.node().plugin];
        match plugin.manifest.revision(&step.node().revision) {
            _ if applied.contains(&graph, step.node()) => {}
            Some(revision) => {
                let (entry, up) = ledger_entry(plugin, revision, online, None);
                writer.step(step, printed, ledger::record_script(&entry, &up))?;
            }
            None => return Err(ServiceError::NotLoaded { node: step.node().clone() }),
        }
    }
    let held_back = plan.held_back.iter().map(describe_held_back).collect();
    Ok(Script { sql: writer.finish(), steps: plan.steps, refused: set.refused, held_back, of: to.plugin })
}

/// Refuses a range from a point in one plugin to a point in all, if it leads through plugins of which it says nothing.
fn require_whole_range(graph: &Graph, assumed: &Applied, from: &Target, to: &Target, steps: &[Step]) -> Result<(), Box<RangeOfOne>> {
    let begins = match &from.point {
        Point::Revision(id) | Point::Relative { from: Some(Anchor::Revision(id)), .. } => Some(id),
        _ => None,
    };
    let is_assumed = |node: &&Node| assumed.contains(graph, node);
    let named = |node: &&Node| begins.is_some_and(|id| node.revision.as_str().starts_with(id.as_str()));
    let found = || graph.in_order().filter(is_assumed).find(named).map(|node| &node.plugin);
    let Some(plugin) = from.plugin.as_ref().or_else(found).filter(|_| to.is_of_all()) else { return Ok(()) };
    let stands = |plugin: &PluginName| graph.in_order().filter(is_assumed).any(|node| node.plugin == *plugin);
    let others: BTreeSet<&PluginName> = steps.iter().map(|step| &step.node().plugin).filter(|other| !stands(other)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let from_plugin = Target::of(plugin.clone(), from.point.clone());
    let others = others.into_iter().cloned().collect();
    Err(Box::new(RangeOfOne { from: from.clone(), from_plugin, to: to.clone(), plugin: plugin.clone(), others }))
}

/// Writes out `downgrade TARGET` from what the database has applied, or `downgrade FROM:TO`.
///
/// # Errors
/// As [`upgrade`].
pub fn downgrade(host: &Host, target: &str, cascade: bool, abilities: Abilities) -> Result<Script, ServiceError> {
    let (from, to) = parse_range(target)?;
    let live = Live::open_read_only(host.settings())?;
    let set = host.load_if_there(host.files(), &live.owners()?);
    match from {
        None => {
            let state = State::read(&live, &set)?;
            let steps = plan_downgrade(&state.graph, &state.applied, &to, cascade)?.steps;
            let applied: Vec<Node> = state.entries.iter().map(|(_, entry)| entry.node()).collect();
            let mut choice = Choice::new(host, &set);
            write_downgrade(host, &state.graph, &applied, steps, abilities, |node| choice.code_for(&live, &state, node))
        }
        Some(from) => {
            let graph = Graph::build(set.plugins.values().map(|plugin| PluginFacts::from(&plugin.manifest)), [])?;
            let assumed = Applied::assumed(&graph, &from)?;
            let turned = |error| match error {
                PlanError::NotApplied { .. } | PlanError::NotADowngrade { .. } => turned(&from, &to, Direction::Downgrade),
                error => error.into(),
            };
            let steps = plan_downgrade(&graph, &assumed, &to, cascade).map_err(turned)?.steps;
            let applied: Vec<Node> = graph.in_order().filter(|node| assumed.contains(&graph, node)).cloned().collect();
            write_downgrade(host, &graph, &applied, steps, abilities, |node| loaded(&set, node))
        }
    }
}

/// A range that leads the other way than the command does.
fn turned(from: &Target, to: &Target, direction: Direction) -> ServiceError {
    Box::new(TurnedRange { from: from.clone(), to: to.clone(), direction }).into()
}

fn loaded(set: &PluginSet, node: &Node) -> Result<Rc<Code>, ServiceError> {
    let plugin = set.plugins.get(&node.plugin).ok_or_else(|| ServiceError::NotLoaded { node: node.clone() })?;
    Ok(Rc::new(Code { manifest: plugin.manifest.clone(), component: plugin.component.clone() }))
}

/// Replays what is applied, then undoes `steps` and writes that out.
fn write_downgrade(
    host: &Host,
    graph: &Graph,
    applied: &[Node],
    steps: Vec<Step>,
    abilities: Abilities,
    mut code_for: impl FnMut(&Node) -> Result<Rc<Code>, ServiceError>,
) -> Result<Script, ServiceError> {
    let all: Vec<(Step, Mode)> = applied
        .iter()
        .map(|node| (Step::Upgrade(node.clone()), Mode::Online))
        .chain(steps.iter().map(|step| (step.clone(), Mode::Offline)))
        .collect();
    let code = all.iter().map(|(step, _)| code_for(step.node())).collect::<Result<Vec<_>, _>>()?;
    let mut ways_back = all.iter().zip(&code).filter(|((step, _), _)| matches!(step, Step::Downgrade(_)));
    ways_back.try_for_each(|((step, _), code)| code.require_way_back(step.node()))?;
    let replay_steps = all.iter().zip(&code).map(|((step, mode), code)| {
        let Code { manifest, component } = &**code;
        ReplayStep { step, mode: *mode, manifest, component }
    });
    let replay_steps: Vec<ReplayStep<'_>> = replay_steps.collect();
    let replayed = replay::replay(host.settings(), &replay_steps, Some(abilities))?;
    let mut writer = Writer::new(graph);
    for ((step, mode), replayed) in all.iter().zip(&replayed) {
        match mode {
            Mode::Online | Mode::Rehearsal => {}
            Mode::Offline => writer.step(step, replayed, ledger::remove_script(step.node()))?,
        }
    }
    if !steps.is_empty() {
        writer.script().transaction(&[archive::prune_script()]);
    }
    Ok(Script { sql: writer.finish(), steps, refused: Vec::new(), held_back: Vec::new(), of: None })
}

fn written(condition: &ScriptCondition) -> Vec<String> {
    SQLITE.script_condition(&condition.rule, &condition.count)
}

/// The script that grows.
struct Writer<'a> {
    graph: &'a Graph,
    script: Option<offline::Script<'static>>,
    bookkeeping: bool,
}

impl<'a> Writer<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self { graph, script: None, bookkeeping: false }
    }

    /// The script makes the host's own tables first.
    fn bookkeeping(&mut self) {
        self.bookkeeping = true;
    }

    fn script(&mut self) -> &mut offline::Script<'static> {
        let bookkeeping = self.bookkeeping;
        self.script.get_or_insert_with(|| {
            let mut script = offline::Script::new(&SQLITE);
            if bookkeeping {
                let mut statements = written(&conditions::absent());
                statements.extend(bookkeeping::outstanding(bookkeeping::State::Absent).map(str::to_owned));
                script.transaction(&statements);
            }
            script
        })
    }

    /// What must be so where the script comes to the step.
    fn conditions(&self, step: &Step) -> Vec<String> {
        let mut all = Vec::new();
        if self.script.is_none() && !self.bookkeeping {
            all.extend(written(&conditions::present()));
        }
        let node = step.node();
        let facts = self.graph.facts(node);
        all.extend(written(&match step {
            Step::Upgrade(_) => {
                let parents = facts.iter().flat_map(|facts| facts.parents.iter().map(|id| Node::new(node.plugin.clone(), id.clone())));
                let parents: Vec<Node> = parents.collect();
                // As a run has it: a plugin's revisions come after all of what it requires (decision 0002).
                let required = facts.iter().flat_map(|facts| facts.requires.iter().flat_map(|plugin| self.graph.heads(plugin)));
                let depends_on = facts.iter().flat_map(|facts| &facts.depends_on);
                conditions::applicable(node, &parents.iter().chain(depends_on).chain(required).collect())
            }
            Step::Downgrade(_) => conditions::undoable(node, facts.is_none_or(|facts| facts.parents.is_empty())),
        }));
        all
    }

    fn step(&mut self, step: &Step, replayed: &Replayed, ledger: String) -> Result<(), ServiceError> {
        let OwnerChanges { gone, new } = &replayed.owners;
        let owners = gone.iter().map(|object| owners::disown_script(&object.name)).chain(new.iter().filter_map(owners::own_script));
        let statements: Vec<String> = owners.chain([ledger]).collect();
        let (graph, conditions) = (self.graph, self.conditions(step));
        Ok(self.script().step(graph, step, &conditions, &replayed.written, &statements)?)
    }

    fn finish(mut self) -> String {
        if self.script.is_none() && !self.bookkeeping {
            return String::new();
        }
        self.script();
        self.script.map(offline::Script::finish).unwrap_or_default()
    }
}
