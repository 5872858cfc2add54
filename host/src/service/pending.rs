//! What is known of the revisions before any of them touches the database: every pending one ran on an empty database, and the files
//! still apply what they applied.
//!
//! A plugin that cannot prove this is left out with its reason, as if its file had been refused; the others go on.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::error::ServiceError;
use super::grants;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::{Plugin, PluginSet, Refusal, causes};
use super::replay::{self, Mode, ReplayError, Replayed};
use super::settings::Settings;
use super::state::{State, are_applied, history_of};
use super::upgrade::{Report, describe_held_back};
use crate::migrate::dialect::alteration::Abilities;
use crate::migrate::{Plan, Step, Target, plan_upgrade};
use crate::model::{Node, PluginName, Revision, RevisionId};
use crate::store::StorageError;
use crate::store::ledger::Entry;

/// The steps of an upgrade, in order, and what each of them does on an empty database.
#[derive(Debug)]
pub(super) struct Proven {
    /// What is to be applied.
    pub steps: Vec<Step>,
    /// By revision; of every step at least.
    pub replayed: HashMap<Node, Replayed>,
}

/// What lies between a database and a target, and all that was read to know it.
#[derive(Debug)]
pub(super) struct Pending {
    /// The database.
    pub live: Live,
    /// The loaded plugins.
    pub set: PluginSet,
    /// What is applied, and what could be.
    pub state: State,
    /// The steps.
    pub proven: Proven,
    /// What was left out and held back.
    pub report: Report,
}

/// Reads and plans for a verb that says what an upgrade would do, or takes its word for it.
///
/// # Errors
/// As [`plan`].
pub(super) fn look(
    host: &Host,
    open: impl FnOnce(&Settings) -> Result<Live, StorageError> + Send,
    target: &Target,
    writing: Option<Abilities>,
) -> Result<Pending, ServiceError> {
    let Opened { live, books, files } = host.open(open)?;
    let (set, state) = host.load(&live, books, files)?;
    let mut report = Report { refused: set.refused.clone(), of: target.plugin.clone(), ..Report::default() };
    let proven = plan(host, &set, &state, target, &mut report, writing)?;
    Ok(Pending { live, set, state, proven, report })
}

/// Plans the way to `target` and replays it, writing it out if that is asked for. What is left out and held back is added to the report.
///
/// # Errors
/// There is no plan; or a revision that the target asks for by name, or needs, cannot be replayed.
pub(super) fn plan(
    host: &Host,
    set: &PluginSet,
    state: &State,
    target: &Target,
    report: &mut Report,
    writing: Option<Abilities>,
) -> Result<Proven, ServiceError> {
    let mut left_out = state.left_out(set, report);
    for refusal in edited(host, set, state, &left_out)? {
        left_out.extend(refusal.plugin.clone());
        report.refused.push(refusal);
    }
    loop {
        let planned = plan_upgrade(&state.graph, &state.applied, target, &left_out);
        let Plan { steps, held_back } = planned.map_err(|error| ServiceError::of_plan(error, &report.refused))?;
        let result = replay_for(host, set, state, &steps, |_| Mode::Online, writing);
        let result = result.and_then(|replayed| rehearse(host, set, state, &steps, &replayed).map(|()| replayed));
        if let Err(error) = &result
            && target.is_of_all()
        {
            let in_the_way = in_the_way(set, state, &steps, error);
            if !in_the_way.is_empty() {
                left_out.extend(in_the_way.iter().filter_map(|refusal| refusal.plugin.clone()));
                report.refused.extend(in_the_way);
                continue;
            }
        }
        report.held_back = held_back.iter().map(describe_held_back).collect();
        return Ok(Proven { steps, replayed: result? });
    }
}

/// Whom to leave out so that the others can be replayed: the plugin whose revision cannot be; or, when that has no step to take, those
/// with steps that stand on it. None when that would not help.
fn in_the_way(set: &PluginSet, state: &State, steps: &[Step], error: &ServiceError) -> Vec<Refusal> {
    let (ServiceError::Replay(
        ReplayError::Step { node, .. } | ReplayError::Short { node, .. } | ReplayError::Unsteady { node } | ReplayError::NotLoaded { node },
    )
    | ServiceError::NotLoaded { node }) = error
    else {
        return Vec::new();
    };
    let with_steps: BTreeSet<&PluginName> = steps.iter().map(|step| &step.node().plugin).collect();
    let with_steps: Vec<&Plugin> = with_steps.into_iter().filter_map(|name| set.plugins.get(name)).collect();
    if let Some(plugin) = with_steps.iter().find(|plugin| plugin.manifest.name == node.plugin) {
        return vec![Refusal::of(plugin, causes(error))];
    }
    let mut refusals = Vec::new();
    for plugin in with_steps {
        let own: Vec<Step> = steps.iter().filter(|step| step.node().plugin == plugin.manifest.name).cloned().collect();
        if history_of(&state.graph, set, &own).map_or(true, |history| history.contains(node)) {
            refusals.push(Refusal::of(plugin, format!("what it stands on cannot be replayed: {}", causes(error))));
        }
    }
    refusals
}

/// Replays the pending steps, and before them everything that they stand on.
fn replay_for(
    host: &Host,
    set: &PluginSet,
    state: &State,
    steps: &[Step],
    mode: impl Fn(&Node) -> Mode,
    writing: Option<Abilities>,
) -> Result<HashMap<Node, Replayed>, ServiceError> {
    let history: Vec<Step> = history_of(&state.graph, set, steps)?.into_iter().map(Step::Upgrade).collect();
    if history.is_empty() {
        return Ok(HashMap::new());
    }
    if let Some(known) = (writing.is_none() && history.iter().all(|step| mode(step.node()) == Mode::Online))
        .then(|| history.iter().map(|step| Some((step.node().clone(), proven(set, step.node())?.clone()))).collect())
        .flatten()
    {
        return Ok(known);
    }
    let replayed = replay::replay(host.settings(), &replay::upgrades(set, &history, mode)?, writing)?;
    Ok(history.iter().map(|step| step.node().clone()).zip(replayed).collect())
}

/// What a revision of a plugin that proved itself did then.
pub(super) fn proven<'a>(set: &'a PluginSet, node: &Node) -> Option<&'a Replayed> {
    set.plugins.get(&node.plugin)?.proof.as_ref()?.revisions().get(&node.revision)
}

/// Runs the pending steps once more, of plugins that the operator gives less than they ask for: as they will run on the database, so that
/// what they lack is found before anything is done. What is applied already stays, whatever would be given for it today.
///
/// # Errors
/// A step is refused; or it makes other objects than in its proof, whose word on which names the plugin had would not be true then.
fn rehearse(host: &Host, set: &PluginSet, state: &State, steps: &[Step], proven: &HashMap<Node, Replayed>) -> Result<(), ServiceError> {
    let short = |step: &&Step| {
        let plugin = set.plugins.get(&step.node().plugin);
        plugin.is_some_and(|plugin| grants::are_short(&plugin.manifest, &host.settings().plugin(&plugin.manifest.name)))
    };
    let short: Vec<Step> = steps.iter().filter(short).cloned().collect();
    let pending: HashSet<&Node> = short.iter().map(Step::node).collect();
    let mode = |node: &Node| if pending.contains(node) { Mode::Rehearsal } else { Mode::Online };
    let rehearsed = replay_for(host, set, state, &short, mode, None)?;
    let made = |replayed: &Replayed| grants::names_made(&replayed.operations).collect::<Vec<_>>();
    let mut pending = short.iter().map(Step::node);
    match pending.find(|node| proven.get(node).map(made) != rehearsed.get(node).map(made)) {
        Some(node) => Err(ReplayError::Unsteady { node: node.clone() }.into()),
        None => Ok(()),
    }
}

/// Takes the plugins out of a set whose files apply an applied revision otherwise than the component that applied it: their code is not made for
/// the tables that are there.
///
/// # Errors
/// An archived component cannot be read, or the machine is at fault.
pub(super) fn refuse_edited(host: &Host, set: &mut PluginSet, state: &State) -> Result<(), ServiceError> {
    for refusal in edited(host, set, state, &BTreeSet::new())? {
        refusal.plugin.as_ref().and_then(|name| set.plugins.remove(name));
        set.refused.push(refusal);
    }
    set.refused.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(())
}

/// The plugins whose files apply an applied revision otherwise than the component that applied it.
fn edited(host: &Host, set: &PluginSet, state: &State, left_out: &BTreeSet<PluginName>) -> Result<Vec<Refusal>, ServiceError> {
    let mut refusals = Vec::new();
    for plugin in set.plugins.values().filter(|plugin| !left_out.contains(&plugin.manifest.name)) {
        if let Some(reason) = edit_of(host, set, state, plugin)? {
            refusals.push(Refusal::of(plugin, reason));
        }
    }
    Ok(refusals)
}

/// In what way a plugin's file is not the one that applied its revisions, if it matters.
fn edit_of(host: &Host, set: &PluginSet, state: &State, plugin: &Plugin) -> Result<Option<String>, ServiceError> {
    let name = &plugin.manifest.name;
    let of_others = state.entries.iter().map(|(_, entry)| entry).filter(|entry| &entry.plugin == name && entry.component != plugin.hash());
    let applied: Vec<_> = of_others.filter(|entry| plugin.manifest.revision(&entry.revision).is_some()).collect();
    if applied.is_empty() {
        return Ok(None);
    }
    let moved: Vec<String> =
        applied.iter().filter_map(|entry| plugin.manifest.revision(&entry.revision).and_then(|now| move_of(entry, now))).collect();
    if !moved.is_empty() {
        return Ok(Some(format!(
            "{}; put back the file that applied it, or undo it with `tenon downgrade` and apply it anew",
            moved.join("; ")
        )));
    }
    let steps: Vec<Step> = applied.iter().map(|entry| Step::Upgrade(entry.node())).collect();
    match replay_for(host, set, state, &steps, |_| Mode::Online, None) {
        Ok(replayed) => {
            let other = |node: &Node, digest| replayed.get(node).is_none_or(|replayed| replayed.digest() != digest);
            let edited: Vec<&str> =
                applied.iter().filter(|entry| other(&entry.node(), entry.digest)).map(|entry| entry.revision.as_str()).collect();
            let reason = || {
                let (applied, them) = are_applied(&edited);
                format!(
                    "{applied}, and this file would apply {them} otherwise; put back the file that applied {them}, or undo {them} with \
                     `tenon downgrade` and apply {them} anew"
                )
            };
            Ok((!edited.is_empty()).then(reason))
        }
        Err(ServiceError::Replay(error)) => match &error {
            ReplayError::Step { node, .. } if &node.plugin == name => {
                Ok(Some(format!("revision {} is applied, and this file cannot apply it: {}", node.revision, causes(&error))))
            }
            ReplayError::Step { .. } | ReplayError::Short { .. } | ReplayError::Unsteady { .. } | ReplayError::NotLoaded { .. } => {
                Ok(unknown(plugin, &error))
            }
            ReplayError::Unreadable { .. } | ReplayError::Database(_) | ReplayError::Storage(_) => Err(error.into()),
        },
        Err(error @ ServiceError::NotLoaded { .. }) => Ok(unknown(plugin, &error)),
        Err(error) => Err(error),
    }
}

/// That a plugin's file gives an applied revision another place than the one in which it was applied, for a person.
fn move_of(entry: &Entry, now: &Revision) -> Option<String> {
    let (then, now) = moved(entry, now)?;
    Some(format!("revision {} was applied on {then}, and this file puts it on {now}", entry.revision))
}

/// On what an applied revision stands, and on what a plugin's file would put it, where the two differ.
pub(super) fn moved(entry: &Entry, now: &Revision) -> Option<(String, String)> {
    let stands_on = |parents: &[RevisionId], depends_on: &[Node]| {
        let on: BTreeSet<String> = parents.iter().map(ToString::to_string).chain(depends_on.iter().map(ToString::to_string)).collect();
        if on.is_empty() { "base".to_owned() } else { on.into_iter().collect::<Vec<_>>().join(" and ") }
    };
    let (then, now) = (stands_on(&entry.parents, &entry.depends_on), stands_on(&now.down, &now.depends_on));
    (then != now).then_some((then, now))
}

/// What a revision stands on is missing or broken itself, which is said elsewhere; about this file nothing can be said.
fn unknown(plugin: &Plugin, error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let name = &plugin.manifest.name;
    tracing::debug!(plugin = %name, error, "the file was replaced, and its applied revisions cannot be replayed to compare them");
    None
}
