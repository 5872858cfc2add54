//! `tenon stamp`: records revisions as applied without running them, for a schema that came about in another way.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::pending::{self, Pending, Proven};
use super::state::State;
use super::upgrade::{Report, StepLine, ledger_entry};
use crate::migrate::{Backend, Point, Target};
use crate::model::{Node, Object, PluginName};
use crate::store::ledger::Entry;

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

/// Records everything that lies between the database and `target`, in one transaction. No plugin's code changes anything; what the
/// revisions would do is learnt from a replay, as for an upgrade.
///
/// # Errors
/// As for an upgrade; and an object that a revision makes belongs to another plugin.
pub fn stamp(host: &Host, target: &Target) -> Result<Stamped, ServiceError> {
    host.require_folder()?;
    let Pending { live, set, state, proven, report } = pending::look(host, Live::open_to_plan, target, None)?;
    let mut stamped = Stamped::of(report);
    if proven.steps.is_empty() {
        return Ok(stamped);
    }
    let mut live = live.make(host.settings())?;
    if state.entries.is_empty() && live.ledger()?.is_empty() {
        // Of a file that was just made nothing was known before.
        live.changed_by_others()?;
    }
    live.begin()?;
    let mut work = || {
        if live.changed_by_others()? {
            let node = proven.steps[0].node().clone();
            return Err(ServiceError::ChangedMeanwhile { node });
        }
        record(&mut live, &set, &state, &proven, &mut stamped)?;
        Ok(live.commit()?)
    };
    let result = work();
    live.end_quietly(result)?;
    Ok(stamped)
}

/// The same after all is forgotten that is recorded of the target's plugin, or of all: for a database that says what no file knows.
///
/// # Errors
/// As for [`stamp`]; and another plugin's applied revision stands on one that would be recorded no more.
pub fn stamp_anew(host: &Host, target: &Target) -> Result<Stamped, ServiceError> {
    host.require_folder()?;
    let (mut live, files) = (Live::open(host.settings())?, host.files()?);
    live.prepare()?;
    live.begin()?;
    let work = || {
        let entries = live.ledger()?;
        let of_target = |entry: &&Entry| target.plugin.as_ref().is_none_or(|plugin| *plugin == entry.plugin);
        let mut forgotten: Vec<Node> = entries.iter().map(|(_, entry)| entry).filter(of_target).map(Entry::node).collect();
        for node in &forgotten {
            live.forget(node)?;
        }
        let (set, state) = host.load(&live, live.books()?, Ok(files))?;
        let mut report = Report { refused: set.refused.clone(), of: target.plugin.clone(), ..Report::default() };
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
        stamped.forgotten = forgotten;
        live.commit()?;
        Ok(stamped)
    };
    let result = work();
    live.end_quietly(result)
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
