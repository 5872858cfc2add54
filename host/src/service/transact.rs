//! One revision in one transaction: look, run, record, commit, or leave the database as it was.

use super::error::ServiceError;
use super::live::Live;
use super::replay::guest_step;
use super::state::State;
use super::step::{self, StepError};
use crate::migrate::dialect::SQLITE;
use crate::migrate::executor::{Executor, Permissions};
use crate::model::{Manifest, Node};
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
}

/// Runs one revision in a transaction of its own.
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
    let (mut live, result) = attempt(live, state, work, ready, keep);
    let result = live.end_quietly(result);
    (live, result)
}

fn attempt(
    mut live: Live,
    state: &mut State,
    Work { node, direction, manifest, component, permissions }: Work<'_>,
    ready: impl FnOnce(&mut Live, &mut State) -> Result<bool, ServiceError>,
    keep: impl FnOnce(&mut Live, &mut State) -> Result<(), ServiceError>,
) -> (Live, Result<bool, ServiceError>) {
    let Some(revision) = manifest.revision(&node.revision) else {
        return (live, Err(ServiceError::NotLoaded { node: node.clone() }));
    };
    // With `-v`, what a command that says nothing more is waiting for.
    tracing::debug!(%node, %direction, "taking the write lock");
    match live.begin().map_err(ServiceError::from).and_then(|()| ready(&mut live, state)) {
        Ok(true) => {}
        other => return (live, other),
    }
    let executor = Executor::new(live, permissions, &SQLITE, false).without_record();
    let (mut live, result) = step::run(component, guest_step(manifest, revision, direction), executor);
    let failed = |source| ServiceError::step(node, &manifest.version, direction, source);
    let kept = result.map_err(failed).and_then(|_no_record| keep(&mut live, state));
    let kept = kept.and_then(|()| live.commit().map_err(|error| failed(StepError::Commit(error))));
    (live, kept.map(|()| true))
}
