//! The proof that a plugin does what it says: its revisions, applied on an empty database, leave what it declares; undone, they leave
//! nothing; applied again, the same.
//!
//! What a proven plugin's revisions did is kept with the proof, and serves as the replay wherever one is asked for.

mod climb;
mod declared;
mod failures;
mod kept;
mod states;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use super::error::ServiceError;
use super::host::Host;
use super::load::{Plugin, PluginSet, Refusal, causes};
use super::replay::{Replay, ReplayError, Replayed};
use super::settings::Settings;
use super::state::{State, history_of};
use crate::migrate::difference::{Difference, Facts};
use crate::migrate::shape::Shapes;
use crate::migrate::{DialectError, Graph, PluginFacts, Step};
use crate::model::{ContentHash, Manifest, Node, PluginName, RevisionId};
use climb::{Climb, PROOF_TIME};
pub(super) use failures::Failures;

/// What is known of a plugin that proved itself: what each of its revisions did.
#[derive(Debug)]
pub struct Proof {
    revisions: OnceLock<HashMap<RevisionId, Replayed>>,
    /// The same as it was kept, for when it is asked for: most commands have nothing to do with it.
    kept: Vec<u8>,
    /// Of all that it depends on, where that can be told.
    key: Option<ContentHash>,
}

impl Proof {
    fn of(revisions: HashMap<RevisionId, Replayed>) -> Self {
        Self { revisions: OnceLock::from(revisions), kept: Vec::new(), key: None }
    }

    fn from_kept(key: ContentHash, kept: Vec<u8>) -> Self {
        Self { revisions: OnceLock::new(), kept, key: Some(key) }
    }

    /// What each of its revisions did.
    pub(super) fn revisions(&self) -> &HashMap<RevisionId, Replayed> {
        self.revisions.get_or_init(|| kept::revisions(&self.kept))
    }
}

/// A proof that was just made.
#[derive(Debug)]
pub(super) struct Proven {
    /// It.
    pub proof: Proof,
    /// The first of the revisions, going back, that has no way back: those before it were not undone.
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
    /// In one of the orders it may do so another time.
    #[error(transparent)]
    Passing(Box<Unproven>),
    /// The same was tried before, by the same process.
    #[error("{0}")]
    Before(String),
    /// All of it together takes too long.
    #[error("its revisions run for more than {} s on an empty database, up, down and up again", PROOF_TIME.as_secs())]
    TooLong,
    /// The order of its revisions cannot be found.
    #[error(transparent)]
    Order(Box<ServiceError>),
}

impl Unproven {
    /// As [`ReplayError::may_pass`].
    fn may_pass(&self) -> bool {
        match self {
            Self::Replay(error) => error.may_pass(),
            Self::Up(errors) => errors.iter().any(ReplayError::may_pass),
            Self::Down { source, .. } | Self::FailsAgain { source, .. } => source.may_pass(),
            Self::Passing(_) => true,
            _ => false,
        }
    }

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
pub(super) fn prove(settings: &Settings, set: &PluginSet, plugin: &Plugin, history: &History<'_>) -> Result<Proven, Unproven> {
    Climb::begin(settings, set, plugin)?.climb(history)
}

/// The database in memory that a plugin's history leaves, whatever the plugin declares.
///
/// # Errors
/// See [`Unproven`].
pub(super) fn replayed<'a>(
    settings: &'a Settings,
    set: &'a PluginSet,
    plugin: &'a Plugin,
    history: &History<'_>,
) -> Result<Replay<'a>, Unproven> {
    Climb::begin(settings, set, plugin)?.reach_the_top(history)
}

/// What a plugin's objects are after each of its own revisions, in order.
///
/// # Errors
/// See [`Unproven`].
pub(super) fn states(
    settings: &Settings,
    set: &PluginSet,
    plugin: &Plugin,
    history: &History<'_>,
) -> Result<Vec<(RevisionId, Facts)>, Unproven> {
    Climb::begin(settings, set, plugin)?.each_state(history)
}

/// What a plugin declares, to be compared.
///
/// # Errors
/// It cannot be made.
pub(super) fn declared_facts(manifest: &Manifest) -> Result<Facts, Unproven> {
    declared::facts(manifest)
}

/// The same, piece by piece.
///
/// # Errors
/// It cannot be made.
pub(super) fn declared_shapes(manifest: &Manifest) -> Result<Shapes, Unproven> {
    declared::shapes(manifest)
}

/// Proves all plugins of a set, or remembers that they proved themselves; those that do not are refused, and so is what requires them.
/// `state` is what the database holds; none stands for an empty one.
///
/// # Errors
/// The histories contradict each other.
pub(super) fn prove_all(host: &Host, set: &mut PluginSet, state: Option<&State>) -> Result<(), ServiceError> {
    let orders = Orders::of(state);
    // Why, and whether it may pass.
    let mut failed: BTreeMap<PluginName, (String, bool)> = BTreeMap::new();
    let mut proofs: BTreeMap<PluginName, Arc<Proof>> = BTreeMap::new();
    for name in in_order(set) {
        let plugin = &set.plugins[&name];
        let refused = plugin.manifest.requires.iter().find(|requirement| failed.contains_key(&requirement.plugin));
        let result = match refused {
            Some(needed) => Err((format!("it requires plugin {} {}, which was refused itself", needed.plugin, needed.versions), false)),
            None => prove_once(host, set, &orders, plugin).map_err(|unproven| (causes(&unproven), unproven.may_pass())),
        };
        match result {
            Ok(proof) => _ = proofs.insert(name, proof),
            Err(why) => _ = failed.insert(name, why),
        }
    }
    for (name, proof) in proofs {
        if let Some(plugin) = set.plugins.get_mut(&name) {
            plugin.proof = Some(proof);
        }
    }
    for (name, (reason, may_pass)) in failed {
        set.refused.extend(set.plugins.remove(&name).map(|plugin| Refusal { may_pass, ..Refusal::of(&plugin, reason) }));
    }
    set.refused.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(())
}

/// Proves a plugin, or remembers that it was proven: in the order of an empty database or, where that does not do, in that of this one.
fn prove_once(host: &Host, set: &PluginSet, orders: &Orders<'_>, plugin: &Plugin) -> Result<Arc<Proof>, Unproven> {
    let key = |history: &History<'_>| kept::key(set, plugin, &history.nodes);
    let known = |history: &History<'_>| {
        let key = key(history)?;
        let at_hand = plugin.proof.as_ref().filter(|proof| proof.key == Some(key)).cloned();
        at_hand.or_else(|| kept::read(host.runtime(), key).map(Arc::new))
    };
    // What is at hand already is asked first.
    let past = orders.past(set, plugin);
    if let Some(proof) = past.as_ref().and_then(known) {
        return Ok(proof);
    }
    let from_empty = orders.anew(set, plugin)?;
    let past = past.filter(|past| past.nodes != from_empty.nodes);
    if let Some(proof) = known(&from_empty) {
        return Ok(proof);
    }
    let histories: Vec<History<'_>> = std::iter::once(from_empty).chain(past).collect();
    let tried: Option<Vec<ContentHash>> = histories.iter().map(key).collect();
    if let Some(why) = tried.as_ref().and_then(|tried| host.failures().of(tried)) {
        return Err(Unproven::Before(why));
    }
    tracing::debug!(plugin = %plugin.manifest.name, "its revisions are run on an empty database");
    let (mut first, mut may_pass) = (None, false);
    for history in histories {
        match prove(host.settings(), set, plugin, &history) {
            Ok(Proven { mut proof, .. }) => {
                proof.key = key(&history);
                if let Some(key) = proof.key {
                    kept::write(host.runtime(), &plugin.manifest.name, key, &proof);
                }
                return Ok(Arc::new(proof));
            }
            Err(unproven) => {
                may_pass |= unproven.may_pass();
                first.get_or_insert(unproven);
            }
        }
    }
    let unproven = first.expect("there is one order at least");
    if let Some(tried) = tried.filter(|_| !may_pass) {
        host.failures().note(tried, plugin.hash(), causes(&unproven));
    }
    Err(if may_pass { Unproven::Passing(Box::new(unproven)) } else { unproven })
}

/// All that a plugin's revisions stand on, and they themselves, in an order in which they can run.
pub(super) struct History<'g> {
    graph: &'g Graph,
    nodes: Vec<Node>,
    /// Whether that is how the database has what is applied, and not how an empty one would come to it.
    is_past: bool,
}

/// The orders in which revisions can be replayed.
pub(super) struct Orders<'a> {
    /// As the database has what is applied: what a later revision of a required plugin takes away was there before it.
    past: Option<&'a Graph>,
    /// As from an empty database; built when it is asked for.
    from_empty: OnceCell<Graph>,
}

impl<'a> Orders<'a> {
    /// For what a database holds; none stands for an empty one.
    pub(super) fn of(state: Option<&'a State>) -> Self {
        Self { past: state.map(|state| &state.graph), from_empty: OnceCell::new() }
    }

    /// A plugin's history in the order that an empty database has it.
    ///
    /// # Errors
    /// [`Unproven::Order`].
    pub(super) fn anew(&self, set: &PluginSet, plugin: &Plugin) -> Result<History<'_>, Unproven> {
        let graph = self.graph_anew(set)?;
        let nodes = nodes(graph, set, plugin).map_err(|error| Unproven::Order(Box::new(error)))?;
        Ok(History { graph, nodes, is_past: false })
    }

    /// The same of some of its revisions, and of what they stand on.
    ///
    /// # Errors
    /// [`Unproven::Order`].
    pub(super) fn anew_to(&self, set: &PluginSet, revisions: impl IntoIterator<Item = Node>) -> Result<History<'_>, Unproven> {
        let graph = self.graph_anew(set)?;
        let steps: Vec<Step> = revisions.into_iter().map(Step::Upgrade).collect();
        let nodes = history_of(graph, set, &steps).map_err(|error| Unproven::Order(Box::new(error)))?;
        Ok(History { graph, nodes, is_past: false })
    }

    fn graph_anew(&self, set: &PluginSet) -> Result<&Graph, Unproven> {
        Ok(match self.from_empty.get() {
            Some(graph) => graph,
            None => {
                let loaded = set.plugins.values().map(|plugin| PluginFacts::from(&plugin.manifest));
                let graph = Graph::build(loaded, []).map_err(|error| Unproven::Order(Box::new(error.into())))?;
                self.from_empty.get_or_init(|| graph)
            }
        })
    }

    /// The same in the order of the database. What is applied and in no file gives no order.
    fn past(&self, set: &PluginSet, plugin: &Plugin) -> Option<History<'a>> {
        let graph = self.past?;
        Some(History { graph, nodes: nodes(graph, set, plugin).ok()?, is_past: true })
    }
}

fn nodes(graph: &Graph, set: &PluginSet, plugin: &Plugin) -> Result<Vec<Node>, ServiceError> {
    let heads: Vec<Step> = graph.heads(&plugin.manifest.name).into_iter().cloned().map(Step::Upgrade).collect();
    history_of(graph, set, &heads)
}

/// The plugins, each after those that it requires.
fn in_order(set: &PluginSet) -> Vec<PluginName> {
    fn visit<'a>(set: &'a PluginSet, name: &'a PluginName, seen: &mut BTreeSet<&'a PluginName>, order: &mut Vec<PluginName>) {
        let Some(plugin) = set.plugins.get(name).filter(|_| seen.insert(name)) else { return };
        plugin.manifest.requires.iter().for_each(|requirement| visit(set, &requirement.plugin, seen, order));
        order.push(name.clone());
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    set.plugins.keys().for_each(|name| visit(set, name, &mut seen, &mut order));
    order
}
