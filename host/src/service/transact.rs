//! One revision in a transaction: look, run, record, or leave the database as it was.

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
}

/// Runs one revision in a transaction of its own; see [`within`].
pub(super) fn alone(
    mut live: Live,
    state: &mut State,
    work: Work<'_>,
    ready: impl FnOnce(&mut Live, &mut State) -> Result<bool, ServiceError>,
    keep: impl FnOnce(&mut Live, &mut State) -> Result<(), ServiceError>,
) -> (Live, Result<bool, ServiceError>) {
    let Work { node, direction, manifest, .. } = work;
    // With `-v`, what a command that says nothing more is waiting for.
    tracing::debug!(%node, %direction, "taking the write lock");
    if let Err(error) = live.begin() {
        return (live, Err(error.into()));
    }
    let (mut live, result) = within(live, state, work, ready, keep);
    let committed = |done| match done {
        true => {
            live.commit().map_err(|error| ServiceError::step(node, &manifest.version, direction, StepError::Commit(error))).map(|()| done)
        }
        false => Ok(done),
    };
    let result = result.and_then(committed);
    let result = live.end_quietly(result);
    (live, result)
}

/// Runs one revision in the transaction that is open.
///
/// `ready` is called first and answers whether the revision is still to be run: another process may have been faster. `keep` records what
/// was done. Answers whether it was; the database comes back in every case. When the step fails, whoever began the transaction rolls it back.
pub(super) fn within(
    mut live: Live,
    state: &mut State,
    Work { node, direction, manifest, component, permissions, drops }: Work<'_>,
    ready: impl FnOnce(&mut Live, &mut State) -> Result<bool, ServiceError>,
    keep: impl FnOnce(&mut Live, &mut State) -> Result<(), ServiceError>,
) -> (Live, Result<bool, ServiceError>) {
    let Some(revision) = manifest.revision(&node.revision) else {
        return (live, Err(ServiceError::NotLoaded { node: node.clone() }));
    };
    match ready(&mut live, state) {
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
    (live, kept.map(|()| true))
}
