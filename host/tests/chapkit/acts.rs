//! Whatever is done with artifacts, in any order, every level is the depth: a property, held against a model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::support::server::{Answer, Server};
use super::{artifact, chapkit, patch, put};

/// What somebody does; numbers pick one of the artifacts that are there.
#[derive(Debug, Clone, Copy)]
enum Act {
    Create(Option<usize>),
    Put(usize, Option<usize>),
    Patch(usize, Option<usize>),
    Delete(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let some = || prop::option::weighted(0.8, any::<usize>());
    let act = prop_oneof![
        4 => some().prop_map(Act::Create),
        2 => (any::<usize>(), some()).prop_map(|(moved, below)| Act::Put(moved, below)),
        2 => (any::<usize>(), some()).prop_map(|(moved, below)| Act::Patch(moved, below)),
        1 => any::<usize>().prop_map(Act::Delete),
    ];
    prop::collection::vec(act, 1..40)
}

/// Which artifact stands below which.
type Model = BTreeMap<String, Option<String>>;

fn ancestors<'a>(model: &'a Model, artifact: &'a str) -> impl Iterator<Item = &'a str> {
    std::iter::successors(Some(artifact), |artifact| model[*artifact].as_deref())
}

fn act(server: &Server, model: &mut Model, act: Act) {
    let pick = |model: &Model, number: usize| model.keys().nth(number % model.len().max(1)).cloned();
    let moved = |model: &mut Model, number, below: Option<usize>, by: fn(&Server, &str, Option<&str>) -> Answer| {
        let (Some(artifact), below) = (pick(model, number), below.and_then(|below| pick(model, below))) else { return };
        let answer = by(server, &artifact, below.as_deref());
        if below.as_deref().is_some_and(|below| ancestors(model, below).any(|above| above == artifact)) {
            answer.problem(409, "artifact-cycle");
        } else {
            answer.is(200);
            model.insert(artifact, below);
        }
    };
    match act {
        Act::Create(below) => {
            let below = below.and_then(|below| pick(model, below));
            let made = artifact(server, below.as_deref());
            model.insert(made, below);
        }
        Act::Put(number, below) => moved(model, number, below, put),
        Act::Patch(number, below) => moved(model, number, below, patch),
        Act::Delete(number) => {
            let Some(artifact) = pick(model, number) else { return };
            server.delete(&format!("artifacts/{artifact}")).is(204);
            model.remove(&artifact);
            model.values_mut().filter(|parent| parent.as_deref() == Some(&artifact)).for_each(|parent| *parent = None);
        }
    }
}

#[test]
fn whatever_is_done_every_level_is_the_depth() {
    let host = chapkit("");
    let server = host.serve();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&acts(), |acts| {
        host.database().execute("DELETE FROM artifacts", []).unwrap();
        let mut model = Model::new();
        acts.into_iter().for_each(|one| act(&server, &mut model, one));
        let expected: Vec<String> = model
            .iter()
            .map(|(artifact, parent)| {
                let level = ancestors(&model, artifact).count() - 1;
                format!("{artifact}|{}|{level}", parent.as_deref().unwrap_or("NULL"))
            })
            .collect();
        prop_assert_eq!(host.column("SELECT id, parent_id, level FROM artifacts ORDER BY id"), expected);
        Ok(())
    });
    outcome.unwrap();
}
