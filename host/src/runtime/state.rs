//! What the host keeps beside a guest for one call, and what of it may be used now.
//!
//! A store has one state. Which imports may be called is decided by its [`Task`]: everything else is a trap that says when it would be
//! allowed. A warm store is given a new task for each call and is idle in between.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use wasmtime::component::Resource;

use super::context::MigrationContext;
use super::documents::Document;
use super::documents::Documents;
use super::error::{LimitReached, Limited, Stop};
use super::generator::Generator;
use super::imports::Declarations;
use super::journal::Journal;
use super::limiter::Limiter;
use super::limits::Limits;
use super::request::{Incoming, Refused, RequestContext};
use crate::model::time::{by_the_clock, processor_time};

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
    /// It answers a request.
    Handle(RequestTask),
    /// Nothing: the instance waits for its next request.
    Idle,
}

/// What a step has beyond what every call has.
pub(super) struct Migration {
    /// Carries its operations out.
    pub(super) context: Arc<Mutex<dyn MigrationContext + Send>>,
    /// Its clock and dice.
    pub(super) generator: Generator,
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration").field("generator", &self.generator).finish_non_exhaustive()
    }
}

/// What a request has beyond what every call has.
pub(super) struct RequestTask {
    /// Carries out what it asks for.
    pub(super) context: Arc<Mutex<dyn RequestContext>>,
    /// The request.
    pub(super) incoming: Arc<Incoming>,
    /// The handle to the request; of no other call of the same instance.
    pub(super) number: u32,
}

impl fmt::Debug for RequestTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTask").field("incoming", &self.incoming).finish_non_exhaustive()
    }
}

impl HostState {
    pub(super) fn new(limits: &Limits, journal: Journal, stopwatch: Stopwatch, task: Task) -> Self {
        Self { limiter: Limiter::new(limits), documents: Documents::default(), journal, stopwatch, task }
    }

    /// The declarations, while `describe` runs.
    pub(super) fn declarations(&mut self, function: &str) -> Result<&mut Declarations, Stop> {
        match &mut self.task {
            Task::Describe(declarations) => Ok(declarations),
            Task::Migrate(_) | Task::Handle(_) | Task::Idle => {
                Err(Stop::Misuse(format!("declare.{function} may be called only while `describe` runs")))
            }
        }
    }

    /// The migration in hand, while `upgrade` or `downgrade` runs.
    pub(super) fn migration(&mut self, function: &str) -> Result<&mut Migration, Stop> {
        match &mut self.task {
            Task::Migrate(migration) => Ok(migration),
            Task::Handle(_) | Task::Idle => Err(Stop::Misuse(format!(
                "{function} may be called only while a revision is applied or undone; in a handler use database and records"
            ))),
            Task::Describe(_) => Err(in_describe(function)),
        }
    }

    /// The request in hand, while `handle` runs.
    pub(super) fn request_task(&mut self, function: &str) -> Result<&mut RequestTask, Stop> {
        match &mut self.task {
            Task::Handle(request) => Ok(request),
            Task::Migrate(_) | Task::Idle => {
                let instead = match function.starts_with("database.") {
                    true => "in a migration use operations.execute, query and row",
                    false => "a migration may not depend on it",
                };
                Err(Stop::Misuse(format!("{function} may be called only while a request is handled; {instead}")))
            }
            Task::Describe(_) => Err(Stop::Misuse(format!(
                "{function} may be called only while a request is handled: what a plugin is depends on nothing but its build"
            ))),
        }
    }

    /// Asks the migration's context. The guest's stopwatch stands still meanwhile: SQL is not the guest's time.
    pub(super) fn ask<R>(&mut self, function: &str, question: impl FnOnce(&mut dyn MigrationContext) -> R) -> Result<R, Stop> {
        let context = Arc::clone(&self.migration(function)?.context);
        self.stopwatch.check_work()?;
        let mut context = context.try_lock().map_err(|_| in_use())?;
        let began = Instant::now();
        let answer = question(&mut *context);
        self.stopwatch.pause(began.elapsed());
        Ok(answer)
    }

    /// Asks the request's context. All of it is the request's time.
    ///
    /// # Errors
    /// The outer one ends the guest.
    pub(super) fn ask_request<R>(
        &mut self,
        function: &str,
        question: impl FnOnce(&mut dyn RequestContext) -> Result<R, Refused>,
    ) -> Result<Result<R, crate::model::Problem>, Stop> {
        let context = Arc::clone(&self.request_task(function)?.context);
        self.stopwatch.check()?;
        let mut context = context.try_lock().map_err(|_| in_use())?;
        match question(&mut *context) {
            Ok(answer) => Ok(Ok(answer)),
            Err(Refused::Problem(problem)) => Ok(Err(problem)),
            Err(Refused::Deadline) => Err(Stop::Deadline),
            Err(Refused::Over) => Err(Stop::Over),
        }
    }

    /// The bytes behind a handle.
    pub(super) fn content(&mut self, handle: &Resource<Document>) -> Result<Bytes, Stop> {
        if let Some(content) = &self.documents.get(handle)?.content {
            return Ok(content.clone());
        }
        let room = self.limiter.room();
        let collected = self.ask_request("document.read", |context| context.collect(room))?;
        let content = match collected {
            Ok(Some(content)) => content,
            Ok(None) => return Err(self.limiter.full().into()),
            Err(problem) => return Err(Stop::Host(problem.to_string())),
        };
        self.documents.fill(handle, content.clone(), &mut self.limiter)?;
        Ok(content)
    }
}

fn in_use() -> Stop {
    Stop::Host("the call's context was still in use when the guest called".to_owned())
}

fn in_describe(function: &str) -> Stop {
    Stop::Misuse(format!(
        "{function} may not be called while `describe` runs: what a plugin is depends on nothing but its build, so only declare and host.log may be used there"
    ))
}

/// Measures a call's time.
#[derive(Debug)]
pub(super) struct Stopwatch {
    began: Instant,
    /// What the host worked for it, where that does not count.
    paused: Duration,
    limit: Duration,
    work_limit: Duration,
    /// The thread's processor time when a request began. A thread that others push aside is not late.
    processor: Option<Duration>,
    /// Set when nothing of the plugin is to go on.
    retired: Option<Arc<AtomicBool>>,
}

impl Stopwatch {
    /// For a call whose own time counts, and that of the host's work for it up to another limit.
    pub(super) fn new(limit: Duration, work_limit: Duration) -> Self {
        Self { began: Instant::now(), paused: Duration::ZERO, limit, work_limit, processor: None, retired: None }
    }

    /// For a request: all of its time counts, as the processor's time of this thread since `began`.
    pub(super) fn of_request(limit: Duration, began: Duration, retired: Arc<AtomicBool>) -> Self {
        Self { processor: Some(began), retired: Some(retired), ..Self::new(limit, limit) }
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

    /// Asked once per tick, and only while the guest itself runs; of a request also when it asks for something.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.retired.as_ref().is_some_and(|retired| retired.load(Ordering::Relaxed)) {
            return Err(Stop::Retired);
        }
        let elapsed = self.began.elapsed().saturating_sub(self.paused);
        let late = match self.processor {
            _ if elapsed <= self.limit => false,
            Some(began) => elapsed > by_the_clock(self.limit) || processor_time().saturating_sub(began) > self.limit,
            None => true,
        };
        if late { Err(Stop::Deadline) } else { Ok(()) }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}
