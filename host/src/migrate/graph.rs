//! One graph over all plugins: which revisions there are, and what must come before what.
//!
//! A vertex is a revision of a plugin. One that the ledger has is what the ledger says, whatever a file says of it now: it was
//! applied so, and will be undone so. Every other one is what the loaded plugin's manifest says. So a file that was replaced can
//! neither move nor rename what is applied, and a plugin whose file is gone is here by its ledger rows.
//!
//! Which of them count as applied is not decided here; that is [`Applied`](super::Applied). A graph that was built has no cycle, no
//! missing parent and no reference to what is not there: whoever holds one need not check again.
//!
//! # Shape
//! Vertices are numbered in the order of their names, plugin first, so a plugin's vertices are neighbours and a comparison of
//! numbers is the tie-break of every order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::model::{Node, PluginName, RevisionId};

use super::error::GraphError;
use super::order::order;
use super::revision::{PluginFacts, RevisionFacts};

/// Ids that would be shadowed by a target of the same spelling.
const RESERVED_IDS: [&str; 3] = ["head", "heads", "base"];

/// Whether a target of that spelling would mean something else.
pub fn is_reserved(id: &RevisionId) -> bool {
    RESERVED_IDS.contains(&id.as_str())
}

/// All revisions of all plugins and their order.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) vertices: Vec<Vertex>,
    index: HashMap<Node, usize>,
    plugins: BTreeMap<PluginName, Member>,
    /// Position of each vertex in `order`.
    pub(super) rank: Vec<usize>,
    /// The ledger's vertices in the order of their rows, then the others in the order of a plan to all heads.
    pub(super) order: Vec<usize>,
}

/// One revision with its edges, as vertex numbers.
#[derive(Debug, Clone)]
pub(super) struct Vertex {
    pub(super) facts: RevisionFacts,
    /// Its plugin's loaded file has it, too, or alone.
    pub(super) loaded: bool,
    pub(super) parents: Vec<usize>,
    pub(super) children: Vec<usize>,
    pub(super) depends_on: Vec<usize>,
}

/// A plugin's place in the graph.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) loaded: bool,
    pub(super) vertices: Range<usize>,
    pub(super) heads: Vec<usize>,
    /// Of the loaded file; a plugin that is not loaded requires nothing any more, its rows do.
    pub(super) requires: Vec<PluginName>,
}

impl Vertex {
    pub(super) fn node(&self) -> &Node {
        &self.facts.node
    }

    /// What must be applied before it, or was, not counting `requires`.
    pub(super) fn needs(&self) -> impl Iterator<Item = usize> {
        self.parents.iter().chain(&self.depends_on).copied()
    }
}

impl Graph {
    /// Builds the graph from the loaded plugins and the rows of the ledger, in the order in which they were applied.
    ///
    /// # Errors
    /// The first thing that does not hold, always the same one for the same input. [`GraphError::blames`] says whose it is, so that
    /// a caller can leave those out and build again.
    pub fn build(
        loaded: impl IntoIterator<Item = PluginFacts>,
        ledger: impl IntoIterator<Item = RevisionFacts>,
    ) -> Result<Self, GraphError> {
        let mut plugins: BTreeMap<PluginName, Member> = BTreeMap::new();
        let mut stated: BTreeMap<Node, (RevisionFacts, bool)> = BTreeMap::new();
        for PluginFacts { plugin, requires, revisions } in loaded {
            let member = Member { loaded: true, vertices: 0..0, heads: Vec::new(), requires };
            if plugins.insert(plugin.clone(), member).is_some() {
                return Err(GraphError::DuplicatePlugin { plugin });
            }
            for facts in revisions {
                if is_reserved(&facts.node.revision) {
                    return Err(GraphError::ReservedId { node: facts.node });
                }
                if let Some((twice, _)) = stated.insert(facts.node.clone(), (facts, true)) {
                    return Err(GraphError::DuplicateRevision { node: twice.node });
                }
            }
        }
        let mut rows = Vec::new();
        for mut facts in ledger {
            plugins.entry(facts.node.plugin.clone()).or_insert_with(|| Member {
                loaded: false,
                vertices: 0..0,
                heads: Vec::new(),
                requires: Vec::new(),
            });
            let loaded = stated.get(&facts.node).filter(|(_, loaded)| *loaded).map(|(of_file, _)| facts.labels.clone_from(&of_file.labels));
            let loaded = loaded.is_some();
            rows.push(facts.node.clone());
            stated.insert(facts.node.clone(), (facts, loaded));
        }
        let index: HashMap<Node, usize> = stated.keys().cloned().zip(0..).collect();
        let lookup = Lookup { index: &index, plugins: &plugins };
        let past = lookup.past(rows)?;
        let mut vertices = Vec::with_capacity(stated.len());
        for (facts, loaded) in stated.into_values() {
            let (parents, depends_on) = (lookup.parents(&facts)?, lookup.depends_on(&facts)?);
            vertices.push(Vertex { facts, loaded, parents, children: Vec::new(), depends_on });
        }
        let run_before = lookup.run_before(&vertices)?;
        for child in 0..vertices.len() {
            for parent in vertices[child].parents.clone() {
                vertices[parent].children.push(child);
            }
        }
        let mut graph = Self { vertices, index, plugins, rank: Vec::new(), order: Vec::new() };
        graph.place_members();
        graph.refuse_circles()?;
        graph.set_order(past, &run_before)?;
        Ok(graph)
    }

    /// Vertices are sorted by plugin: each member's are a range.
    fn place_members(&mut self) {
        let mut start = 0;
        for chunk in self.vertices.chunk_by(|a, b| a.node().plugin == b.node().plugin) {
            let range = start..start + chunk.len();
            start = range.end;
            if let Some(member) = self.plugins.get_mut(&chunk[0].node().plugin) {
                member.heads = range.clone().filter(|&v| self.vertices[v].children.is_empty()).collect();
                member.vertices = range;
            }
        }
    }

    /// Plugins that require each other cannot be ordered, even if none has a revision.
    fn refuse_circles(&self) -> Result<(), GraphError> {
        let names: Vec<&PluginName> = self.plugins.keys().collect();
        let number: HashMap<&PluginName, usize> = names.iter().copied().zip(0..).collect();
        let required = |member: &Member| member.requires.iter().filter_map(|name| number.get(name).copied()).collect();
        let before: Vec<Vec<usize>> = self.plugins.values().map(required).collect();
        let named =
            |circle: Vec<usize>| GraphError::CircularRequirement { plugins: circle.into_iter().map(|i| names[i].clone()).collect() };
        order(&before).map(drop).map_err(named)
    }

    /// Orders all vertices. The past has its order; only what may yet come is put into one.
    ///
    /// `requires` becomes two gates for each plugin: *enter* P waits for *done* of what P requires, and P's vertices wait for *enter*;
    /// *done* Q waits for Q's vertices. So it costs an edge for each revision, not one for each pair. Gates have the smallest numbers,
    /// which lets them pass at once and leaves the tie-break to the vertices.
    fn set_order(&mut self, past: Vec<usize>, run_before: &[(usize, usize)]) -> Result<(), GraphError> {
        let mut is_past = vec![false; self.vertices.len()];
        past.iter().for_each(|&v| is_past[v] = true);
        let to_come = |v: &usize| !is_past[*v];
        let gates = 2 * self.plugins.len();
        let number: HashMap<&PluginName, usize> = self.plugins.keys().zip(0..).collect();
        let (enter, done) = (|i: usize| 2 * i, |i: usize| 2 * i + 1);
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); gates + self.vertices.len()];
        for (i, member) in self.plugins.values().enumerate() {
            before[enter(i)] = member.requires.iter().filter_map(|name| number.get(name)).map(|&q| done(q)).collect();
            before[done(i)] = member.vertices.clone().filter(to_come).map(|v| gates + v).collect();
            before[done(i)].push(enter(i));
            for v in member.vertices.clone().filter(to_come) {
                before[gates + v] = self.vertices[v].needs().filter(to_come).map(|need| gates + need).collect();
                before[gates + v].push(enter(i));
            }
        }
        let both_to_come = run_before.iter().filter(|(first, then)| to_come(first) && to_come(then));
        both_to_come.for_each(|&(first, then)| before[gates + then].push(gates + first));
        let vertices_of = |numbers: Vec<usize>| numbers.into_iter().filter(|&n| n >= gates).map(|n| n - gates).collect::<Vec<_>>();
        let named = |cycle| GraphError::Cycle { nodes: vertices_of(cycle).into_iter().map(|v| self.vertices[v].node().clone()).collect() };
        let future = vertices_of(order(&before).map_err(named)?).into_iter().filter(to_come);
        self.order = past.into_iter().chain(future).collect();
        self.rank = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(rank, &v)| self.rank[v] = rank);
        Ok(())
    }

    /// Facts about a revision: the ledger's, where it has the revision.
    pub fn facts(&self, node: &Node) -> Option<&RevisionFacts> {
        self.vertex(node).map(|v| &self.vertices[v].facts)
    }

    /// All plugins, loaded or not, in the order of their names.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginName> {
        self.plugins.keys()
    }

    /// Whether the plugin's file was loaded.
    pub fn is_loaded(&self, plugin: &PluginName) -> bool {
        self.plugins.get(plugin).is_some_and(|member| member.loaded)
    }

    /// A plugin's revisions that are no revision's parent, in the order of their ids; empty for an unknown plugin.
    pub fn heads(&self, plugin: &PluginName) -> Vec<&Node> {
        self.plugins.get(plugin).map(|member| self.nodes(&member.heads)).unwrap_or_default()
    }

    /// All revisions: those of the ledger in the order in which they were applied, then the others in the order of a plan to all heads.
    pub fn in_order(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.order.iter().map(|&v| self.vertices[v].node())
    }

    /// Revisions of this graph, each once, put into that order; others are left out.
    pub fn put_in_order(&self, nodes: impl IntoIterator<Item = Node>) -> Vec<Node> {
        let mut vertices: Vec<usize> = nodes.into_iter().filter_map(|node| self.vertex(&node)).collect();
        vertices.sort_unstable_by_key(|&v| self.rank[v]);
        vertices.dedup();
        vertices.into_iter().map(|v| self.node(v).clone()).collect()
    }

    pub(super) fn vertex(&self, node: &Node) -> Option<usize> {
        self.index.get(node).copied()
    }

    pub(super) fn member(&self, plugin: &PluginName) -> Option<&Member> {
        self.plugins.get(plugin)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&PluginName, &Member)> {
        self.plugins.iter()
    }

    pub(super) fn node(&self, vertex: usize) -> &Node {
        self.vertices[vertex].node()
    }

    pub(super) fn nodes(&self, vertices: &[usize]) -> Vec<&Node> {
        vertices.iter().map(|&v| self.node(v)).collect()
    }
}

/// Turns ids into vertex numbers, or says which one is not there.
struct Lookup<'a> {
    index: &'a HashMap<Node, usize>,
    plugins: &'a BTreeMap<PluginName, Member>,
}

impl Lookup<'_> {
    fn parents(&self, facts: &RevisionFacts) -> Result<Vec<usize>, GraphError> {
        let find = |parent| {
            let node = Node::new(facts.node.plugin.clone(), parent);
            self.index.get(&node).copied().ok_or_else(|| {
                let mut known: Vec<_> =
                    self.index.keys().filter(|known| known.plugin == node.plugin).map(|known| known.revision.clone()).collect();
                known.sort();
                GraphError::MissingParent { node: facts.node.clone(), parent: node.revision, known }
            })
        };
        once_each(facts.parents.iter().cloned().map(find))
    }

    fn depends_on(&self, facts: &RevisionFacts) -> Result<Vec<usize>, GraphError> {
        let find = |on: &Node| {
            let (node, on) = (|| facts.node.clone(), || on.clone());
            match self.index.get(&on()) {
                Some(&vertex) => Ok(vertex),
                None if self.plugins.contains_key(&on().plugin) => Err(GraphError::DependsOnUnknownRevision { node: node(), on: on() }),
                None => Err(GraphError::DependsOnUnknownPlugin { node: node(), on: on() }),
            }
        };
        once_each(facts.depends_on.iter().map(find))
    }

    /// The ledger's rows, each revision once.
    fn past(&self, rows: Vec<Node>) -> Result<Vec<usize>, GraphError> {
        let mut seen = HashSet::new();
        let once =
            |node: Node| if seen.insert(self.index[&node]) { Ok(self.index[&node]) } else { Err(GraphError::DuplicateRevision { node }) };
        rows.into_iter().map(once).collect()
    }

    fn run_before(&self, vertices: &[Vertex]) -> Result<Vec<(usize, usize)>, GraphError> {
        let mut pairs = Vec::new();
        for (first, vertex) in vertices.iter().enumerate() {
            for then in &vertex.facts.run_before {
                match self.index.get(then) {
                    Some(&then) => pairs.push((first, then)),
                    // Of one that is only applied, the file may have it that is to come.
                    None if !self.plugins.get(&then.plugin).is_some_and(|member| member.loaded) => {}
                    None => return Err(GraphError::RunBeforeUnknownRevision { node: vertex.node().clone(), before: then.clone() }),
                }
            }
        }
        Ok(pairs)
    }
}

/// Collects, without repetition, in order.
fn once_each(found: impl Iterator<Item = Result<usize, GraphError>>) -> Result<Vec<usize>, GraphError> {
    let mut seen = HashSet::new();
    found.filter(|vertex| vertex.as_ref().map_or(true, |v| seen.insert(*v))).collect()
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
