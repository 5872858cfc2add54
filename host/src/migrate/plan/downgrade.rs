//! The way down: what was applied last goes first.

use std::collections::HashMap;

use crate::migrate::applied::Applied;
use crate::migrate::error::{Dependent, PlanError};
use crate::migrate::graph::Graph;
use crate::migrate::resolve::{Landing, Scope};
use crate::migrate::target::{Point, Target};
use crate::model::{Node, PluginName};

use super::{Plan, Step};

/// Plans the steps that undo what was applied after `target`.
///
/// A revision as target stays; what descends from it within its plugin goes, or within its branch where a label is before the `@`. What stands on a revision that would go, in any
/// plugin, refuses, unless `cascade` lets it go, too. Whether a step has a way back is not asked here: that is the word of the
/// component that will take it.
///
/// # Errors
/// The target is not applied or lies ahead; [`PlanError::Dependents`]; [`PlanError::LedgerOrder`].
pub fn plan_downgrade(graph: &Graph, applied: &Applied, target: &Target, cascade: bool) -> Result<Plan, PlanError> {
    let way = Downgrade::new(graph, applied);
    let requested = way.requested(target, &graph.scope(target)?)?;
    let (mut undone, dependents) = way.with_dependents(&requested);
    if !dependents.is_empty() && !cascade {
        return Err(PlanError::Dependents { undo: way.newest_first(requested), dependents });
    }
    undone.sort_unstable_by_key(|&v| std::cmp::Reverse(applied.seq(v)));
    way.check(&undone)?;
    let steps = undone.into_iter().map(|v| Step::Downgrade(graph.node(v).clone())).collect();
    Ok(Plan { steps, held_back: Vec::new() })
}

/// The applied part of the graph, upside down.
struct Downgrade<'a> {
    graph: &'a Graph,
    applied: &'a Applied,
    /// By vertex: the applied children within the plugin.
    children: Vec<Vec<usize>>,
    /// By vertex: the applied revisions that need it, children among them.
    needed_by: Vec<Vec<usize>>,
    /// By plugin: the applied revisions whose plugin required it, in order of application.
    required_by: HashMap<&'a PluginName, Vec<usize>>,
}

impl<'a> Downgrade<'a> {
    fn new(graph: &'a Graph, applied: &'a Applied) -> Self {
        let none = || vec![Vec::new(); graph.vertices.len()];
        let (mut children, mut needed_by, mut required_by) = (none(), none(), HashMap::<_, Vec<usize>>::new());
        for &v in applied.order() {
            let vertex = &graph.vertices[v];
            vertex.parents.iter().for_each(|&parent| children[parent].push(v));
            vertex.needs().for_each(|need| needed_by[need].push(v));
            vertex.facts.requires.iter().for_each(|plugin| required_by.entry(plugin).or_default().push(v));
        }
        Self { graph, applied, children, needed_by, required_by }
    }

    fn requested(&self, target: &Target, scope: &Scope<'_>) -> Result<Vec<usize>, PlanError> {
        let graph = self.graph;
        let mut applied = self.applied.order().iter().copied().filter(|&v| scope.has(v));
        match &target.point {
            Point::Head | Point::Heads => Err(PlanError::NotADowngrade { target: target.to_string() }),
            Point::Relative { from: None, steps } if *steps > 0 => Err(PlanError::NotADowngrade { target: target.to_string() }),
            Point::Base => Ok(applied.collect()),
            Point::Revision(id) => self.above(graph.find(scope, id)?, scope),
            Point::Relative { from: None, steps } => {
                let wanted = usize::try_from(steps.unsigned_abs()).unwrap_or(usize::MAX);
                let last: Vec<usize> = applied.by_ref().rev().take(wanted).collect();
                let too_far = || PlanError::RelativeTooFar { target: target.to_string(), wanted: wanted as u64, found: last.len() as u64 };
                if last.len() == wanted { Ok(last.clone()) } else { Err(too_far()) }
            }
            Point::Relative { from: Some(anchor), steps } => match graph.walk(target, scope, anchor, *steps, &|v| self.applied.has(v))? {
                Landing::On(vertex) => self.above(vertex, scope),
                Landing::Below(vertex) => {
                    let mut undone = self.above(vertex, scope)?;
                    undone.push(vertex);
                    Ok(undone)
                }
            },
        }
    }

    /// What descends from an applied revision within its plugin, and is of the scope.
    fn above(&self, vertex: usize, scope: &Scope<'_>) -> Result<Vec<usize>, PlanError> {
        if !self.applied.has(vertex) {
            let node = self.graph.node(vertex).clone();
            let current = self.applied.heads(self.graph, &node.plugin);
            return Err(PlanError::NotApplied { node, current });
        }
        let mut seen = vec![false; self.graph.vertices.len()];
        let (mut found, mut to_visit) = (Vec::new(), vec![vertex]);
        while let Some(vertex) = to_visit.pop() {
            for &child in &self.children[vertex] {
                if scope.has(child) && !std::mem::replace(&mut seen[child], true) {
                    found.push(child);
                    to_visit.push(child);
                }
            }
        }
        Ok(found)
    }

    /// All that must go with the requested ones, and which of it was not requested.
    ///
    /// A first revision of a plugin is needed by every later one of a plugin that required it: decision 0002.
    fn with_dependents(&self, requested: &[usize]) -> (Vec<usize>, Vec<Dependent>) {
        let mut goes = vec![false; self.graph.vertices.len()];
        requested.iter().for_each(|&v| goes[v] = true);
        let mut required_by = self.required_by.clone();
        let (mut undone, mut dependents) = (requested.to_vec(), Vec::new());
        let mut visited = 0;
        while let Some(&vertex) = undone.get(visited) {
            visited += 1;
            let mut needed_by = self.needed_by[vertex].clone();
            let is_first = self.graph.vertices[vertex].parents.is_empty();
            if let Some(rows) = required_by.get_mut(&self.graph.node(vertex).plugin).filter(|_| is_first) {
                let later = rows.partition_point(|&row| self.applied.seq(row) <= self.applied.seq(vertex));
                needed_by.extend(rows.drain(later..));
            }
            for dependent in needed_by {
                if !std::mem::replace(&mut goes[dependent], true) {
                    undone.push(dependent);
                    dependents.push(Dependent { node: self.graph.node(dependent).clone(), needs: self.graph.node(vertex).clone() });
                }
            }
        }
        (undone, dependents)
    }

    /// That each goes before what it stands on.
    fn check(&self, newest_first: &[usize]) -> Result<(), PlanError> {
        for &v in newest_first {
            let vertex = &self.graph.vertices[v];
            let late = |need: &usize| self.applied.seq(*need).is_some_and(|seq| Some(seq) > self.applied.seq(v));
            if let Some(need) = vertex.needs().find(late) {
                return Err(PlanError::LedgerOrder { node: self.graph.node(need).clone(), dependent: vertex.node().clone() });
            }
        }
        Ok(())
    }

    fn newest_first(&self, mut vertices: Vec<usize>) -> Vec<Node> {
        vertices.sort_unstable_by_key(|&v| std::cmp::Reverse(self.applied.seq(v)));
        self.graph.named(&vertices)
    }
}
