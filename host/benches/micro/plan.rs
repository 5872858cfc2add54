//! Planning an upgrade of many plugins with long histories, from nothing to all heads.

use std::collections::BTreeSet;
use std::hint::black_box;

use chrono::DateTime;
use criterion::{BatchSize, Criterion};
use tenon::migrate::{Applied, Graph, PluginFacts, RevisionFacts, Target, plan_upgrade};
use tenon::model::{Node, PluginName, RevisionId};

const PLUGINS: usize = 10;
const REVISIONS: usize = 100;

pub(crate) fn bench(criterion: &mut Criterion) {
    let plugins: Vec<PluginFacts> = (0..PLUGINS).map(plugin).collect();
    let target: Target = "head".parse().expect("it is a target");
    criterion.bench_function("plan 1,000 revisions", |bencher| {
        let plan = |plugins: Vec<PluginFacts>| {
            let graph = Graph::build(plugins, []).expect("the graph has no fault");
            let plan = plan_upgrade(&graph, &Applied::nothing(&graph), &target, &BTreeSet::new()).expect("there is a way to head");
            assert_eq!(plan.steps.len(), PLUGINS * REVISIONS);
            plan
        };
        // To copy what plugins say is no part of planning.
        bencher.iter_batched(|| black_box(&plugins).clone(), plan, BatchSize::LargeInput);
    });
}

/// A plugin with a straight history. Every tenth revision stands on one of the plugin before it, too.
fn plugin(number: usize) -> PluginFacts {
    let requires: Vec<PluginName> = number.checked_sub(1).map(name).into_iter().collect();
    let facts = |revision: usize| RevisionFacts {
        labels: Vec::new(),
        node: Node::new(name(number), id(revision)),
        parents: revision.checked_sub(1).map(id).into_iter().collect(),
        depends_on: requires.iter().filter(|_| revision % 10 == 9).map(|plugin| Node::new(plugin.clone(), id(revision))).collect(),
        run_before: Vec::new(),
        requires: requires.clone(),
        message: format!("revision {revision}"),
        created: DateTime::UNIX_EPOCH,
        irreversible: None,
    };
    PluginFacts { plugin: name(number), requires: requires.clone(), revisions: (0..REVISIONS).map(facts).collect() }
}

fn name(number: usize) -> PluginName {
    format!("plugin-{number}").parse().expect("it is a name")
}

/// Ids as they are made: their order says nothing of that of the revisions.
fn id(revision: usize) -> RevisionId {
    format!("{:012x}", (revision as u64 + 1) * 0x9e37_79b9_7f4a % 0xffff_ffff_ffff).parse().expect("it is an id")
}
