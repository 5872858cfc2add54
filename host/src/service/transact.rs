//! One revision in one transaction: look, run, record, commit, or leave the database as it was.

use super::error::ServiceError;
use super::live::Live;
use super::replay::guest_step;
use super::state::State;
use super::step::{self, StepError};
use crate::migrate::dialect::SQLITE;
use crate::migrate::executor::{Executor, Permissions};
use crate::model::{Manifest, Node, Operation};
use crate::runtime::{Component, Direction};

/// What is to be run.
#[derive(Debug)]
pub(super) struct Work<'a> {
    /// The revision.
    pub node: &'a Node,
    /// Up or down.
    pub direction: Direction,
    /// Of the component.
    pub manifest: &'a Manifest,
    /// The code.
    pub component: &'a Component,
    /// What it may do.
    pub permissions: Permissions,
    /// The only operations that may drop something, where not all may.
    pub drops: Option<&'a [Operation]>,
    /// In a transaction that the caller began, and keeps or not; else in one of its own.
    pub shared: bool,
}

/// Runs one revision in a transaction of its own, unless it is to be a part of a shared one.
///
/// `ready` is called with the database's lock held and answers whether the revision is still to be run: another process may have been
/// faster. `keep` records what was done. Answers whether it was; the database comes back in every case, with nothing of a step that
/// failed.
pub(super) fn transact(
    live: Live,
    state: &mut State,
    work: Work<'_>,
    ready: impl FnOnce(&mut Live, &mut State) -> Result<bool, ServiceError>,
    keep: impl FnOnce(&mut Live, &mut State) -> Result<(), ServiceError>,
) -> (Live, Result<bool, ServiceError>) {
    let shared = work.shared;
    let (mut live, result) = attempt(live, state, work, ready, keep);
    let result = if shared && result.is_ok() { result } else { live.end_quietly(result) };
    (live, result)
}

fn attempt(
    mut live: Live,
    state: &mut State,
    Work { node, direction, manifest, component, permissions, drops, shared }: Work<'_>,
    ready: impl FnOnce(&mut Live, &mut State) -> Result<bool, ServiceError>,
    keep: impl FnOnce(&mut Live, &mut State) -> Result<(), ServiceError>,
) -> (Live, Result<bool, ServiceError>) {
    let Some(revision) = manifest.revision(&node.revision) else {
        return (live, Err(ServiceError::NotLoaded { node: node.clone() }));
    };
    // With `-v`, what a command that says nothing more is waiting for.
    tracing::debug!(%node, %direction, "taking the write lock");
    let begun = if shared { Ok(()) } else { live.begin() };
    match begun.map_err(ServiceError::from).and_then(|()| ready(&mut live, state)) {
        Ok(true) => {}
        other => return (live, other),
    }
    let mut executor = Executor::new(live, permissions, &SQLITE, false).without_record();
    if let Some(drops) = drops {
        executor = executor.dropping_only(drops);
    }
    let (mut live, result) = step::run(component, guest_step(manifest, revision, direction), executor);
    let failed = |source| ServiceError::step(node, &manifest.version, direction, source);
    let kept = result.map_err(failed).and_then(|_no_record| keep(&mut live, state));
    let kept = kept.and_then(|()| if shared { Ok(()) } else { live.commit().map_err(|error| failed(StepError::Commit(error))) });
    (live, kept.map(|()| true))
}
