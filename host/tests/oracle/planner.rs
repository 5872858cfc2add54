//! The planner, asked through the library as the commands ask it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use tenon::migrate::{Applied, Graph, PlanError, PluginFacts, RevisionFacts, Step, Target, plan_downgrade, plan_upgrade};
use tenon::model::{Label, Manifest, Node, PluginName, Revision, RevisionId};

use super::Why;
use super::case::Drawn;
use super::history::{History, Set};
use super::target::Direction;

/// A graph as Tenon has it.
#[derive(Debug)]
pub(crate) struct Planner {
    plugins: Vec<PluginFacts>,
    graph: Graph,
    applied: Applied,
}

/// How revisions are shared out among plugins, whose names are in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// All are of one, which no plugin could have: a revision cannot depend on one of its own plugin. But it is what Alembic has.
    OnePlugin,
    /// What hangs together by parents is of one.
    PluginForEachTree,
}

impl Split {
    /// By revision: the number of its plugin.
    pub(crate) fn plugins(self, history: &History) -> Vec<usize> {
        let tree = |revision: usize| {
            let mut tree = Set::from([revision]);
            loop {
                let grown: Set = tree.iter().flat_map(|&revision| history.lineage(revision)).collect();
                if grown == tree {
                    return tree;
                }
                tree = grown;
            }
        };
        let first = |revision: usize| if self == Self::OnePlugin { 0 } else { tree(revision).first().copied().unwrap() };
        history.all().into_iter().map(first).collect()
    }
}

/// What they say of themselves, in the order of the list.
fn facts(revisions: &[Drawn], plugin: impl Fn(&str) -> PluginName) -> Vec<PluginFacts> {
    let mut plugins: Vec<PluginFacts> = Vec::new();
    for revision in revisions {
        let own = plugin(&revision.id);
        let facts = RevisionFacts {
            node: Node::new(own.clone(), id(&revision.id)),
            parents: revision.parents.iter().map(|parent| id(parent)).collect(),
            depends_on: revision.depends_on.iter().map(|on| Node::new(plugin(on), id(on))).collect(),
            run_before: Vec::new(),
            requires: Vec::new(),
            message: revision.id.clone(),
            created: chrono::DateTime::UNIX_EPOCH,
            irreversible: None,
            labels: revision.labels.iter().map(|label| label.parse().unwrap()).collect(),
        };
        match plugins.iter_mut().find(|plugin| plugin.plugin == own) {
            Some(plugin) => plugin.revisions.push(facts),
            None => plugins.push(PluginFacts { plugin: own, requires: Vec::new(), revisions: vec![facts] }),
        }
    }
    plugins
}

fn id(text: &str) -> RevisionId {
    text.parse().unwrap()
}

/// The heads of the graph of one plugin.
pub(crate) fn heads(revisions: &[Drawn]) -> Vec<String> {
    let plugin: PluginName = "app".parse().unwrap();
    let graph = Graph::build(facts(revisions, |_| plugin.clone()), []).unwrap();
    graph.heads(&plugin).into_iter().map(|node| node.revision.to_string()).collect()
}

/// Whether a plugin is refused that says this of itself, at load or when the graph is built.
pub(crate) fn is_refused(revisions: &[Drawn]) -> bool {
    let Some(manifest) = manifest(revisions) else { return true };
    !manifest.mistakes().is_empty() || Graph::build(facts(revisions, |_| "app".parse().unwrap()), []).is_err()
}

/// None where a label is none. Without dependencies, which a plugin cannot have on its own revisions.
fn manifest(revisions: &[Drawn]) -> Option<Manifest> {
    let label = |text: &String| text.parse::<Label>().ok();
    let revision = |drawn: &Drawn| {
        Some(Revision {
            id: id(&drawn.id),
            down: drawn.parents.iter().map(|parent| id(parent)).collect(),
            depends_on: Vec::new(),
            message: drawn.id.clone(),
            created: chrono::DateTime::UNIX_EPOCH,
            irreversible: None,
            labels: drawn.labels.iter().map(label).collect::<Option<_>>()?,
            run_before: Vec::new(),
        })
    };
    Some(Manifest {
        name: "app".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        description: None,
        homepage: None,
        license: None,
        requires: Vec::new(),
        wants: Vec::new(),
        tables: Vec::new(),
        views: Vec::new(),
        triggers: Vec::new(),
        revisions: revisions.iter().map(revision).collect::<Option<_>>()?,
        collections: Vec::new(),
        handled: Vec::new(),
        routes: Vec::new(),
        settings: Vec::new(),
        names: OnceLock::new(),
        places: OnceLock::new(),
    })
}

impl Planner {
    /// A database with these revisions, applied in this order.
    pub(crate) fn new(revisions: &[Drawn], history: &History, plugins: &[usize], ledger: &[usize]) -> Self {
        let name = |revision: usize| -> PluginName { format!("p{:02}", plugins[revision]).parse().unwrap() };
        let plugins = facts(revisions, |id| name(history.with_id(id).unwrap()));
        let nodes: Vec<Node> = ledger.iter().map(|&revision| Node::new(name(revision), id(history.id(revision)))).collect();
        let (graph, applied) = Self::with_ledger(&plugins, &nodes);
        Self { plugins, graph, applied }
    }

    fn with_ledger(plugins: &[PluginFacts], ledger: &[Node]) -> (Graph, Applied) {
        let all = || plugins.iter().flat_map(|plugin| &plugin.revisions);
        let rows = ledger.iter().map(|node| all().find(|facts| &facts.node == node).unwrap().clone());
        let graph = Graph::build(plugins.iter().cloned(), rows).unwrap();
        let applied = Applied::from_ledger(&graph, (1..).zip(ledger)).unwrap();
        (graph, applied)
    }

    /// The steps to a target, as ids.
    pub(crate) fn plan(&self, direction: Direction, target: &str, cascade: bool) -> Result<Vec<String>, Why> {
        Self::ask(&self.graph, &self.applied, direction, target, cascade)
    }

    /// The same, of plugins and revisions that are given the other way round.
    pub(crate) fn plan_from_behind(&self, direction: Direction, target: &str) -> Result<Vec<String>, Why> {
        let mut plugins = self.plugins.clone();
        plugins.iter_mut().for_each(|plugin| plugin.revisions.reverse());
        plugins.reverse();
        let ledger: Vec<Node> = self.graph.in_order().filter(|node| self.applied.contains(&self.graph, node)).cloned().collect();
        let (graph, applied) = Self::with_ledger(&plugins, &ledger);
        Self::ask(&graph, &applied, direction, target, false)
    }

    fn ask(graph: &Graph, applied: &Applied, direction: Direction, target: &str, cascade: bool) -> Result<Vec<String>, Why> {
        let target: Target = target.parse().map_err(|_| Why::NoTarget)?;
        let plan = match direction {
            Direction::Up => plan_upgrade(graph, applied, &target, &BTreeSet::new()),
            Direction::Down => plan_downgrade(graph, applied, &target, cascade),
        };
        let id = |step: &Step| {
            assert_eq!(matches!(step, Step::Upgrade(_)), direction == Direction::Up, "{step:?}");
            step.node().revision.to_string()
        };
        Ok(plan.map_err(|error| why(&error))?.steps.iter().map(id).collect())
    }
}

/// # Panics
/// An error that none of these questions should have.
fn why(error: &PlanError) -> Why {
    match error {
        PlanError::UnknownRevision { .. } | PlanError::NotOfBranch { .. } => Why::Unknown,
        PlanError::AmbiguousRevision { .. } => Why::Ambiguous,
        PlanError::UnknownPlugin { .. } => Why::NoBranch,
        PlanError::ManyHeads { .. } => Why::ManyHeads,
        PlanError::RelativeTooFar { .. } => Why::TooFar,
        PlanError::AmbiguousWalk { .. } => Why::Fork,
        PlanError::NeedsPlugin { .. } => Why::NeedsPlugin,
        PlanError::NotAnUpgrade { .. } | PlanError::NotADowngrade { .. } => Why::WrongWay,
        PlanError::BaseOfBranch { .. } => Why::BaseOfBranch,
        PlanError::AlreadyApplied { .. } => Why::Passed,
        PlanError::NotApplied { .. } => Why::NotThere,
        PlanError::Dependents { .. } => Why::Dependents,
        other => panic!("the planner says: {other}"),
    }
}
