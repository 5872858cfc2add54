//! What is applied, and what could be: the ledger, the plugins' histories and the owners of tables, read together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::error::ServiceError;
use super::live::Live;
use super::load::{PluginSet, Refusal};
use super::upgrade::{Report, StepLine};
use crate::migrate::{Applied, Graph, PluginFacts, RevisionFacts, Step, applied_but_missing, require_consistent};
use crate::model::text::plain;
use crate::model::{Name, Node, PluginName, RevisionId};
use crate::store::ledger::{Entry, Sequence};

/// Whose each table is that is there. A table that no plugin made is not among them.
pub(super) type Tables = BTreeMap<Name, PluginName>;

/// The graph over all plugins, loaded or only applied, and how far the database is in it.
#[derive(Debug)]
pub struct State {
    /// All histories.
    pub graph: Graph,
    /// What was applied when the ledger was read.
    pub applied: Applied,
    /// The ledger, in order of application.
    pub entries: Vec<(Sequence, Entry)>,
    /// What is applied now, this run's own steps included.
    now: HashSet<Node>,
}

impl State {
    /// Reads the ledger and joins it with the loaded plugins.
    ///
    /// # Errors
    /// The ledger cannot be read, or contradicts the plugins' histories.
    pub fn read(live: &Live, set: &PluginSet) -> Result<Self, ServiceError> {
        Self::of(live.ledger()?, set)
    }

    /// Joins what was read of the ledger with the loaded plugins.
    ///
    /// # Errors
    /// They contradict each other.
    pub(super) fn of(entries: Vec<(Sequence, Entry)>, set: &PluginSet) -> Result<Self, ServiceError> {
        let loaded = set.plugins.values().map(|plugin| PluginFacts::from(&plugin.manifest));
        let graph = Graph::build(loaded, entries.iter().map(|(_, entry)| facts_of(entry)))?;
        let nodes: Vec<(Sequence, Node)> = entries.iter().map(|(seq, entry)| (*seq, entry.node())).collect();
        let applied = Applied::from_ledger(&graph, nodes.iter().map(|(seq, node)| (*seq, node)))?;
        let now = nodes.into_iter().map(|(_, node)| node).collect();
        Ok(Self { graph, applied, entries, now })
    }

    /// The ledger's row of a revision.
    pub fn entry(&self, node: &Node) -> Option<&Entry> {
        self.entries.iter().map(|(_, entry)| entry).find(|entry| entry.plugin == node.plugin && entry.revision == node.revision)
    }

    /// Whether a revision is applied, this run's own steps included.
    pub fn is_applied(&self, node: &Node) -> bool {
        self.now.contains(node)
    }

    /// This run applied a revision.
    pub fn note_applied(&mut self, node: &Node) {
        self.now.insert(node.clone());
    }

    /// This run undid a revision.
    pub fn note_undone(&mut self, node: &Node) {
        self.now.remove(node);
    }

    /// Everything that a revision stands on is applied.
    ///
    /// # Errors
    /// [`ServiceError::ChangedMeanwhile`]: the plan had it so, and another process undid it.
    pub fn require_ready(&self, node: &Node) -> Result<(), ServiceError> {
        let Some(facts) = self.graph.facts(node) else { return Err(ServiceError::NotLoaded { node: node.clone() }) };
        let parents = facts.parents.iter().map(|parent| Node::new(node.plugin.clone(), parent.clone()));
        let missing = parents.chain(facts.depends_on.iter().cloned()).find(|needed| !self.is_applied(needed));
        missing.map_or(Ok(()), |_| Err(ServiceError::ChangedMeanwhile { node: node.clone() }))
    }

    /// The plugins that an upgrade cannot touch: refused at load, older than what is applied, or at odds with the ledger. The latter
    /// two are added to the report.
    pub fn left_out(&self, set: &PluginSet, report: &mut Report) -> BTreeSet<PluginName> {
        let mut left_out: BTreeSet<PluginName> = set.left_out().cloned().collect();
        let missing = applied_but_missing(&self.graph, &self.applied);
        for (name, plugin) in &set.plugins {
            let lacks = |revisions: &Vec<RevisionId>| {
                let (applied, them) = are_applied(revisions);
                format!("{applied}, and the file does not have {them}; put the newer file back, or undo {them} with `tenon downgrade`")
            };
            let contradiction = || require_consistent(&self.graph, &self.applied, name).err().map(|error| error.to_string());
            if let Some(reason) = missing.get(name).map(lacks).or_else(contradiction) {
                report.refused.push(Refusal::of(plugin, reason));
                left_out.insert(name.clone());
            }
        }
        left_out
    }

    /// What a person reads of a step.
    pub fn line(&self, node: &Node, direction: &'static str) -> StepLine {
        let facts = self.graph.facts(node);
        let parents = facts.map(|facts| facts.parents.iter().map(|id| Node::new(node.plugin.clone(), id.clone())).collect());
        let message = facts.map(|facts| facts.message.clone());
        StepLine { direction, revision: node.clone(), parents: parents.unwrap_or_default(), message: message.unwrap_or_default() }
    }
}

/// `revision aa is applied` and `it`, or `revisions aa, bb are applied` and `them`.
pub(super) fn are_applied(revisions: &[impl std::fmt::Display]) -> (String, &'static str) {
    let ids: Vec<String> = revisions.iter().map(ToString::to_string).collect();
    match &ids[..] {
        [id] => (format!("revision {id} is applied"), "it"),
        ids => (format!("revisions {} are applied", ids.join(", ")), "them"),
    }
}

pub(super) fn facts_of(entry: &Entry) -> RevisionFacts {
    RevisionFacts {
        labels: Vec::new(),
        node: entry.node(),
        parents: entry.parents.clone(),
        depends_on: entry.depends_on.clone(),
        run_before: Vec::new(),
        requires: entry.requires.clone(),
        // What a plugin says was checked when it was loaded; what stands in a file may have been written by anybody.
        message: plain(&entry.message),
        created: entry.created,
        irreversible: entry.irreversible.clone(),
    }
}

/// Everything that `steps` stand on and the steps themselves, in an order that can be run from empty.
///
/// # Errors
/// A step, or what it stands on, is of a plugin that is not loaded.
pub(super) fn history_of(graph: &Graph, set: &PluginSet, steps: &[Step]) -> Result<Vec<Node>, ServiceError> {
    let mut wanted: HashSet<Node> = HashSet::new();
    let mut open: Vec<Node> = steps.iter().map(|step| step.node().clone()).collect();
    let mut seen: BTreeSet<&PluginName> = BTreeSet::new();
    while let Some(node) = open.pop() {
        let Some(plugin) = set.plugins.get(&node.plugin) else { return Err(ServiceError::NotLoaded { node }) };
        if plugin.manifest.revision(&node.revision).is_none() {
            return Err(ServiceError::NotLoaded { node });
        }
        // A required plugin's tables are there before this one begins, whether or not a revision says which it needs.
        if seen.insert(&plugin.manifest.name) {
            for requirement in &plugin.manifest.requires {
                open.extend(graph.heads(&requirement.plugin).into_iter().cloned());
            }
        }
        if wanted.insert(node.clone())
            && let Some(facts) = graph.facts(&node)
        {
            open.extend(facts.parents.iter().map(|parent| Node::new(node.plugin.clone(), parent.clone())));
            open.extend(facts.depends_on.iter().cloned());
        }
    }
    Ok(graph.put_in_order(wanted))
}
