//! Which revisions of a graph are applied, and in which order they were.

use std::collections::{BTreeMap, HashSet};

use crate::model::{Node, PluginName, RevisionId};

use super::error::PlanError;
use super::graph::Graph;

/// The applied revisions of a graph: vertex by vertex its sequence number, and the vertices in order of application.
///
/// Belongs to the graph that it was made with; with another one it means nothing.
#[derive(Debug, Clone)]
pub struct Applied {
    seq: Vec<Option<i64>>,
    order: Vec<usize>,
}

impl Applied {
    /// Nothing is applied.
    pub fn nothing(graph: &Graph) -> Self {
        Self { seq: vec![None; graph.vertices.len()], order: Vec::new() }
    }

    /// Reads the ledger: sequence numbers and revisions, in any order.
    ///
    /// # Errors
    /// A revision that the graph does not have, or a revision or number that occurs twice.
    pub fn from_ledger<'a>(graph: &Graph, rows: impl IntoIterator<Item = (i64, &'a Node)>) -> Result<Self, PlanError> {
        let mut applied = Self::nothing(graph);
        let mut numbers = HashSet::new();
        for (seq, node) in rows {
            let vertex = graph.vertex(node).ok_or_else(|| PlanError::NotInGraph { node: node.clone() })?;
            if applied.seq[vertex].replace(seq).is_some() || !numbers.insert(seq) {
                return Err(PlanError::AppliedTwice { node: node.clone() });
            }
            applied.order.push(vertex);
        }
        applied.order.sort_by_key(|&vertex| applied.seq[vertex]);
        Ok(applied)
    }

    /// As if these vertices had been applied in this order.
    pub(super) fn assume(graph: &Graph, vertices: Vec<usize>) -> Self {
        let mut applied = Self::nothing(graph);
        vertices.iter().zip(1..).for_each(|(&vertex, seq)| applied.seq[vertex] = Some(seq));
        applied.order = vertices;
        applied
    }

    /// Whether the revision is applied.
    pub fn contains(&self, graph: &Graph, node: &Node) -> bool {
        graph.vertex(node).is_some_and(|vertex| self.has(vertex))
    }

    /// How many are applied.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A plugin's applied revisions without an applied child: where it stands. In the order of their ids.
    pub fn heads(&self, graph: &Graph, plugin: &PluginName) -> Vec<Node> {
        let member = graph.member(plugin);
        let vertices = member.map(|member| member.vertices.clone()).unwrap_or_default();
        vertices.filter(|&v| self.is_head(graph, v)).map(|v| graph.node(v).clone()).collect()
    }

    pub(super) fn has(&self, vertex: usize) -> bool {
        self.seq[vertex].is_some()
    }

    pub(super) fn seq(&self, vertex: usize) -> Option<i64> {
        self.seq[vertex]
    }

    /// In order of application.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    pub(super) fn is_head(&self, graph: &Graph, vertex: usize) -> bool {
        self.has(vertex) && !graph.vertices[vertex].children.iter().any(|&child| self.has(child))
    }
}

/// The applied revisions that a loaded plugin's file does not have, by plugin: their files are older than the database.
///
/// # Shape
/// Only plugins with at least one; a plugin that is not loaded at all is none of them.
pub fn applied_but_missing(graph: &Graph, applied: &Applied) -> BTreeMap<PluginName, Vec<RevisionId>> {
    let mut missing: BTreeMap<PluginName, Vec<RevisionId>> = BTreeMap::new();
    let mut vertices = applied.order().to_vec();
    vertices.sort_unstable();
    for vertex in vertices {
        let Node { plugin, revision } = graph.node(vertex);
        if graph.is_loaded(plugin) && !graph.vertices[vertex].loaded {
            missing.entry(plugin.clone()).or_default().push(revision.clone());
        }
    }
    missing
}

/// The applied revisions that a loaded plugin's file does not have, in the order of their ids.
pub fn applied_but_missing_of<'a>(graph: &'a Graph, applied: &Applied, plugin: &PluginName) -> Vec<&'a Node> {
    let member = graph.member(plugin).filter(|member| member.loaded);
    let vertices = member.map(|member| member.vertices.clone()).unwrap_or_default();
    vertices.filter(|&v| applied.has(v) && !graph.vertices[v].loaded).map(|v| graph.node(v)).collect()
}

/// That the plugin's loaded file has all of its applied revisions.
///
/// # Errors
/// [`PlanError::AppliedButMissing`]. Whoever wants to upgrade the others puts the plugin among those left out.
pub fn require_complete(graph: &Graph, applied: &Applied, plugin: &PluginName) -> Result<(), PlanError> {
    let revisions: Vec<RevisionId> = applied_but_missing_of(graph, applied, plugin).into_iter().map(|node| node.revision.clone()).collect();
    if revisions.is_empty() { Ok(()) } else { Err(PlanError::AppliedButMissing { plugin: plugin.clone(), revisions }) }
}

/// That everything on which the plugin's applied revisions stand is applied, too.
///
/// # Errors
/// [`PlanError::InconsistentHistory`]: rows were taken from the ledger by hand. Whoever wants to upgrade the others puts the plugin
/// among those left out.
pub fn require_consistent(graph: &Graph, applied: &Applied, plugin: &PluginName) -> Result<(), PlanError> {
    let vertices = graph.member(plugin).map(|member| member.vertices.clone()).unwrap_or_default();
    for vertex in vertices.filter(|&v| applied.has(v)) {
        if let Some(missing) = graph.vertices[vertex].needs().find(|&need| !applied.has(need)) {
            return Err(PlanError::InconsistentHistory { node: graph.node(vertex).clone(), missing: graph.node(missing).clone() });
        }
    }
    Ok(())
}
