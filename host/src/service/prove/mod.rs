//! The proof that a plugin does what it says: its revisions, applied on an empty database, leave what it declares; undone, they leave
//! nothing; applied again, the same.
//!
//! What a proven plugin's revisions did is kept with the proof, and serves as the replay wherever one is asked for.

mod climb;
mod declared;
mod kept;
mod states;

use std::collections::HashMap;
use std::sync::Arc;

use super::error::ServiceError;
use super::host::Host;
use super::load::{Plugin, PluginSet, Refusal, causes};
use super::replay::{ReplayError, Replayed};
use super::settings::Settings;
use super::state::{facts_of, history_of};
use crate::migrate::difference::Difference;
use crate::migrate::{DialectError, Graph, PluginFacts, Step};
use crate::model::{Node, PluginName, RevisionId};
use crate::store::ledger::{Entry, Sequence};
use climb::{Climb, PROOF_TIME};

/// What is known of a plugin that proved itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proof {
    /// What each of its revisions did.
    pub revisions: HashMap<RevisionId, Replayed>,
    /// The first of its revisions, going back, that has no way back: those before it were not undone.
    pub stops_at: Option<RevisionId>,
}

/// Why a plugin did not prove itself.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unproven {
    /// A revision that it stands on does not run, or the replay fails otherwise.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// Revisions of its own do not run.
    #[error("{}", said(.0))]
    Up(Vec<ReplayError>),
    /// What it declares cannot be made.
    #[error("what it declares cannot be made")]
    Declared(#[from] DialectError),
    /// It declares something else than its revisions leave.
    #[error("its revisions do not leave what it declares (`-` is declared, `+` is left):{}", shown(.0))]
    Differs(Vec<Difference>),
    /// A revision cannot be undone.
    #[error("{node} cannot be undone on an empty database; mend its downgrade, or declare the revision `irreversible`")]
    Down {
        /// The revision.
        node: Node,
        /// Why.
        #[source]
        source: Box<ReplayError>,
    },
    /// Undone, a revision leaves something else than there was before it.
    #[error("{node}, undone, leaves something else than there was before it (`-` before, `+` now):{}", shown(.differences))]
    LeavesOther {
        /// The revision.
        node: Node,
        /// In what.
        differences: Vec<Difference>,
    },
    /// Undone, a revision cannot be applied again.
    #[error("undone and applied again, {node} fails")]
    FailsAgain {
        /// The revision.
        node: Node,
        /// Why.
        #[source]
        source: Box<ReplayError>,
    },
    /// Undone and applied again, a revision does something else.
    #[error("undone and applied again, {node} does other things than the first time")]
    Otherwise {
        /// The revision.
        node: Node,
    },
    /// Undone and applied again, a revision leaves something else.
    #[error("undone and applied again, {node} leaves something else (`-` the first time, `+` the second):{}", shown(.differences))]
    DiffersAgain {
        /// The revision.
        node: Node,
        /// In what.
        differences: Vec<Difference>,
    },
    /// All of it together takes too long.
    #[error("its revisions run for more than {} s on an empty database, up, down and up again", PROOF_TIME.as_secs())]
    TooLong,
    /// The order of its revisions cannot be found.
    #[error(transparent)]
    Order(Box<ServiceError>),
}

impl Unproven {
    /// In what something is otherwise, if that is why.
    pub(super) fn into_differences(self) -> Vec<Difference> {
        match self {
            Self::Differs(differences) | Self::LeavesOther { differences, .. } | Self::DiffersAgain { differences, .. } => differences,
            _ => Vec::new(),
        }
    }
}

/// Of more objects than this, only the first are shown.
const SHOWN: usize = 20;

fn shown(differences: &[Difference]) -> String {
    let mut text: String = differences.iter().take(SHOWN).map(|difference| format!("\n{difference}")).collect();
    if differences.len() > SHOWN {
        text.push_str(&format!("\nand {} more objects", differences.len() - SHOWN));
    }
    text
}

fn said(errors: &[ReplayError]) -> String {
    match errors {
        [error] => causes(error),
        errors => errors.iter().map(|error| format!("\n  {}", causes(error))).collect(),
    }
}

/// Proves one plugin of a set, from nothing.
///
/// # Errors
/// See [`Unproven`].
pub(super) fn prove(settings: &Settings, set: &PluginSet, plugin: &Plugin, history: &History<'_>) -> Result<Proof, Unproven> {
    Climb::begin(settings, set, plugin)?.climb(history)
}

/// Proves all plugins of a set, or remembers that they proved themselves; those that do not are refused, and so is what requires them.
///
/// # Errors
/// The histories contradict each other.
pub(super) fn prove_all(host: &Host, set: &mut PluginSet, applied: &[(Sequence, Entry)]) -> Result<(), ServiceError> {
    let graphs = Graphs::of(set, applied)?;
    for name in in_order(set) {
        let Some(plugin) = set.plugins.get(&name) else { continue };
        let refused = plugin.manifest.requires.iter().find(|requirement| !set.plugins.contains_key(&requirement.plugin));
        let result = match refused {
            Some(needed) => Err(format!("it requires plugin {} {}, which was refused itself", needed.plugin, needed.versions)),
            None => prove_once(host, set, &graphs, plugin).map_err(|unproven| causes(&unproven)),
        };
        match result {
            Ok(proof) => {
                if let Some(plugin) = set.plugins.get_mut(&name) {
                    plugin.proof = Some(Arc::new(proof));
                }
            }
            Err(reason) => {
                set.refused.push(Refusal::of(plugin, reason));
                set.plugins.remove(&name);
            }
        }
    }
    set.refused.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(())
}

/// Proves a plugin, or remembers that it was proven: in the order of an empty database or, where that does not do, in that of this one.
fn prove_once(host: &Host, set: &PluginSet, graphs: &Graphs, plugin: &Plugin) -> Result<Proof, Unproven> {
    let histories = graphs.histories(set, plugin)?;
    if let Some(proof) = histories.iter().find_map(|history| kept::read(host.runtime(), set, plugin, &history.nodes)) {
        return Ok(proof);
    }
    let mut first = None;
    for history in &histories {
        match prove(host.settings(), set, plugin, history) {
            Ok(proof) => {
                kept::write(host.runtime(), set, plugin, &history.nodes, &proof);
                return Ok(proof);
            }
            Err(unproven) => _ = first.get_or_insert(unproven),
        }
    }
    Err(first.expect("there is one order at least"))
}

/// All that a plugin's revisions stand on, and they themselves, in an order in which they can run.
pub(super) struct History<'g> {
    graph: &'g Graph,
    nodes: Vec<Node>,
    /// Whether that is how the database has what is applied, and not how an empty one would come to it.
    is_past: bool,
}

/// The orders in which revisions can be replayed.
pub(super) struct Graphs {
    /// As from an empty database.
    from_empty: Graph,
    /// As the database has what is applied: what a later revision of a required plugin takes away was there before it.
    as_applied: Option<Graph>,
}

impl Graphs {
    /// # Errors
    /// The histories of the loaded plugins contradict each other.
    pub(super) fn of(set: &PluginSet, applied: &[(Sequence, Entry)]) -> Result<Self, ServiceError> {
        let loaded = || set.plugins.values().map(|plugin| PluginFacts::from(&plugin.manifest));
        let as_applied = (!applied.is_empty()).then(|| Graph::build(loaded(), applied.iter().map(|(_, entry)| facts_of(entry))).ok());
        Ok(Self { as_applied: as_applied.flatten(), from_empty: Graph::build(loaded(), [])? })
    }

    /// Each order that there is for a plugin; that of an empty database first. What is applied and in no file gives no order.
    ///
    /// # Errors
    /// [`Unproven::Order`].
    pub(super) fn histories(&self, set: &PluginSet, plugin: &Plugin) -> Result<Vec<History<'_>>, Unproven> {
        let history = |graph: &Graph| {
            let heads: Vec<Step> = graph.heads(&plugin.manifest.name).into_iter().cloned().map(Step::Upgrade).collect();
            history_of(graph, set, &heads)
        };
        let nodes = history(&self.from_empty).map_err(|error| Unproven::Order(Box::new(error)))?;
        let past = self.as_applied.iter().filter_map(|graph| Some(History { graph, nodes: history(graph).ok()?, is_past: true }));
        let past: Vec<History<'_>> = past.filter(|past| past.nodes != nodes).collect();
        Ok(std::iter::once(History { graph: &self.from_empty, nodes, is_past: false }).chain(past).collect())
    }
}

/// The plugins, each after those that it requires.
fn in_order(set: &PluginSet) -> Vec<PluginName> {
    fn visit(set: &PluginSet, name: &PluginName, order: &mut Vec<PluginName>) {
        let Some(plugin) = set.plugins.get(name).filter(|_| !order.contains(name)) else { return };
        plugin.manifest.requires.iter().for_each(|requirement| visit(set, &requirement.plugin, order));
        order.push(name.clone());
    }
    let mut order = Vec::new();
    set.plugins.keys().for_each(|name| visit(set, name, &mut order));
    order
}
