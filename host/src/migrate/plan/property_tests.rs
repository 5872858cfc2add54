//! Random histories of several plugins: what must hold of every plan.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::migrate::testing::{World, graph, rev};
use crate::migrate::{Applied, Graph, RevisionFacts, Step};
use crate::model::{Node, RevisionId};

const PLUGINS: [&str; 4] = ["d", "c", "b", "a"];

/// Revision `i` of the list may have any earlier one as parent (same plugin) or dependency (a plugin that its own requires).
/// A plugin may require those before it in [`PLUGINS`], so nothing is circular; ids are scattered so that ties are not in order.
fn histories() -> impl Strategy<Value = Vec<RevisionFacts>> {
    let requires = proptest::collection::vec(any::<bool>(), 16);
    let revisions =
        proptest::collection::vec((0..4usize, proptest::collection::vec(any::<prop::sample::Index>(), 0..3), any::<u8>()), 1..40);
    (requires, revisions).prop_map(|(requires, drawn)| {
        let mut all: Vec<RevisionFacts> = Vec::new();
        for (i, (plugin, earlier, salt)) in drawn.into_iter().enumerate() {
            let mut facts = rev(PLUGINS[plugin], &format!("{salt:02x}{i}"), []);
            facts.requires =
                (0..plugin).filter(|other| requires[plugin * 4 + other]).map(|other| PLUGINS[other].parse().unwrap()).collect();
            for index in earlier.iter().filter(|_| !all.is_empty()) {
                let other = index.get(&all).node.clone();
                if other.plugin == facts.node.plugin {
                    facts.parents.push(other.revision);
                } else if facts.requires.contains(&other.plugin) {
                    facts.depends_on.push(other);
                }
            }
            all.push(facts);
        }
        all
    })
}

fn nodes(steps: &[Step]) -> Vec<Node> {
    steps.iter().map(|step| step.node().clone()).collect()
}

fn at(graph: &Graph, nodes: &[Node]) -> World {
    World { graph: graph.clone(), applied: Applied::from_ledger(graph, (1..).zip(nodes)).unwrap(), left_out: BTreeSet::new() }
}

/// Everything that must be there before a revision is applied, said without the planner.
fn needs(all: &[RevisionFacts], node: &Node) -> BTreeSet<Node> {
    let facts = all.iter().find(|facts| &facts.node == node).unwrap();
    let parent = |id: &RevisionId| Node::new(node.plugin.clone(), id.clone());
    let required = all.iter().filter(|other| facts.requires.contains(&other.node.plugin)).map(|other| other.node.clone());
    facts.parents.iter().map(parent).chain(facts.depends_on.iter().cloned()).chain(required).collect()
}

proptest! {
    #[test]
    fn every_prefix_of_a_plan_has_all_that_it_stands_on(all in histories(), pick in any::<prop::sample::Index>()) {
        let graph = graph(all.clone()).unwrap();
        let target = pick.get(&all).node.to_string();
        for target in ["heads", &target] {
            let steps = nodes(&at(&graph, &[]).plan_up(target).unwrap().steps);
            let mut done = BTreeSet::new();
            for node in &steps {
                prop_assert!(needs(&all, node).is_subset(&done), "{node} in {steps:?}");
                prop_assert!(done.insert(node.clone()), "{node} twice");
            }
            prop_assert!(target != "heads" || done.len() == all.len());
        }
    }

    #[test]
    fn the_order_of_what_is_said_does_not_matter(all in histories()) {
        let shuffled: Vec<_> = all.iter().rev().cloned().collect();
        let plan = |all| at(&graph(all).unwrap(), &[]).up("heads").unwrap();
        prop_assert_eq!(plan(all), plan(shuffled));
    }

    #[test]
    fn in_two_goes_it_ends_where_it_ends_in_one(all in histories(), cut in any::<prop::sample::Index>()) {
        let graph = graph(all).unwrap();
        let steps = nodes(&at(&graph, &[]).plan_up("heads").unwrap().steps);
        let (first, rest) = steps.split_at(cut.index(steps.len()));
        prop_assert_eq!(nodes(&at(&graph, first).plan_up("heads").unwrap().steps), rest);
        prop_assert_eq!(at(&graph, first).up("+1").unwrap(), rest[0].to_string());
    }

    #[test]
    fn going_down_to_base_is_the_way_up_backwards(all in histories()) {
        let graph = graph(all).unwrap();
        let mut steps = nodes(&at(&graph, &[]).plan_up("heads").unwrap().steps);
        let world = at(&graph, &steps);
        let down = crate::migrate::plan_downgrade(&graph, &world.applied, &"base".parse().unwrap(), false).unwrap();
        steps.reverse();
        prop_assert_eq!(nodes(&down.steps), steps);
    }

    #[test]
    fn a_downgrade_leaves_nothing_standing_on_nothing(all in histories(), pick in any::<prop::sample::Index>(), cascade in any::<bool>()) {
        let graph = graph(all.clone()).unwrap();
        let steps = nodes(&at(&graph, &[]).plan_up("heads").unwrap().steps);
        let world = at(&graph, &steps);
        let target = pick.get(&all).node.clone();
        let Ok(plan) = crate::migrate::plan_downgrade(&graph, &world.applied, &target.to_string().parse().unwrap(), cascade) else {
            prop_assert!(!cascade);
            return Ok(());
        };
        let mut left: BTreeSet<Node> = steps.into_iter().collect();
        for node in nodes(&plan.steps) {
            prop_assert!(left.remove(&node));
            let facts = |node: &Node| all.iter().find(|facts| &facts.node == node).unwrap();
            for other in &left {
                let stands = facts(other).depends_on.contains(&node)
                    || (other.plugin == node.plugin && facts(other).parents.contains(&node.revision))
                    || (facts(&node).parents.is_empty() && facts(other).requires.contains(&node.plugin));
                prop_assert!(!stands, "{} stands on {}, which went", other, node);
            }
        }
        prop_assert!(left.contains(&target));
    }
}
