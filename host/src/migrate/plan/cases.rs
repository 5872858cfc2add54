//! The language-neutral graph cases: what other systems' tests say about histories, told to this planner.
//!
//! A case has no plugins. A revision without parents that has labels is of the plugin of its first label, one without labels of
//! `app`, and every other one of its parent's.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::migrate::testing::{World, graph, node, rev, text};
use crate::migrate::{Applied, GraphError, PlanError, RevisionFacts};

fn texts(json: &Json) -> Vec<&str> {
    json.as_array().map(|all| all.iter().filter_map(Json::as_str).collect()).unwrap_or_default()
}

/// The plugin of each id.
fn plugins(revisions: &[Json]) -> BTreeMap<&str, &str> {
    let by_id: BTreeMap<&str, &Json> = revisions.iter().map(|revision| (revision["id"].as_str().unwrap(), revision)).collect();
    let plugin = |id: &str| {
        let (mut at, mut steps) = (by_id[id], 0);
        // A cycle has no first revision: any of them will do.
        while let Some(parent) = texts(&at["down"]).first().filter(|_| steps < by_id.len()) {
            (at, steps) = (by_id[parent], steps + 1);
        }
        texts(&at["labels"]).first().copied().filter(|_| steps < by_id.len()).unwrap_or("app")
    };
    by_id.keys().map(|&id| (id, plugin(id))).collect()
}

fn facts(case: &Json) -> Vec<RevisionFacts> {
    let revisions = case["input"]["revisions"].as_array().unwrap();
    let plugins = plugins(revisions);
    let named = |id: &str| node(&format!("{}@{id}", plugins[id]));
    let notes = case["notes"].as_str().unwrap_or_default();
    let one = |revision: &Json| {
        let id = revision["id"].as_str().unwrap();
        let mut facts = rev(plugins[id], id, []);
        facts.parents = texts(&revision["down"]).iter().map(|parent| parent.parse().unwrap()).collect();
        facts.depends_on = texts(&revision["depends_on"]).into_iter().map(named).collect();
        facts.requires = facts.depends_on.iter().map(|node| node.plugin.clone()).collect();
        let before = notes.strip_prefix(&format!("{id} declares run-before ")).map(|rest| rest.trim_end_matches('.'));
        facts.run_before = before.into_iter().map(named).collect();
        facts
    };
    revisions.iter().map(one).collect()
}

/// The ancestors of the applied heads; `x_without_y` leaves one out.
fn applied(case: &Json, all: &[RevisionFacts], graph: &crate::migrate::Graph) -> Applied {
    let mut wanted: Vec<String> = Vec::new();
    let mut without = None;
    for head in texts(&case["input"]["applied_heads"]) {
        let (head, missing) = head.split_once("_without_").map_or((head, None), |(head, missing)| (head, Some(missing)));
        wanted.push(head.to_owned());
        without = missing.or(without);
    }
    let mut done = 0;
    while let Some(id) = wanted.get(done).cloned() {
        done += 1;
        let facts = all.iter().find(|facts| facts.node.revision.as_str() == id).unwrap();
        let needs = facts.parents.iter().chain(facts.depends_on.iter().map(|node| &node.revision)).map(ToString::to_string);
        let new: Vec<String> = needs.filter(|need| !wanted.contains(need)).collect();
        wanted.extend(new);
    }
    let nodes = graph.in_order().filter(|node| wanted.iter().any(|id| node.revision.as_str() == id && Some(id.as_str()) != without));
    Applied::from_ledger(graph, (1..).zip(nodes)).unwrap()
}

#[test]
fn the_cases_of_other_systems_hold() {
    for line in include_str!("../../../tests/data/graph_cases.jsonl").lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let (id, title, expect) = (&case["id"], &case["title"], &case["expect"]);
        let all = facts(&case);
        let graph = match graph(all.clone()) {
            Ok(graph) => graph,
            Err(error) => {
                assert!(matches!((&error, expect["error"].as_str()), (GraphError::Cycle { .. }, Some("cycle"))), "{id} {title}: {error}");
                continue;
            }
        };
        let world = World { applied: applied(&case, &all, &graph), graph, left_out: std::collections::BTreeSet::new() };
        let result = world.plan_up(case["command"].as_str().unwrap().strip_prefix("upgrade ").unwrap());
        match (result, expect["error"].as_str()) {
            (Ok(plan), None) => {
                let steps = text(&plan);
                let ids: Vec<&str> = steps.split_whitespace().filter_map(|node| node.split_once('@')).map(|(_, id)| id).collect();
                assert_eq!(ids, texts(&expect["up"]), "{id} {title}");
            }
            (Err(PlanError::ManyHeads { .. }), Some("multiple_heads"))
            | (Err(PlanError::InconsistentHistory { .. }), Some("inconsistent_history")) => {}
            (other, _) => panic!("{id} {title}: {other:?}"),
        }
    }
}

/// Case run-07: 1 and 4 are applied, then 2, 3 and 5 arrive. Nothing is skipped, and the way down is the way the database came.
#[test]
fn an_older_branch_that_arrives_late_is_applied_and_undone_in_the_order_it_came() {
    let all = [rev("p", "r1", []), rev("p", "r2", ["r1"]), rev("p", "r3", ["r2"]), rev("p", "r4", ["r1"]), rev("p", "r5", ["r3", "r4"])];
    assert_eq!(World::new(all.clone(), "p@r1 p@r4").up("head").unwrap(), "p@r2 p@r3 p@r5");
    assert_eq!(World::new(all, "p@r1 p@r4 p@r2 p@r3 p@r5").down("base").unwrap(), "p@r5 p@r3 p@r2 p@r4 p@r1");
}
