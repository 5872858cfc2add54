//! Graphs in a line, for the tests of this room.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;

use crate::model::{Node, PluginName};

use super::{Applied, Graph, GraphError, Plan, PlanError, PluginFacts, RevisionFacts, Step, plan_downgrade, plan_upgrade};

pub(super) fn node(text: &str) -> Node {
    text.parse().unwrap()
}

pub(super) fn name(text: &str) -> PluginName {
    text.parse().unwrap()
}

/// A revision; its message is its id.
pub(super) fn rev<const N: usize>(plugin: &str, id: &str, parents: [&str; N]) -> RevisionFacts {
    RevisionFacts {
        node: Node::new(name(plugin), id.parse().unwrap()),
        parents: parents.iter().map(|parent| parent.parse().unwrap()).collect(),
        depends_on: Vec::new(),
        run_before: Vec::new(),
        requires: Vec::new(),
        message: id.to_owned(),
        created: DateTime::UNIX_EPOCH,
        irreversible: None,
        labels: Vec::new(),
    }
}

impl RevisionFacts {
    pub(super) fn depends<const N: usize>(mut self, on: [&str; N]) -> Self {
        self.depends_on = on.iter().map(|text| node(text)).collect();
        self
    }

    pub(super) fn labelled(mut self, label: &str) -> Self {
        self.labels = vec![label.parse().unwrap()];
        self
    }

    pub(super) fn requires<const N: usize>(mut self, plugins: [&str; N]) -> Self {
        self.requires = plugins.iter().map(|text| name(text)).collect();
        self
    }

    pub(super) fn before(mut self, other: &str) -> Self {
        self.run_before = vec![node(other)];
        self
    }

    pub(super) fn irreversible(mut self, reason: &str) -> Self {
        self.irreversible = Some(reason.to_owned());
        self
    }
}

/// Groups revisions to plugins; a plugin requires what any of its revisions does.
pub(super) fn plugins(revisions: impl IntoIterator<Item = RevisionFacts>) -> Vec<PluginFacts> {
    let mut plugins: BTreeMap<PluginName, PluginFacts> = BTreeMap::new();
    for facts in revisions {
        let name = facts.node.plugin.clone();
        let plugin =
            plugins.entry(name.clone()).or_insert_with(|| PluginFacts { plugin: name, requires: Vec::new(), revisions: Vec::new() });
        plugin.requires.extend(facts.requires.clone());
        plugin.revisions.push(facts);
    }
    plugins.into_values().collect()
}

pub(super) fn graph(revisions: impl IntoIterator<Item = RevisionFacts>) -> Result<Graph, GraphError> {
    Graph::build(plugins(revisions), [])
}

/// A graph and a database.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) graph: Graph,
    pub(super) applied: Applied,
    pub(super) left_out: BTreeSet<PluginName>,
}

impl World {
    /// All plugins are loaded; the revisions named are applied, in that order.
    pub(super) fn new(revisions: impl IntoIterator<Item = RevisionFacts>, applied: &str) -> Self {
        Self::of(graph(revisions).unwrap(), applied)
    }

    /// Some plugins are loaded, the ledger knows some revisions and says that they are applied, in that order.
    pub(super) fn with_ledger(loaded: impl IntoIterator<Item = RevisionFacts>, rows: Vec<RevisionFacts>) -> Self {
        let applied: Vec<String> = rows.iter().map(|row| row.node.to_string()).collect();
        Self::of(Graph::build(plugins(loaded), rows).unwrap(), &applied.join(" "))
    }

    pub(super) fn of(graph: Graph, applied: &str) -> Self {
        let nodes: Vec<Node> = applied.split_whitespace().map(node).collect();
        let applied = Applied::from_ledger(&graph, (1..).zip(&nodes)).unwrap();
        Self { graph, applied, left_out: BTreeSet::new() }
    }

    pub(super) fn leaving_out(mut self, plugin: &str) -> Self {
        self.left_out.insert(name(plugin));
        self
    }

    pub(super) fn plan_up(&self, target: &str) -> Result<Plan, PlanError> {
        plan_upgrade(&self.graph, &self.applied, &target.parse().unwrap(), &self.left_out)
    }

    /// The revisions that an upgrade would apply, as text.
    pub(super) fn up(&self, target: &str) -> Result<String, PlanError> {
        self.plan_up(target).map(|plan| text(&plan))
    }

    /// The revisions that a downgrade would undo, as text.
    pub(super) fn down(&self, target: &str) -> Result<String, PlanError> {
        plan_downgrade(&self.graph, &self.applied, &target.parse().unwrap(), false).map(|plan| text(&plan))
    }

    pub(super) fn cascade(&self, target: &str) -> Result<String, PlanError> {
        plan_downgrade(&self.graph, &self.applied, &target.parse().unwrap(), true).map(|plan| text(&plan))
    }
}

pub(super) fn text(plan: &Plan) -> String {
    let nodes: Vec<String> = plan.steps.iter().map(Step::node).map(Node::to_string).collect();
    nodes.join(" ")
}
