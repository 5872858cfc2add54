//! What one plugin may have waiting.

use std::time::{Duration, Instant};

use super::super::CallError;
use super::super::handler::{MOST_WAITING, MOST_WRITING};
use super::support::handler;
use crate::model::manifest::Details;

#[test]
fn of_the_places_that_all_have_one_plugin_has_its_share() {
    let handler = handler("orders.create", Details::default());
    let plugin = &handler.plugin;
    let mut writes: Vec<_> = (0..MOST_WRITING).map(|_| plugin.wait_to_write().unwrap()).collect();
    let mut reads: Vec<_> = (0..MOST_WAITING).map(|_| plugin.wait().unwrap()).collect();
    // One that was turned away takes no place.
    for _ in 0..3 {
        assert!(matches!(plugin.wait_to_write(), Err(CallError::Crowded(_))));
        assert!(matches!(plugin.wait(), Err(CallError::Crowded(_))));
    }
    drop((writes.pop(), reads.pop()));
    assert!(plugin.wait_to_write().is_ok());
    assert!(plugin.wait().is_ok());
}

#[test]
fn what_waits_of_one_plugin_takes_no_longer_than_it_may_whichever_handlers_are_slow() {
    let handler = handler("orders.create", Details::default());
    let plugin = &handler.plugin;
    // A burst, before anything is known.
    let mut burst: Vec<_> = (0..200).map(|_| plugin.wait_to_write().unwrap()).collect();
    let mut ran = 0;
    while let Some(place) = burst.pop() {
        if plugin.admit_write().is_ok() {
            plugin.wrote(Duration::from_millis(if ran % 2 == 0 { 50 } else { 1 }));
            ran += 1;
        }
        drop(place);
    }
    // Half a minute's worth was asked for.
    assert!((30..80).contains(&ran), "{ran}");
    // One alone is always taken, however long its like took.
    plugin.wrote(Duration::from_secs(60));
    let alone = plugin.wait_to_write().unwrap();
    assert!(matches!(plugin.wait_to_write(), Err(CallError::Crowded(_))));
    assert!(plugin.admit_write().is_ok());
    drop(alone);
    assert!(plugin.wait_to_write().is_ok());
}

#[test]
fn a_plugin_that_rests_writes_nothing_and_says_for_how_long() {
    let handler = handler("orders.create", Details::default());
    let plugin = &handler.plugin;
    let waiting = plugin.wait_to_write().unwrap();
    let pauses: Vec<_> = (0..3).map(|_| plugin.strikes().strike(Instant::now())).collect();
    assert_eq!(pauses, [None, None, Some(Duration::from_secs(1))]);
    let refused = [plugin.wait_to_write().map(drop), plugin.admit_write()];
    for refused in refused {
        let Err(CallError::Problem(problem)) = refused else { panic!("{refused:?}") };
        assert_eq!((problem.status, problem.code.as_str()), (503, "plugin-resting"));
    }
    drop(waiting);
}
