//! `tenon stamp`: moves what is recorded, on and back, without running anything: for a schema that came about in another way.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::ServiceError;
use super::host::{Host, Opened};
use super::live::{Books, Live};
use super::load::{PluginSet, Refusal};
use super::pending::{self, Proven};
use super::state::State;
use super::upgrade::{Report, StepLine, ledger_entry};
use crate::migrate::{Backend, Dependent, PlanError, Point, Target, lies_behind, plan_downgrade, plugin_meant};
use crate::model::{Node, Object, PluginName};
use crate::store::ledger::{Entry, Sequence};

/// What was recorded.
#[derive(Debug, Default, Serialize)]
pub struct Stamped {
    /// The revisions, in order.
    pub steps: Vec<StepLine>,
    /// Revisions that were recorded and are no more.
    pub forgotten: Vec<Node>,
    /// Objects that were there without an owner and now belong to the plugin whose revision makes them.
    pub owned: Vec<String>,
    /// Objects that the revisions leave and that are not there.
    pub missing: Vec<String>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
    /// Revisions that were passed over because they need a plugin that was left out.
    pub held_back: Vec<String>,
    /// The one plugin that was asked for, where it was one: what became of other files is nothing that this owes.
    #[serde(skip)]
    pub of: Option<PluginName>,
}

impl Stamped {
    fn of(report: Report) -> Self {
        Self { refused: report.refused, held_back: report.held_back, of: report.of, ..Self::default() }
    }

    /// Whether everything that was asked for was done.
    pub fn is_complete(&self) -> bool {
        !self.refused.iter().any(|refusal| refusal.is_missed(self.of.as_ref())) && self.held_back.is_empty()
    }
}

/// Moves what is recorded to `target`, on or back, in one transaction. No plugin's code changes anything; what the revisions that are
/// recorded would do is learnt from a replay, as for an upgrade. What is recorded no more leaves its objects as they are, and whose they are.
///
/// # Errors
/// On: as for an upgrade; there is no database; an object that a revision makes belongs to another plugin. Back: as for a downgrade; another
/// plugin's recorded revision stands on one that would be recorded no more.
pub fn stamp(host: &Host, target: &Target) -> Result<Stamped, ServiceError> {
    host.require_folder()?;
    let Opened { live, books, files } = host.open(Live::open_to_plan)?;
    let (set, state) = host.load(&live, books, files)?;
    let is_back = lies_behind(&state.graph, &state.applied, target).map_err(|error| ServiceError::of_plan(error, &set.refused))?;
    if is_back {
        return stamp_back(host, live, &set, &state, target);
    }
    let mut report = Report { refused: set.refused.clone(), of: target.plugin.clone(), ..Report::default() };
    let proven = pending::plan(host, &set, &state, target, &mut report, None)?;
    let mut stamped = Stamped::of(report);
    let Some(first) = proven.steps.first() else { return Ok(stamped) };
    require_database(host)?;
    in_one(host, live, first.node(), |live| record(live, &set, &state, &proven, &mut stamped))?;
    Ok(stamped)
}

/// Takes the revisions above `target` out of the ledger.
fn stamp_back(host: &Host, live: Live, set: &PluginSet, state: &State, target: &Target) -> Result<Stamped, ServiceError> {
    let steps = plan_downgrade(&state.graph, &state.applied, target, false).map_err(of_recorded)?.steps;
    let forgotten: Vec<Node> = steps.iter().map(|step| step.node().clone()).collect();
    if let Some(first) = forgotten.first() {
        let forget = |live: &mut Live| {
            for node in &forgotten {
                live.forget(node)?;
            }
            disown_what_is_gone(live, set, &forgotten)
        };
        in_one(host, live, first, forget)?.prune_archive()?;
    }
    Ok(Stamped { forgotten, of: target.plugin.clone(), ..Stamped::default() })
}

/// Nothing is undone here that `--cascade` could undo as well.
fn of_recorded(error: PlanError) -> ServiceError {
    match error {
        PlanError::Dependents { dependents, undo } => match dependents.into_iter().next() {
            Some(Dependent { node, needs }) => ServiceError::StandsOnForgotten { node, missing: needs },
            None => PlanError::Dependents { undo, dependents: Vec::new() }.into(),
        },
        error => error.into(),
    }
}

/// Does the work in one transaction, if the ledger is still as it was when the work was planned.
fn in_one(host: &Host, live: Live, first: &Node, work: impl FnOnce(&mut Live) -> Result<(), ServiceError>) -> Result<Live, ServiceError> {
    let mut live = live.make(host.settings())?;
    live.begin()?;
    let worked = || {
        if live.changed_by_others()? {
            return Err(ServiceError::ChangedMeanwhile { node: first.clone() });
        }
        work(&mut live)?;
        Ok(live.commit()?)
    };
    let result = worked();
    live.end_quietly(result)?;
    Ok(live)
}

fn require_database(host: &Host) -> Result<(), ServiceError> {
    let database = &host.settings().database;
    if database.exists() { Ok(()) } else { Err(ServiceError::NoDatabase(database.clone())) }
}

/// What revisions made that are recorded no more, and what is not there any more, is nobody's.
fn disown_what_is_gone(live: &mut Live, set: &PluginSet, forgotten: &[Node]) -> Result<(), ServiceError> {
    let made = forgotten.iter().filter_map(|node| pending::proven(set, node)).flat_map(|replayed| &replayed.owners.new);
    for object in made {
        if live.any_object(&object.name)?.is_none() {
            live.disown(&object.name)?;
        }
    }
    Ok(())
}

/// The same after all is forgotten that is recorded of the plugin that the target means, or of all plugins where it means all: for a database
/// that says what no file knows.
///
/// # Errors
/// As for [`stamp`]; the target means nothing that the files or the ledger have.
pub fn stamp_anew(host: &Host, target: &Target) -> Result<Stamped, ServiceError> {
    host.require_folder()?;
    require_database(host)?;
    let (mut live, files) = (Live::open(host.settings())?, host.files()?);
    live.prepare()?;
    live.begin()?;
    let work = || {
        let Books { entries, owners, .. } = live.books()?;
        let set = host.agree(files, &owners);
        let meant = whose(&entries, &set, target)?;
        let of_target = |entry: &&Entry| meant.as_ref().is_none_or(|plugin| *plugin == entry.plugin);
        let mut forgotten: Vec<Node> = entries.iter().map(|(_, entry)| entry).filter(of_target).map(Entry::node).collect();
        for node in &forgotten {
            live.forget(node)?;
        }
        let (set, state) = host.prove(&live, live.books()?, set)?;
        let mut report = Report { refused: set.refused.clone(), of: meant.clone(), ..Report::default() };
        let proven = match target.point {
            Point::Base => None,
            _ => Some(pending::plan(host, &set, &state, target, &mut report, None)?),
        };
        let mut stamped = Stamped::of(report);
        if let Some(proven) = proven {
            record(&mut live, &set, &state, &proven, &mut stamped)?;
        }
        let recorded: BTreeSet<Node> = stamped.steps.iter().map(|line| line.revision.clone()).collect();
        forgotten.retain(|node| !recorded.contains(node));
        for entry in entries.iter().map(|(_, entry)| entry).filter(|entry| !of_target(entry)) {
            if let Some(missing) = entry.depends_on.iter().find(|needed| forgotten.contains(needed)) {
                return Err(ServiceError::StandsOnForgotten { node: entry.node(), missing: missing.clone() });
            }
        }
        State::read(&live, &set)?;
        disown_what_is_gone(&mut live, &set, &forgotten)?;
        stamped.forgotten = forgotten;
        live.commit()?;
        Ok(stamped)
    };
    let result = work();
    live.end_quietly(result)
}

/// The plugin that a target means. What is recorded need not fit the files, so the files alone say which revisions there are.
fn whose(entries: &[(Sequence, Entry)], set: &PluginSet, target: &Target) -> Result<Option<PluginName>, ServiceError> {
    let recorded = |name: &&PluginName| entries.iter().any(|(_, entry)| entry.plugin == **name);
    if let Some(name) = target.plugin.as_ref().filter(recorded) {
        return Ok(Some(name.clone()));
    }
    let files = State::of(Vec::new(), set)?;
    plugin_meant(&files.graph, target).map_err(|error| ServiceError::of_plan(error, &set.refused))
}

/// Writes the steps into the ledger, and gives the plugins what the revisions leave.
pub(super) fn record(live: &mut Live, set: &PluginSet, state: &State, proven: &Proven, stamped: &mut Stamped) -> Result<(), ServiceError> {
    let Proven { steps, replayed } = proven;
    let mut left: Vec<(&Node, &Object)> = Vec::new();
    for step in steps {
        let node = step.node();
        let not_loaded = || ServiceError::NotLoaded { node: node.clone() };
        let plugin = set.plugins.get(&node.plugin).ok_or_else(not_loaded)?;
        let revision = plugin.manifest.revision(&node.revision).ok_or_else(not_loaded)?;
        let (entry, up) = ledger_entry(plugin, revision, &replayed[node], None);
        live.record(&entry, &up)?;
        live.archive(plugin)?;
        let owners = &replayed[node].owners;
        for gone in &owners.gone {
            // What a revision takes away is nobody's any more, unless it is still there.
            if live.any_object(&gone.name)?.is_none() {
                live.disown(&gone.name)?;
            }
        }
        left.retain(|(_, object)| !owners.gone.contains(object));
        left.extend(owners.new.iter().map(|object| (node, object)));
        stamped.steps.push(state.line(node, "stamp"));
    }
    left.sort_by_key(|(_, object)| object.kind);
    left.into_iter().try_for_each(|(node, object)| own(live, node, object, stamped))
}

/// Gives an object that a revision leaves to its plugin, if it is there and nobody's.
fn own(live: &mut Live, node: &Node, object: &Object, stamped: &mut Stamped) -> Result<(), ServiceError> {
    let Object { kind, name, table, .. } = object;
    let words = format!("{kind} {name}");
    match live.any_object(name)? {
        Some(there) if there.kind == *kind && there.table == *table => match there.owner {
            None => {
                live.own(&node.plugin, *kind, name, table)?;
                stamped.owned.push(words);
            }
            Some(owner) if owner == node.plugin => {}
            Some(owner) => return Err(ServiceError::OwnedByOther { node: node.clone(), object: words, owner }),
        },
        _ => stamped.missing.push(format!("{words}, which {node} leaves")),
    }
    Ok(())
}
