//! What one plugin may have waiting.

use std::time::{Duration, Instant};

use super::super::CallError;
use super::super::handler::{MOST_SLOW_WRITES, MOST_WAITING, MOST_WRITING};
use super::support::handler;
use crate::model::manifest::Details;

#[test]
fn of_the_places_that_all_have_one_plugin_has_its_share() {
    let handler = handler("orders.create", Details::default());
    let plugin = &handler.plugin;
    let mut writes: Vec<_> = (0..MOST_WRITING).map(|_| plugin.wait_to_write(&handler).unwrap()).collect();
    let mut reads: Vec<_> = (0..MOST_WAITING).map(|_| plugin.wait().unwrap()).collect();
    // One that was turned away takes no place.
    for _ in 0..3 {
        assert!(matches!(plugin.wait_to_write(&handler), Err(CallError::Crowded(_))));
        assert!(matches!(plugin.wait(), Err(CallError::Crowded(_))));
    }
    drop((writes.pop(), reads.pop()));
    assert!(plugin.wait_to_write(&handler).is_ok());
    assert!(plugin.wait().is_ok());
}

#[test]
fn few_writes_wait_behind_one_that_takes_long() {
    let handler = handler("orders.create", Details::default());
    let plugin = &handler.plugin;
    for _ in 0..100 {
        handler.lane().took(Duration::from_millis(20));
    }
    let writes: Vec<_> = (0..MOST_SLOW_WRITES).map(|_| plugin.wait_to_write(&handler).unwrap()).collect();
    assert!(matches!(plugin.wait_to_write(&handler), Err(CallError::Crowded(_))));
    // Their own turn comes.
    assert!(plugin.admit_write(&handler).is_ok());
    drop(writes);
    assert!(plugin.wait_to_write(&handler).is_ok());
}

#[test]
fn a_plugin_that_rests_writes_nothing_and_says_for_how_long() {
    let handler = handler("orders.create", Details::default());
    let plugin = &handler.plugin;
    let waiting = plugin.wait_to_write(&handler).unwrap();
    let pauses: Vec<_> = (0..3).map(|_| plugin.strikes().strike(Instant::now())).collect();
    assert_eq!(pauses, [None, None, Some(Duration::from_secs(1))]);
    let refused = [plugin.wait_to_write(&handler).map(drop), plugin.admit_write(&handler)];
    for refused in refused {
        let Err(CallError::Problem(problem)) = refused else { panic!("{refused:?}") };
        assert_eq!((problem.status, problem.code.as_str()), (503, "plugin-resting"));
    }
    drop(waiting);
}
