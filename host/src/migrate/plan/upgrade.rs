//! The way up.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::migrate::applied::{Applied, require_complete, require_consistent};
use crate::migrate::error::PlanError;
use crate::migrate::graph::{Graph, Member};
use crate::migrate::resolve::{Landing, Scope};
use crate::migrate::target::{Point, Target};
use crate::model::PluginName;

use super::{HeldBack, Plan, Step};

/// Plans the steps that apply what `target` names and all that it needs.
///
/// A revision needs its parents, what it depends on, and every revision of the plugins that its plugin requires. Plugins
/// `left_out` (their files were refused at load) are not upgraded; `head` and `heads` of all plugins pass over what needs them and
/// say so in [`Plan::held_back`], any other target that needs them is refused.
///
/// # Errors
/// The target leads nowhere or backwards, or the history of a plugin that would be upgraded does not fit the database:
/// [`PlanError::AppliedButMissing`], [`PlanError::InconsistentHistory`].
pub fn plan_upgrade(graph: &Graph, applied: &Applied, target: &Target, left_out: &BTreeSet<PluginName>) -> Result<Plan, PlanError> {
    let scope = graph.scope(target)?;
    let has_no_file = |plugin: &&PluginName| graph.member(plugin).is_some_and(|member| !member.loaded) && !left_out.contains(*plugin);
    // A revision that is named may be where the plugin stands already; every other target is counted in its file.
    if let (Some(plugin), false) = (scope.plugin.filter(has_no_file), matches!(target.point, Point::Revision(_))) {
        return Err(PlanError::NoFile { plugin: plugin.clone() });
    }
    let (vertices, held_back) = Upgrade { graph, applied, left_out, any_source: false }.vertices(target, &scope)?;
    let everyone = graph.plugins().filter(|plugin| target.is_of_all() && graph.is_loaded(plugin) && !left_out.contains(*plugin));
    let concerned: BTreeSet<&PluginName> = vertices.iter().map(|&v| &graph.node(v).plugin).chain(scope.plugin).chain(everyone).collect();
    for plugin in concerned {
        require_complete(graph, applied, plugin)?;
        require_consistent(graph, applied, plugin)?;
    }
    if let Some(&vertex) = vertices.iter().find(|&&v| !graph.vertices[v].loaded) {
        return Err(PlanError::NotLoaded { node: graph.node(vertex).clone() });
    }
    Ok(Plan { steps: vertices.into_iter().map(|v| Step::Upgrade(graph.node(v).clone())).collect(), held_back })
}

/// The circumstances of one upgrade.
pub(super) struct Upgrade<'a> {
    pub(super) graph: &'a Graph,
    pub(super) applied: &'a Applied,
    pub(super) left_out: &'a BTreeSet<PluginName>,
    /// Plugins that are not loaded count, too.
    pub(super) any_source: bool,
}

type Found = (Vec<usize>, Vec<HeldBack>);

impl Upgrade<'_> {
    /// The vertices to apply, in order.
    pub(super) fn vertices(&self, target: &Target, scope: &Scope<'_>) -> Result<Found, PlanError> {
        let graph = self.graph;
        if let Some(plugin) = scope.plugin.filter(|plugin| self.left_out.contains(*plugin)) {
            return Err(PlanError::LeftOut { plugin: plugin.clone() });
        }
        let backwards = || PlanError::NotAnUpgrade { target: target.to_string() };
        match (scope.plugin, &target.point) {
            (_, Point::Base) => Err(backwards()),
            (_, Point::Relative { from: None, steps }) if *steps < 0 => Err(backwards()),
            (None, Point::Head) => {
                self.members().try_for_each(|(plugin, member)| graph.only_head(&Scope::of(plugin, member)).map(drop))?;
                Ok(self.everything())
            }
            (None, Point::Heads) => Ok(self.everything()),
            (Some(_), Point::Head) => self.closure(&Vec::from_iter(graph.only_head(scope)?)),
            (Some(_), Point::Heads) => self.closure(&graph.heads_of(scope)),
            (_, Point::Revision(id)) => self.reach(graph.find(scope, id)?),
            (None, Point::Relative { from: None, steps }) => {
                let (vertices, held_back) = self.everything();
                Ok((first(target, *steps, vertices)?, held_back))
            }
            (Some(_), Point::Relative { from: None, steps }) => {
                let (vertices, _) = self.closure(&graph.heads_of(scope))?;
                let own = vertices.into_iter().filter(|&v| scope.has(v)).collect();
                self.closure(&first(target, *steps, own)?)
            }
            (_, Point::Relative { from: Some(anchor), steps }) => match graph.walk(target, scope, anchor, *steps, &|_| true)? {
                Landing::On(vertex) => self.reach(vertex),
                Landing::Below(_) => Err(backwards()),
            },
        }
    }

    /// Up to one revision. To where the plugin stands already there is nothing to do; what lies behind that is a mistake.
    fn reach(&self, vertex: usize) -> Result<Found, PlanError> {
        if self.applied.has(vertex) && !self.applied.is_head(self.graph, vertex) {
            let node = self.graph.node(vertex).clone();
            let current = self.applied.heads(self.graph, &node.plugin);
            return Err(PlanError::AlreadyApplied { node, current });
        }
        self.closure(&[vertex])
    }

    /// The goals and all that they need that is not applied yet.
    fn closure(&self, goals: &[usize]) -> Result<Found, PlanError> {
        let graph = self.graph;
        let mut wanted = HashSet::new();
        let mut pulled: HashSet<&PluginName> = HashSet::new();
        let mut to_visit: Vec<(usize, Option<usize>)> = goals.iter().map(|&goal| (goal, None)).collect();
        while let Some((vertex, needed_by)) = to_visit.pop() {
            if self.applied.has(vertex) || !wanted.insert(vertex) {
                continue;
            }
            let node = graph.node(vertex);
            if self.left_out.contains(&node.plugin) {
                return Err(match needed_by {
                    None => PlanError::LeftOut { plugin: node.plugin.clone() },
                    Some(by) => PlanError::NeedsLeftOut { node: graph.node(by).clone(), needs: node.clone() },
                });
            }
            to_visit.extend(graph.vertices[vertex].needs().map(|need| (need, Some(vertex))));
            let mut plugins = vec![&node.plugin];
            while let Some(plugin) = plugins.pop() {
                if let Some(member) = graph.member(plugin).filter(|_| pulled.insert(plugin)) {
                    for required in &member.requires {
                        let heads = graph.member(required).map(|member| &member.heads[..]).unwrap_or_default();
                        to_visit.extend(heads.iter().map(|&head| (head, Some(vertex))));
                        plugins.push(required);
                    }
                }
            }
        }
        let mut vertices = Vec::from_iter(wanted);
        vertices.sort_unstable_by_key(|&v| graph.rank[v]);
        Ok((vertices, Vec::new()))
    }

    /// All that is not applied yet, less what was left out and what needs that.
    fn everything(&self) -> Found {
        let graph = self.graph;
        let (mut vertices, mut held_back) = (Vec::new(), Vec::new());
        let mut stuck = Stuck { graph, first: HashMap::new(), below: HashMap::new() };
        let mut blocked = vec![false; graph.vertices.len()];
        for &vertex in graph.order.iter().filter(|&&v| !self.applied.has(v)) {
            let node = graph.node(vertex);
            if self.left_out.contains(&node.plugin) || !(self.any_source || graph.is_loaded(&node.plugin)) {
                blocked[vertex] = true;
            } else if let Some(needs) = graph.vertices[vertex].needs().find(|&n| blocked[n]).or_else(|| stuck.below(&node.plugin)) {
                blocked[vertex] = true;
                held_back.push(HeldBack { node: node.clone(), needs: graph.node(needs).clone() });
            } else {
                vertices.push(vertex);
            }
            if blocked[vertex] {
                stuck.first.entry(&node.plugin).or_insert(vertex);
            }
        }
        (vertices, held_back)
    }

    fn members(&self) -> impl Iterator<Item = (&PluginName, &Member)> {
        self.graph.members().filter(|(plugin, member)| (self.any_source || member.loaded) && !self.left_out.contains(*plugin))
    }
}

/// Which plugins cannot be brought up, and what they hang on. Asked about a plugin only when all that it requires has been visited.
struct Stuck<'a> {
    graph: &'a Graph,
    first: HashMap<&'a PluginName, usize>,
    below: HashMap<&'a PluginName, Option<usize>>,
}

impl<'a> Stuck<'a> {
    /// A revision that cannot be applied, of a plugin that `plugin` requires, directly or not.
    fn below(&mut self, plugin: &'a PluginName) -> Option<usize> {
        if let Some(&known) = self.below.get(plugin) {
            return known;
        }
        let required = self.graph.member(plugin).map(|member| &member.requires[..]).unwrap_or_default();
        let found = required.iter().find_map(|name| self.first.get(name).copied().or_else(|| self.below(name)));
        self.below.insert(plugin, found);
        found
    }
}

/// The first so many, if there are so many.
fn first(target: &Target, steps: i32, mut vertices: Vec<usize>) -> Result<Vec<usize>, PlanError> {
    let wanted = usize::try_from(steps).unwrap_or(usize::MAX);
    if vertices.len() < wanted {
        let (wanted, found) = (wanted as u64, vertices.len() as u64);
        return Err(PlanError::RelativeTooFar { target: target.to_string(), wanted, found });
    }
    vertices.truncate(wanted);
    Ok(vertices)
}
