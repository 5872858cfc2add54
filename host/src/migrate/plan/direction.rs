//! Which way a target lies, for whoever only moves what is recorded and may go both.

use crate::migrate::applied::Applied;
use crate::migrate::error::PlanError;
use crate::migrate::graph::Graph;
use crate::migrate::resolve::Landing;
use crate::migrate::target::{Point, Target};

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
}
