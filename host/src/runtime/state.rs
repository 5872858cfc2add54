//! What the host keeps beside a guest for one call, and what of it may be used now.
//!
//! There is one state per store and one store per call. Which imports may be called is decided by [`Task`]: everything else is a trap that
//! says when it would be allowed.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::context::MigrationContext;
use super::documents::Documents;
use super::error::{LimitReached, Limited, Stop};
use super::generator::Generator;
use super::imports::Declarations;
use super::journal::Journal;
use super::limiter::Limiter;
use super::limits::Limits;

/// The data of a `wasmtime::Store`.
#[derive(Debug)]
pub(super) struct HostState {
    pub(super) limiter: Limiter,
    pub(super) documents: Documents,
    pub(super) journal: Journal,
    pub(super) stopwatch: Stopwatch,
    pub(super) task: Task,
}

/// What the guest is being run for.
#[derive(Debug)]
pub(super) enum Task {
    /// It says what it is.
    Describe(Box<Declarations>),
    /// It applies or undoes one revision.
    Migrate(Migration),
}

/// What a step has beyond what every call has.
pub(super) struct Migration {
    /// Carries its operations out.
    pub(super) context: Rc<RefCell<dyn MigrationContext>>,
    /// Its clock and dice.
    pub(super) generator: Generator,
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration").field("generator", &self.generator).finish_non_exhaustive()
    }
}

impl HostState {
    pub(super) fn new(limits: &Limits, journal: Journal, time: Duration, task: Task) -> Self {
        let stopwatch = Stopwatch::new(time, limits.work_time);
        Self { limiter: Limiter::new(limits), documents: Documents::default(), journal, stopwatch, task }
    }

    /// The declarations, while `describe` runs.
    pub(super) fn declarations(&mut self, function: &str) -> Result<&mut Declarations, Stop> {
        match &mut self.task {
            Task::Describe(declarations) => Ok(declarations),
            Task::Migrate(_) => Err(Stop::Misuse(format!("declare.{function} may be called only while `describe` runs"))),
        }
    }

    /// The migration in hand, while `upgrade` or `downgrade` runs.
    pub(super) fn migration(&mut self, function: &str) -> Result<&mut Migration, Stop> {
        match &mut self.task {
            Task::Migrate(migration) => Ok(migration),
            Task::Describe(_) => Err(Stop::Misuse(format!(
                "{function} may not be called while `describe` runs: what a plugin is depends on nothing but its build, so only declare and host.log may be used there"
            ))),
        }
    }

    /// Asks the migration's context. The guest's stopwatch stands still meanwhile: SQL is not the guest's time.
    pub(super) fn ask<R>(&mut self, function: &str, question: impl FnOnce(&mut dyn MigrationContext) -> R) -> Result<R, Stop> {
        let context = Rc::clone(&self.migration(function)?.context);
        self.stopwatch.check_work()?;
        let mut context =
            context.try_borrow_mut().map_err(|_| Stop::Host("the migration context was still in use when the guest called".to_owned()))?;
        let began = Instant::now();
        let answer = question(&mut *context);
        self.stopwatch.pause(began.elapsed());
        Ok(answer)
    }
}

/// Measures a guest's own time.
#[derive(Debug)]
pub(super) struct Stopwatch {
    began: Instant,
    /// What the host worked for it.
    paused: Duration,
    limit: Duration,
    work_limit: Duration,
}

impl Stopwatch {
    fn new(limit: Duration, work_limit: Duration) -> Self {
        Self { began: Instant::now(), paused: Duration::ZERO, limit, work_limit }
    }

    /// Asked before the host does more for it.
    fn check_work(&self) -> Result<(), Stop> {
        if self.paused <= self.work_limit {
            return Ok(());
        }
        let limit = u64::try_from(self.work_limit.as_millis()).unwrap_or(u64::MAX);
        Err(LimitReached { which: Limited::WorkTime, limit }.into())
    }

    fn pause(&mut self, time: Duration) {
        self.paused += time;
    }

    /// Asked once per tick, and only while the guest itself runs.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.began.elapsed().saturating_sub(self.paused) > self.limit { Err(Stop::Deadline) } else { Ok(()) }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}
