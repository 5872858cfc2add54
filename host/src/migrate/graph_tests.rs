use std::collections::BTreeSet;

use super::super::testing::{graph, name, node, plugins, rev};
use super::*;

fn order_of(graph: &Graph) -> String {
    graph.in_order().map(Node::to_string).collect::<Vec<_>>().join(" ")
}

fn refused(revisions: impl IntoIterator<Item = RevisionFacts>) -> (GraphError, String) {
    let error = graph(revisions).unwrap_err();
    let text = error.to_string();
    (error, text)
}

#[test]
fn parents_come_first_and_ties_go_by_plugin_then_id() {
    let graph = graph([rev("b", "x", []), rev("a", "z", ["y"]), rev("a", "y", []), rev("a", "x", [])]).unwrap();
    assert_eq!(order_of(&graph), "a@x a@y a@z b@x");
    assert_eq!(graph.heads(&name("a")), [&node("a@x"), &node("a@z")]);
}

#[test]
fn a_dependency_into_another_plugin_comes_first() {
    let graph =
        graph([rev("billing", "b1", []).depends(["shop@s2"]), rev("shop", "s1", []), rev("shop", "s2", ["s1"]), rev("shop", "s3", ["s2"])])
            .unwrap();
    assert_eq!(order_of(&graph), "shop@s1 shop@s2 billing@b1 shop@s3");
}

#[test]
fn a_required_plugin_comes_first_as_a_whole_also_through_one_without_revisions() {
    let middle = PluginFacts { plugin: name("m"), requires: vec![name("z")], revisions: vec![] };
    let mut all = plugins([rev("a", "a1", []).requires(["m"]), rev("z", "z1", []), rev("z", "z2", ["z1"])]);
    all.push(middle);
    assert_eq!(order_of(&Graph::build(all, []).unwrap()), "z@z1 z@z2 a@a1");
}

#[test]
fn who_wants_to_run_before_another_does() {
    let revisions = || [rev("x", "x1", []), rev("y", "y1", []).before("x@x1")];
    assert_eq!(order_of(&graph(revisions()).unwrap()), "y@y1 x@x1");
    assert_eq!(order_of(&graph([rev("y", "y1", []).before("absent@x1")]).unwrap()), "y@y1");
    // Of a plugin that is only applied, nobody knows what its next file has.
    let applied = Graph::build(plugins([rev("y", "y1", []).before("x@x9")]), [rev("x", "x1", [])]).unwrap();
    assert_eq!(order_of(&applied), "x@x1 y@y1");
    assert!(matches!(refused([rev("x", "x1", []), rev("y", "y1", []).before("x@x9")]).0, GraphError::RunBeforeUnknownRevision { .. }));
}

#[test]
fn a_cycle_is_named_whole() {
    let (error, text) = refused([rev("shop", "a", ["c"]), rev("shop", "b", ["a"]), rev("shop", "c", ["b"]), rev("shop", "d", ["c"])]);
    assert_eq!(text, "revisions need each other in a circle: shop@c needs shop@b needs shop@a needs shop@c");
    assert_eq!(error.blames(), BTreeSet::from([&name("shop")]));
    assert_eq!(refused([rev("a", "x", ["x"])]).1, "revisions need each other in a circle: a@x needs a@x");
}

#[test]
fn a_cycle_over_plugins_blames_all_of_them() {
    let (error, text) = refused([rev("a", "x", []).depends(["b@y"]), rev("b", "y", []).depends(["a@x"])]);
    assert_eq!(text, "revisions need each other in a circle: b@y needs a@x needs b@y");
    assert_eq!(error.blames(), BTreeSet::from([&name("a"), &name("b")]));
    let (_, text) = refused([rev("a", "x", []).requires(["b"]), rev("b", "y", []).depends(["a@x"])]);
    assert_eq!(text, "revisions need each other in a circle: b@y needs a@x needs b@y");
}

#[test]
fn plugins_that_require_each_other_are_named_in_a_circle() {
    let (error, text) = refused([rev("a", "x", []).requires(["b"]), rev("b", "y", []).requires(["c"]), rev("c", "z", []).requires(["a"])]);
    assert_eq!(text, "plugins require each other in a circle: c requires a requires b requires c");
    assert_eq!(error.blames().len(), 3);
    assert!(refused([rev("a", "x", []).requires(["a"])]).1.ends_with("a requires a"));
}

#[test]
fn what_is_not_there_is_named_by_who_wanted_it() {
    assert_eq!(refused([rev("a", "x", ["w"])]).1, "revision a@x names w as its parent, and plugin a has no such revision; it has x");
    assert_eq!(refused([rev("a", "x", []).depends(["b@y"])]).1, "revision a@x depends on b@y, and there is no plugin b");
    assert_eq!(
        refused([rev("a", "x", []).depends(["b@y"]), rev("b", "z", [])]).1,
        "revision a@x depends on b@y, and plugin b has no revision y"
    );
}

#[test]
fn one_id_twice_and_ids_that_are_targets_are_refused() {
    assert!(matches!(refused([rev("a", "x", []), rev("a", "x", [])]).0, GraphError::DuplicateRevision { .. }));
    assert!(matches!(refused([rev("a", "head", [])]).0, GraphError::ReservedId { .. }));
    let twice = plugins([rev("a", "x", [])]).into_iter().chain(plugins([rev("a", "y", [])]));
    assert!(matches!(Graph::build(twice, []), Err(GraphError::DuplicatePlugin { .. })));
    assert!(matches!(Graph::build([], [rev("a", "x", []), rev("a", "x", [])]), Err(GraphError::DuplicateRevision { .. })));
}

#[test]
fn a_plugin_whose_file_is_gone_is_there_by_its_rows() {
    let graph = Graph::build(plugins([rev("b", "y", []).depends(["a@x"])]), [rev("a", "x", [])]).unwrap();
    assert_eq!(order_of(&graph), "a@x b@y");
    assert!(graph.is_loaded(&name("b")) && !graph.is_loaded(&name("a")));
}

#[test]
fn of_what_the_ledger_has_it_says_everything_and_the_manifest_of_the_rest() {
    let mut row = rev("a", "x", []).depends(["b@y"]).irreversible("gone");
    row.message = "old".to_owned();
    let file = [rev("a", "x", ["w"]), rev("a", "w", []), rev("a", "z", ["x"])];
    let graph = Graph::build(plugins(file.into_iter().chain([rev("b", "y", [])])), [rev("b", "y", []), row.clone()]).unwrap();
    assert_eq!(graph.facts(&node("a@x")), Some(&row));
    let vertex = &graph.vertices[graph.vertex(&node("a@x")).unwrap()];
    assert!(vertex.loaded && vertex.parents.is_empty());
    assert_eq!(vertex.needs().collect::<Vec<_>>(), [graph.vertex(&node("b@y")).unwrap()]);
    assert_eq!(graph.heads(&name("a")), [&node("a@w"), &node("a@z")], "nothing that is applied stands on w");
    assert_eq!(order_of(&graph), "b@y a@x a@w a@z");
}

#[test]
fn what_was_applied_keeps_its_order_whatever_files_require_now() {
    // b stood on a when it was applied; now a requires b, and wants to come after all of it.
    let rows = [rev("a", "a1", []), rev("b", "b1", []).depends(["a@a1"])];
    let file = [rev("a", "a1", []).requires(["b"]), rev("a", "a2", ["a1"]).requires(["b"]), rev("b", "b1", []), rev("b", "b2", ["b1"])];
    assert_eq!(order_of(&Graph::build(plugins(file), rows).unwrap()), "a@a1 b@b1 b@b2 a@a2");
    // Who would rather have run before what is applied is too late, and that is no circle.
    let file = [rev("a", "a1", []), rev("b", "b2", []).before("a@a1").depends(["a@a1"])];
    assert_eq!(order_of(&Graph::build(plugins(file), [rev("a", "a1", [])]).unwrap()), "a@a1 b@b2");
}

#[test]
fn files_that_are_gone_cannot_make_a_circle_of_what_they_once_required() {
    let rows = [rev("p", "p1", []).requires(["q"]), rev("q", "q1", []), rev("q", "q2", ["q1"]).requires(["p"])];
    assert!(Graph::build([], rows.clone()).is_ok());
    assert!(Graph::build(plugins([rev("q", "q1", []), rev("q", "q2", ["q1"]).requires(["p"])]), rows).is_ok());
}
