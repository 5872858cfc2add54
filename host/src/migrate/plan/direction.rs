//! Which way a target lies, and whose it is, for whoever only moves what is recorded and may go both ways.

use crate::migrate::applied::Applied;
use crate::migrate::error::PlanError;
use crate::migrate::graph::Graph;
use crate::migrate::resolve::Landing;
use crate::migrate::target::{Point, Target};
use crate::model::PluginName;

/// Whether `target` lies behind what is applied: [`plan_downgrade`](super::plan_downgrade) leads there, and no upgrade does.
///
/// # Errors
/// The target leads nowhere.
pub fn lies_behind(graph: &Graph, applied: &Applied, target: &Target) -> Result<bool, PlanError> {
    let scope = graph.scope(target)?;
    let is_passed = |vertex: usize| applied.has(vertex) && !applied.is_head(graph, vertex);
    Ok(match &target.point {
        Point::Head | Point::Heads => false,
        Point::Base => true,
        Point::Revision(id) => is_passed(graph.find(&scope, id)?),
        Point::Relative { from: None, steps } => *steps < 0,
        Point::Relative { from: Some(anchor), steps } => match graph.walk(target, &scope, anchor, *steps, &|_| true)? {
            Landing::On(vertex) => is_passed(vertex),
            Landing::Below(_) => true,
        },
    })
}

/// The plugin whose revisions are meant; none where all plugins' are: `head`, `heads` and `base`.
///
/// # Errors
/// The target leads nowhere, or is counted from what is applied of all plugins.
pub fn plugin_meant(graph: &Graph, target: &Target) -> Result<Option<PluginName>, PlanError> {
    let scope = graph.scope(target)?;
    let of = |vertex: usize| Ok(Some(graph.node(vertex).plugin.clone()));
    match (scope.plugin, &target.point) {
        (Some(plugin), _) => Ok(Some(plugin.clone())),
        (None, Point::Head | Point::Heads | Point::Base) => Ok(None),
        (None, Point::Revision(id)) => of(graph.find(&scope, id)?),
        (None, Point::Relative { from: None, .. }) => Err(PlanError::NeedsPlugin { target: target.to_string() }),
        (None, Point::Relative { from: Some(anchor), steps }) => match graph.walk(target, &scope, anchor, *steps, &|_| true)? {
            Landing::On(vertex) | Landing::Below(vertex) => of(vertex),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::testing::{World, rev};

    #[test]
    fn behind_is_what_was_passed() {
        let World { graph, applied, .. } = World::new([rev("p", "a", []), rev("p", "b", ["a"]), rev("p", "c", ["b"])], "p@a p@b");
        let behind = |target: &str| lies_behind(&graph, &applied, &target.parse().unwrap()).unwrap();
        for target in ["base", "p@base", "-1", "p@-1", "a", "b-1", "head-2", "a-1"] {
            assert!(behind(target), "{target}");
        }
        for target in ["head", "heads", "p@head", "b", "c", "+1", "a+1", "b+1", "base+2"] {
            assert!(!behind(target), "{target}");
        }
    }

    #[test]
    fn a_target_means_one_plugin_unless_it_names_all() {
        let side = rev("p", "b", ["a"]).labelled("side");
        let World { graph, .. } = World::new([rev("p", "a", []), side, rev("q", "c", [])], "p@a");
        let meant = |target: &str| plugin_meant(&graph, &target.parse().unwrap()).map(|plugin| plugin.map(|plugin| plugin.to_string()));
        for (target, plugin) in
            [("p@head", "p"), ("p@base", "p"), ("p@+1", "p"), ("b", "p"), ("side", "p"), ("side@head", "p"), ("b-1", "p"), ("c", "q")]
        {
            assert_eq!(meant(target).unwrap().as_deref(), Some(plugin), "{target}");
        }
        for target in ["head", "heads", "base"] {
            assert_eq!(meant(target).unwrap(), None, "{target}");
        }
        for target in ["+1", "-1", "head-1", "nothing", "nosuch@base", "nosuch@head"] {
            assert!(meant(target).is_err(), "{target}");
        }
    }
}
