//! For whom a connection works at this moment, and what was asked of it meanwhile.
//!
//! A connection has one authorizer for its whole life, because setting one expires every prepared statement. What it answers depends
//! on the [`Phase`] in this cell, which a guard sets around a whole action and restores when it ends, also by a panic.
//!
//! A plugin's text is compiled in [`Phase::Compiling`]: everything that a data statement can ask for is *recorded* and allowed, for
//! nothing runs yet; the decision comes afterwards, from the record, in `ownership`. It is run in [`Phase::Running`], in which every
//! question is refused: the only one who asks then is SQLite recompiling the text inside `step`, because the schema changed, and what
//! it would find was never decided on. Whoever ran the statement sees [`ScopeCell::recompiled`] and compiles and decides anew.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the connection is doing.
#[derive(Debug, Default)]
pub(super) enum Phase {
    /// One of the host's own statements.
    #[default]
    Host,
    /// A plugin's text is being compiled.
    Compiling(Recording),
    /// A plugin's statement, compiled and decided on, runs.
    Running,
}

/// What compiling one text asked for. Names are as SQLite gives them: as stored, or as the text writes them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Recording {
    /// Tables and views read.
    pub(super) reads: BTreeSet<Read>,
    /// Tables inserted into, updated or deleted from.
    pub(super) writes: BTreeSet<String>,
    /// The first of them: the one that the statement names.
    pub(super) target: Option<String>,
    /// Functions called.
    pub(super) functions: BTreeSet<String>,
    /// The first thing that no plugin may ever do.
    pub(super) refused: Option<&'static str>,
}

/// One name that is read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    /// A table, a view, or something of the text's own.
    pub(super) name: String,
    /// The name was asked for without a schema and without a column. Then it may be a common table expression: SQLite asks for
    /// those too, when none of their columns is used. With a schema or a column it is a table or view of the database.
    pub(super) perhaps_local: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The schema or an owner was, or may have been, changed since the flag was last taken.
    pub(super) facts_changed: bool,
    /// SQLite tried to recompile a running statement.
    pub(super) recompiled: bool,
}

/// The cell that the connection and its authorizer share.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopeCell(Arc<Mutex<State>>);

impl ScopeCell {
    /// The state. Never held across a call into SQLite, which would ask the authorizer, which would wait for it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change to the state is one assignment, so a panic while it was held left nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a phase; the guard leaves it.
    pub(super) fn enter(&self, phase: Phase) -> PhaseGuard<'_> {
        let mut state = self.lock();
        state.recompiled = false;
        PhaseGuard { cell: self, before: Some(std::mem::replace(&mut state.phase, phase)) }
    }

    /// Whether SQLite tried to recompile the statement that runs, or ran last.
    pub(super) fn recompiled(&self) -> bool {
        self.lock().recompiled
    }

    /// Whether the schema or an owner was changed since the last call.
    pub(super) fn take_facts_changed(&self) -> bool {
        std::mem::take(&mut self.lock().facts_changed)
    }
}

/// Restores the phase before.
#[derive(Debug)]
pub(super) struct PhaseGuard<'a> {
    cell: &'a ScopeCell,
    before: Option<Phase>,
}

impl PhaseGuard<'_> {
    /// Leaves the phase and answers what was recorded in it.
    pub(super) fn finish(mut self) -> Recording {
        match self.leave() {
            Phase::Compiling(recording) => recording,
            Phase::Host | Phase::Running => Recording::default(),
        }
    }

    fn leave(&mut self) -> Phase {
        match self.before.take() {
            Some(before) => std::mem::replace(&mut self.cell.lock().phase, before),
            None => Phase::Host,
        }
    }
}

impl Drop for PhaseGuard<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_a_phase_leaves_the_phase_before() {
        let cell = ScopeCell::default();
        let inner = cell.clone();
        let outcome = std::panic::catch_unwind(move || {
            let _guard = inner.enter(Phase::Running);
            panic!("inside");
        });
        assert!(outcome.is_err());
        assert!(matches!(cell.lock().phase, Phase::Host));
    }

    #[test]
    fn a_finished_compilation_hands_over_its_record() {
        let cell = ScopeCell::default();
        let guard = cell.enter(Phase::Compiling(Recording::default()));
        if let Phase::Compiling(recording) = &mut cell.lock().phase {
            recording.functions.insert("count".into());
        }
        assert_eq!(guard.finish().functions.len(), 1);
        assert!(matches!(cell.lock().phase, Phase::Host));
    }
}
