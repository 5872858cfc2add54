use crate::migrate::testing::{World, node, rev, text};
use crate::migrate::{Applied, Dependent, Graph, PlanError, RevisionFacts, Step};
use crate::model::Node;

use super::*;

fn abc() -> [RevisionFacts; 3] {
    [rev("shop", "a1", []), rev("shop", "b2", ["a1"]), rev("shop", "c3", ["b2"])]
}

/// shop: s1 s2; billing: b1 (depends on s1), b2; requires shop.
fn two() -> Vec<RevisionFacts> {
    let billing = [rev("billing", "b1", []).depends(["shop@s1"]), rev("billing", "b2", ["b1"])];
    let shop = [rev("shop", "s1", []), rev("shop", "s2", ["s1"])];
    billing.into_iter().map(|b| b.requires(["shop"])).chain(shop).collect()
}

/// a, then b and c, then d merges them.
fn diamond() -> [RevisionFacts; 4] {
    [rev("p", "a", []), rev("p", "b", ["a"]), rev("p", "c", ["a"]), rev("p", "d", ["b", "c"])]
}

fn ok(text: &str) -> Result<String, PlanError> {
    Ok(text.to_owned())
}

fn said(result: Result<String, PlanError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn upgrades_reach_every_form_of_target() {
    let world = World::new(abc(), "");
    for (target, steps) in [
        ("head", "shop@a1 shop@b2 shop@c3"),
        ("heads", "shop@a1 shop@b2 shop@c3"),
        ("shop@head", "shop@a1 shop@b2 shop@c3"),
        ("shop@heads", "shop@a1 shop@b2 shop@c3"),
        ("b2", "shop@a1 shop@b2"),
        ("b", "shop@a1 shop@b2"),
        ("shop@b", "shop@a1 shop@b2"),
        ("+1", "shop@a1"),
        ("shop@+2", "shop@a1 shop@b2"),
        ("a1+1", "shop@a1 shop@b2"),
        ("shop@a+2", "shop@a1 shop@b2 shop@c3"),
        ("c3-1", "shop@a1 shop@b2"),
        ("head-1", "shop@a1 shop@b2"),
        ("base+1", "shop@a1"),
    ] {
        assert_eq!(world.up(target), ok(steps), "{target}");
    }
}

#[test]
fn an_upgrade_goes_on_from_where_the_database_is() {
    let world = World::new(abc(), "shop@a1");
    assert_eq!(world.up("+1"), ok("shop@b2"));
    assert_eq!(world.up("head"), ok("shop@b2 shop@c3"));
    let at_head = World::new(abc(), "shop@a1 shop@b2 shop@c3");
    assert_eq!(at_head.up("head"), ok(""));
    assert_eq!(at_head.up("c3"), ok(""));
}

#[test]
fn an_upgrade_to_what_lies_behind_is_refused() {
    let world = World::new(abc(), "shop@a1 shop@b2");
    assert_eq!(
        said(world.up("a1")),
        "shop@a1 is applied already, and later revisions too (shop is at shop@b2); to go back to it use downgrade"
    );
    for target in ["base", "shop@base", "-1", "shop@-1", "a1-1"] {
        assert!(matches!(world.up(target), Err(PlanError::NotAnUpgrade { .. })), "{target}");
    }
}

#[test]
fn a_relative_target_out_of_the_history_says_how_many_there_are() {
    let world = World::new(abc(), "shop@a1 shop@b2");
    assert_eq!(said(world.up("+2")), "relative revision +2 didn't produce 2 migrations: there are 1");
    assert_eq!(said(world.down("-3")), "relative revision -3 didn't produce 3 migrations: there are 2");
    assert_eq!(said(World::new(abc(), "").down("-1")), "relative revision -1 didn't produce 1 migrations: there are 0");
    assert_eq!(said(world.up("shop@+9")), "relative revision shop@+9 didn't produce 9 migrations: there are 1");
    assert_eq!(said(world.up("b2+2")), "relative revision b2+2 didn't produce 2 migrations: there are 1");
    assert_eq!(said(world.down("b2-3")), "relative revision b2-3 didn't produce 3 migrations: there are 2");
}

#[test]
fn ids_that_are_not_there_or_not_unique_are_named() {
    let world = World::new([rev("shop", "abc", []), rev("shop", "abd", ["abc"]), rev("other", "abc", []), rev("other", "x", ["abc"])], "");
    assert_eq!(
        said(world.up("deadbeef")),
        "can't locate revision identified by 'deadbeef'; known are other@abc, shop@abc, shop@abd, other@x"
    );
    assert_eq!(said(world.up("shop@x")), "can't locate revision identified by 'x' in plugin shop; known are shop@abc, shop@abd");
    assert_eq!(
        said(world.up("shop@ab")),
        "revision 'ab' is ambiguous: it can be shop@abc, shop@abd; write more of it, or PLUGIN@ before it"
    );
    assert_eq!(said(world.up("abc")), "revision 'abc' is ambiguous: it can be other@abc, shop@abc; write more of it, or PLUGIN@ before it");
    assert_eq!(world.up("shop@abc"), ok("shop@abc"));
    assert_eq!(said(world.up("shpo@head")), "there is no plugin 'shpo'; did you mean 'shop'?; known are other, shop");
    assert_eq!(said(world.down("zzzzzz@base")), "there is no plugin 'zzzzzz'; known are other, shop");
    assert_eq!(said(world.up("shop")), "shop is a plugin, not a revision; write shop@head, shop@base or shop@ID");
}

#[test]
fn an_exact_id_wins_over_those_that_begin_so() {
    assert_eq!(World::new([rev("p", "a", []), rev("p", "ab", ["a"])], "").up("a"), ok("p@a"));
}

#[test]
fn two_heads_are_named_unless_all_are_wanted() {
    let world = World::new(diamond().into_iter().take(3).chain([rev("q", "z", [])]), "p@a");
    assert_eq!(said(world.up("head")), "plugin p has 2 heads: p@b, p@c; name one of them, or write heads for all");
    assert!(matches!(world.up("p@head"), Err(PlanError::ManyHeads { .. })));
    assert_eq!(world.up("heads"), ok("p@b p@c q@z"));
    assert_eq!(world.up("p@heads"), ok("p@b p@c"));
    assert_eq!(world.up("q@head"), ok("q@z"));
    assert_eq!(world.clone().leaving_out("p").up("head"), ok("q@z"));
}

#[test]
fn a_walk_that_comes_to_a_fork_names_the_ways() {
    let world = World::new(diamond(), "");
    assert_eq!(said(world.up("a+1")), "relative revision a+1 is ambiguous: at p@a the way divides into p@b, p@c; name the revision");
    assert!(matches!(world.up("d-1"), Err(PlanError::AmbiguousWalk { .. })));
    assert!(matches!(World::new(two(), "").up("head-1"), Err(PlanError::NeedsPlugin { .. })));
    assert_eq!(World::new(two(), "").up("shop@head-1"), ok("shop@s1"));
}

#[test]
fn an_upgrade_brings_the_required_plugins_to_their_heads() {
    assert_eq!(World::new(two(), "").up("billing@b1"), ok("shop@s1 shop@s2 billing@b1"));
    assert_eq!(World::new(two(), "").up("shop@s1"), ok("shop@s1"));
    // Also when an earlier revision of the plugin was applied before the required one grew.
    assert_eq!(World::new(two(), "shop@s1 billing@b1").up("billing@head"), ok("shop@s2 billing@b2"));
    assert_eq!(World::new(two(), "shop@s1 billing@b1").up("+1"), ok("shop@s2"));
}

#[test]
fn a_plugins_own_revisions_count_in_its_relative_target() {
    assert_eq!(World::new(two(), "").up("billing@+1"), ok("shop@s1 shop@s2 billing@b1"));
}

#[test]
fn who_runs_before_another_is_not_pulled_in_by_it() {
    let world = World::new([rev("x", "x1", []), rev("y", "y1", []).before("x@x1")], "");
    assert_eq!(world.up("heads"), ok("y@y1 x@x1"));
    assert_eq!(world.up("x@head"), ok("x@x1"));
}

#[test]
fn plugins_left_out_hold_back_those_that_need_them_and_no_others() {
    let world = World::new(two().into_iter().chain([rev("notes", "n1", [])]), "shop@s1").leaving_out("shop");
    let plan = world.plan_up("head").unwrap();
    assert_eq!(text(&plan), "notes@n1");
    let held: Vec<String> = plan.held_back.iter().map(|held| format!("{} by {}", held.node, held.needs)).collect();
    assert_eq!(held, ["billing@b1 by shop@s2", "billing@b2 by billing@b1"]);
    assert!(matches!(world.up("shop@head"), Err(PlanError::LeftOut { .. })));
    assert!(matches!(world.up("s2"), Err(PlanError::LeftOut { .. })));
    assert_eq!(said(world.up("billing@head")), "billing@b2 needs shop@s2, which is not applied, and plugin shop was left out");
    let done = World::new(two(), "shop@s1 shop@s2").leaving_out("shop");
    assert_eq!(done.up("head"), ok("billing@b1 billing@b2"));
}

#[test]
fn a_plugin_whose_file_lacks_an_applied_revision_is_refused_by_name() {
    let rows = vec![rev("shop", "a1", []), rev("shop", "b2", ["a1"])];
    let world = World::with_ledger([rev("shop", "a1", []), rev("notes", "n1", [])], rows);
    for target in ["head", "shop@head", "heads"] {
        assert!(
            said(world.up(target)).starts_with("plugin shop is behind the database: applied are b2, which its file does not have"),
            "{target}"
        );
    }
    assert_eq!(world.up("notes@head"), ok("notes@n1"));
    assert_eq!(world.clone().leaving_out("shop").up("head"), ok("notes@n1"));
    assert_eq!(crate::migrate::applied_but_missing(&world.graph, &world.applied).len(), 1);
    assert_eq!(world.down("shop@-1"), ok("shop@b2"));
}

#[test]
fn a_plugin_without_a_file_can_only_go_down() {
    let world = World::with_ledger([], vec![rev("shop", "a1", []), rev("shop", "b2", ["a1"])]);
    assert_eq!(world.up("head"), ok(""));
    assert!(matches!(world.up("shop@head"), Err(PlanError::NoFile { .. })));
    assert_eq!(world.down("shop@base"), ok("shop@b2 shop@a1"));
    let bare = World::of(Graph::build([], [rev("shop", "a1", [])]).unwrap(), "");
    assert!(matches!(bare.up("shop@a1"), Err(PlanError::NotLoaded { .. })));
}

#[test]
fn a_revision_applied_without_what_it_stands_on_stops_the_upgrade() {
    let world = World::new(two(), "billing@b1");
    assert!(said(world.up("heads")).starts_with("billing@b1 is applied, but shop@s1, on which it stands, is not"));
    assert_eq!(world.up("shop@head"), ok("shop@s1 shop@s2"));
}

#[test]
fn downgrades_reach_every_form_of_target() {
    let world = World::new(abc(), "shop@a1 shop@b2 shop@c3");
    for (target, steps) in [
        ("-1", "shop@c3"),
        ("-2", "shop@c3 shop@b2"),
        ("shop@-1", "shop@c3"),
        ("base", "shop@c3 shop@b2 shop@a1"),
        ("shop@base", "shop@c3 shop@b2 shop@a1"),
        ("a1", "shop@c3 shop@b2"),
        ("shop@b", "shop@c3"),
        ("c3", ""),
        ("c3-1", "shop@c3"),
        ("a1+1", "shop@c3"),
        ("b2-2", "shop@c3 shop@b2 shop@a1"),
        ("head-1", "shop@c3"),
        ("base+1", "shop@c3 shop@b2"),
    ] {
        assert_eq!(world.down(target), ok(steps), "{target}");
    }
    for target in ["head", "heads", "shop@head", "+1", "shop@+1"] {
        assert!(matches!(world.down(target), Err(PlanError::NotADowngrade { .. })), "{target}");
    }
    assert_eq!(said(World::new(abc(), "shop@a1").down("b2")), "shop@b2 is not applied, so there is no way down to it; applied are shop@a1");
}

#[test]
fn applied_last_is_the_ledgers_number_whatever_the_plugin() {
    let world = World::new([rev("a", "x", []), rev("b", "y", []), rev("b", "z", ["y"])], "b@y a@x b@z");
    assert_eq!(world.down("-2"), ok("b@z a@x"));
    assert_eq!(world.down("b@-2"), ok("b@z b@y"));
    assert_eq!(world.down("base"), ok("b@z a@x b@y"));
    assert_eq!(World::new([rev("a", "x", []), rev("b", "y", [])], "b@y a@x").down("-1"), ok("a@x"));
}

#[test]
fn only_what_descends_from_the_target_goes() {
    let world = World::new(diamond(), "p@a p@c p@b p@d");
    assert_eq!(world.down("b"), ok("p@d"));
    assert_eq!(world.down("a"), ok("p@d p@b p@c"));
    assert!(matches!(world.down("d-1"), Err(PlanError::AmbiguousWalk { .. })));
}

#[test]
fn what_others_stand_on_is_refused_with_the_list_unless_they_go_too() {
    let world = World::new(two(), "shop@s1 shop@s2 billing@b1 billing@b2");
    let Err(PlanError::Dependents { undo, dependents }) = world.down("shop@base") else { panic!("should be refused") };
    assert_eq!(undo, [node("shop@s2"), node("shop@s1")]);
    let needs = |n: &str| Dependent { node: node(n), needs: node("shop@s1") };
    assert_eq!(dependents, [needs("billing@b1"), needs("billing@b2")]);
    assert_eq!(
        said(world.down("shop@base")),
        "cannot undo shop@s2, shop@s1: billing@b1 needs shop@s1, billing@b2 needs shop@s1; --cascade undoes these, too"
    );
    assert_eq!(world.cascade("shop@base"), ok("billing@b2 billing@b1 shop@s2 shop@s1"));
    assert_eq!(world.down("base"), ok("billing@b2 billing@b1 shop@s2 shop@s1"));
    assert_eq!(world.down("billing@base"), ok("billing@b2 billing@b1"));
}

#[test]
fn a_requirement_protects_the_first_revisions_only() {
    let revisions = || [rev("billing", "b1", []).requires(["shop"]), rev("shop", "s1", []), rev("shop", "s2", ["s1"])];
    let world = World::new(revisions(), "shop@s1 shop@s2 billing@b1");
    assert_eq!(world.down("s1"), ok("shop@s2"));
    assert_eq!(said(world.down("shop@base")), "cannot undo shop@s2, shop@s1: billing@b1 needs shop@s1; --cascade undoes these, too");
    assert_eq!(world.cascade("shop@base"), ok("billing@b1 shop@s2 shop@s1"));
    // A revision that was applied before the required plugin does not stand on it.
    assert_eq!(World::new(revisions(), "billing@b1 shop@s1").down("shop@base"), ok("shop@s1"));
}

#[test]
fn what_a_revision_stood_on_when_it_was_applied_protects_it_whatever_the_file_says_now() {
    let rows = vec![rev("shop", "s1", []), rev("billing", "b1", []).depends(["shop@s1"])];
    let world = World::with_ledger([rev("shop", "s1", []), rev("billing", "b1", [])], rows);
    assert!(matches!(world.down("shop@base"), Err(PlanError::Dependents { .. })));
}

#[test]
fn a_file_that_tells_another_history_does_not_change_the_way_down() {
    let rows = || vec![rev("p", "a", []), rev("p", "b", ["a"])];
    for file in [vec![rev("p", "b", []), rev("p", "a", ["b"])], vec![rev("p", "a", []), rev("p", "x", ["a"]), rev("p", "b", ["x"])]] {
        let world = World::with_ledger(file, rows());
        assert_eq!(world.applied.heads(&world.graph, &"p".parse().unwrap()), [node("p@b")]);
        assert_eq!(world.down("b-1"), ok("p@b"));
        assert_eq!(world.down("a"), ok("p@b"));
        assert_eq!(world.down("base"), ok("p@b p@a"));
        assert_eq!(world.graph.arrow(&Step::Downgrade(node("p@b"))), "p@b -> p@a");
    }
}

#[test]
fn a_plugin_that_only_the_ledger_knows_has_nothing_to_apply() {
    let world = World::with_ledger([rev("q", "z", [])], vec![rev("p", "a", []), rev("p", "b", ["a"])]);
    for target in ["p@head", "p@heads", "p@+1", "p@b+1", "p@head-1"] {
        assert!(matches!(world.up(target), Err(PlanError::NoFile { .. })), "{target}");
    }
    assert_eq!(world.up("p@b"), ok(""));
    assert_eq!(world.up("head"), ok("q@z"));
}

#[test]
fn a_ledger_whose_order_contradicts_itself_is_not_followed() {
    let world = World::new(abc(), "shop@b2 shop@a1");
    assert!(matches!(world.down("base"), Err(PlanError::LedgerOrder { .. })));
}

#[test]
fn ledger_rows_must_fit_the_graph() {
    let graph = crate::migrate::testing::graph(abc()).unwrap();
    let (a, x) = (node("shop@a1"), node("shop@x"));
    assert!(matches!(Applied::from_ledger(&graph, [(1, &x)]), Err(PlanError::NotInGraph { .. })));
    assert!(matches!(Applied::from_ledger(&graph, [(1, &a), (2, &a)]), Err(PlanError::AppliedTwice { .. })));
    assert!(matches!(Applied::from_ledger(&graph, [(1, &a), (1, &node("shop@b2"))]), Err(PlanError::AppliedTwice { .. })));
}

#[test]
fn a_range_starts_as_if_its_first_end_had_been_reached() {
    let graph = crate::migrate::testing::graph(two()).unwrap();
    let from = |target: &str| Applied::assumed(&graph, &target.parse().unwrap());
    let up = |from: Applied, to: &str| World { graph: graph.clone(), applied: from, left_out: BTreeSet::new() }.up(to);
    assert_eq!(up(from("base").unwrap(), "shop@head"), ok("shop@s1 shop@s2"));
    assert_eq!(up(from("shop@s1").unwrap(), "head"), ok("shop@s2 billing@b1 billing@b2"));
    let all = World { graph: graph.clone(), applied: from("heads").unwrap(), left_out: BTreeSet::new() };
    assert_eq!(all.down("base"), ok("billing@b2 billing@b1 shop@s2 shop@s1"));
    assert!(matches!(from("-1"), Err(PlanError::NotAnUpgrade { .. })));
    assert!(matches!(from("nope@base"), Err(PlanError::UnknownPlugin { .. })));
}

#[test]
fn ten_thousand_revisions_are_planned_in_a_moment() {
    let id = |i: usize| format!("r{i:05}");
    let chain = |plugin: &'static str, requires: Option<&'static str>| {
        (0..5_000_usize).map(move |i| {
            let parent = i.checked_sub(1).map(id);
            let revision = parent.as_deref().map_or_else(|| rev(plugin, &id(i), []), |parent| rev(plugin, &id(i), [parent]));
            requires.map_or_else(|| revision.clone(), |other| revision.clone().requires([other]))
        })
    };
    let graph = crate::migrate::testing::graph(chain("a", Some("z")).chain(chain("z", None))).unwrap();
    let start = std::time::Instant::now();
    let nothing = World::of(graph.clone(), "");
    let plan = nothing.plan_up("heads").unwrap();
    let nodes: Vec<Node> = plan.steps.iter().map(Step::node).cloned().collect();
    let applied = Applied::from_ledger(&graph, (1..).zip(&nodes)).unwrap();
    let world = World { graph, applied, left_out: BTreeSet::new() };
    assert_eq!(world.cascade("z@base").unwrap().split(' ').count(), 10_000);
    // Milliseconds; the bound only has to catch a quadratic algorithm on a busy machine.
    assert!(start.elapsed().as_millis() < 2_000, "{:?}", start.elapsed());
}

#[test]
fn a_label_stands_for_its_revision_and_for_what_comes_after_it() {
    let shop = [rev("shop", "a", []), rev("shop", "b", ["a"]), rev("shop", "c", ["a"]).labelled("side"), rev("shop", "d", ["c"])];
    let world = World::new(shop, "shop@a");
    for (target, steps) in [
        ("side", "shop@c"),
        ("shop@side", "shop@c"),
        ("side@head", "shop@c shop@d"),
        ("side@heads", "shop@c shop@d"),
        ("side+1", "shop@c shop@d"),
    ] {
        assert_eq!(world.up(target), ok(steps), "{target}");
    }
    let shop = [rev("shop", "a", []), rev("shop", "b", ["a"]), rev("shop", "c", ["a"]).labelled("side"), rev("shop", "d", ["c"])];
    let world = World::new(shop, "shop@a shop@b shop@c shop@d");
    assert!(said(world.down("side@base")).starts_with("side is a label, and base is of a plugin: "));
    assert_eq!(world.down("side"), ok("shop@d"));
    let forked = World::new([rev("shop", "a", []).labelled("side"), rev("shop", "b", ["a"]), rev("shop", "c", ["a"])], "");
    assert!(matches!(forked.up("side@head"), Err(PlanError::ManyHeads { .. })));
    assert!(matches!(forked.up("nowhere@head"), Err(PlanError::UnknownPlugin { .. })));
}

/// a, then b, and beside it c (side), which divides into d and e; f goes on from b.
fn forked() -> Vec<RevisionFacts> {
    let trunk = [rev("shop", "a", []), rev("shop", "b", ["a"]), rev("shop", "f", ["b"])];
    let side = [rev("shop", "c", ["a"]).labelled("side"), rev("shop", "d", ["c"]), rev("shop", "e", ["c"])];
    trunk.into_iter().chain(side).collect()
}

#[test]
fn an_upgrade_of_a_branch_stays_on_it() {
    let world = World::new(forked(), "shop@a");
    for (target, steps) in [
        ("side@heads", "shop@c shop@d shop@e"),
        ("side@+1", "shop@c"),
        ("side@+2", "shop@c shop@d"),
        ("side@a+1", "shop@c"),
        ("side@base+2", "shop@c"),
        ("side@d", "shop@c shop@d"),
    ] {
        assert_eq!(world.up(target), ok(steps), "{target}");
    }
    assert!(matches!(world.up("side@head"), Err(PlanError::ManyHeads { heads, .. }) if heads == [node("shop@d"), node("shop@e")]));
    assert_eq!(said(world.up("side@+4")), "relative revision side@+4 didn't produce 4 migrations: there are 3");
    assert_eq!(
        said(world.up("side@b")),
        "no revision of the line through side is identified by 'b'; of it are shop@a, shop@c, shop@d, shop@e"
    );
    // `d` is an id, though not one of this line, so it is not the beginning of `d1`.
    let [d, d1] = [rev("shop", "d", ["b"]), rev("shop", "d1", ["c"])];
    let near = World::new(forked().into_iter().take(4).chain([d, d1]), "shop@a");
    assert!(matches!(near.up("side@d"), Err(PlanError::NotOfBranch { .. })));
    let below = World::new(forked(), "");
    assert_eq!(below.up("side@+2"), ok("shop@a shop@c"));
    let one_head: Vec<RevisionFacts> = forked().into_iter().filter(|facts| facts.node != node("shop@e")).collect();
    assert_eq!(World::new(one_head, "").up("side@head-1"), ok("shop@a shop@c"));
}

#[test]
fn a_downgrade_of_a_branch_leaves_the_others_alone() {
    let world = World::new(forked(), "shop@a shop@c shop@d shop@b shop@f");
    for (target, steps) in [("side@-1", "shop@d"), ("side@-2", "shop@d shop@c"), ("side@a", "shop@d shop@c"), ("side@a+1", "shop@d")] {
        assert_eq!(world.down(target), ok(steps), "{target}");
    }
    assert!(matches!(world.down("side@-3"), Err(PlanError::Dependents { .. })));
    assert_eq!(world.cascade("side@-3"), ok("shop@f shop@b shop@d shop@c shop@a"));
    assert_eq!(
        said(world.down("side@b")),
        "no revision of the line through side is identified by 'b'; of it are shop@a, shop@c, shop@d, shop@e"
    );
}
