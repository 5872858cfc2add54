//! One request that a plugin answers: the call, and the transaction around it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::answer;
use super::answers::Answers;
use super::call::{CallError, Content, Outcome};
use super::connections::Connection;
use super::context::{CallContext, Finished};
use super::endpoint::{Endpoint, MadeFor};
use super::handler::Handler;
use super::told::Told;
use crate::model::time::processor_time;
use crate::model::{CollectionOperation, Deadline, Problem};
use crate::records::Clock;
use crate::runtime::{self, HandlerCall, Incoming, LimitReached, Limited};

/// The collection operation that a request asks for.
#[derive(Debug, Clone)]
pub struct Target {
    /// The collection.
    pub endpoint: Arc<Endpoint>,
    /// What is asked of it.
    pub operation: CollectionOperation,
    /// The key as it stands in the path, still percent-encoded; none for operations on the whole collection.
    pub key: Option<String>,
}

/// How much of the writer's time a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Share {
    /// It shares a transaction: so much, then it is undone and runs alone.
    Group(Duration),
    /// It is alone: all that its plugin has.
    All,
}

/// One request that a plugin answers. It may be run again: nothing of it is used up.
#[derive(Debug, Clone)]
pub(super) struct Handling {
    handler: Arc<Handler>,
    target: Option<Target>,
    made_for: MadeFor,
    incoming: Arc<Incoming>,
    clock: Arc<dyn Clock>,
    answers: Arc<Answers>,
}

/// The connection, if it can still be used, and what came of the request.
type Ran = (Option<Box<dyn Connection>>, Result<Outcome, CallError>);

impl Handling {
    pub(super) fn new(
        handler: Arc<Handler>,
        target: Option<Target>,
        made_for: MadeFor,
        incoming: Arc<Incoming>,
        clock: Arc<dyn Clock>,
        answers: Arc<Answers>,
    ) -> Self {
        Self { handler, target, made_for, incoming, clock, answers }
    }

    pub(super) fn handler(&self) -> &Arc<Handler> {
        &self.handler
    }

    /// Runs it on a connection that reads, for so long at most, in one state of the database.
    pub(super) fn read(&self, connection: Box<dyn Connection>, time: Duration) -> Ran {
        let began = processor_time();
        let (mut connection, mut result) = self.run(connection, false, time, time);
        if let Some(used) = &mut connection {
            result = match (self.made_for.require(&mut **used), result) {
                // Whatever came of it on a database that it was not made for.
                (Err(CallError::Changed), _) => Err(CallError::Changed),
                // What went wrong first may be why nothing can be asked any more.
                (Err(fault), Ok(_)) => Err(fault),
                (_, result) => result,
            };
        }
        // Nothing was written; but a connection that cannot end its transaction must not be kept.
        let connection = connection.and_then(|mut connection| connection.rollback().is_ok().then_some(connection));
        // One that ran late runs elsewhere now, which is said of it there.
        if !matches!(result, Err(CallError::TooLong { .. })) {
            self.handler.lane().took(processor_time().saturating_sub(began));
        }
        (connection, result)
    }

    /// Runs it in the open transaction of the connection that writes.
    pub(super) fn write(&self, connection: Box<dyn Connection>, share: Share) -> Ran {
        // It may have waited behind those for which its plugin is given a rest.
        if let Err(refused) = self.handler.plugin.admit_write() {
            return (Some(connection), Err(refused));
        }
        let mut connection = connection;
        if let Err(changed) = self.made_for.require(&mut *connection) {
            return (Some(connection), Err(changed));
        }
        let all = self.handler.plugin.times.write;
        let time = match share {
            Share::Group(time) => time.min(all),
            Share::All => all,
        };
        let began = Instant::now();
        // A statement that is stopped takes the whole transaction with it: it has all the time that there is.
        let (connection, result) = self.run(connection, true, time, all);
        let is_lost = connection.as_ref().is_none_or(|connection| connection.is_lost());
        // However it came to be late, it held up everybody who writes.
        let held_up = began.elapsed();
        self.handler.lane().took(held_up);
        self.handler.plugin.wrote(held_up);
        // One that only shared a transaction is run again alone, unless it took the others' with it.
        let is_over = matches!(share, Share::All) || is_lost;
        if is_over && matches!(result, Err(CallError::TooLong { .. })) {
            self.strike();
        }
        (connection, result)
    }

    fn strike(&self) {
        let plugin = &self.handler.plugin;
        if let Some(pause) = plugin.strikes().strike(Instant::now()) {
            tracing::warn!(
                plugin = plugin.name.as_str(),
                operation = self.handler.operation.as_str(),
                request_id = self.incoming.id.as_str(),
                seconds = pause.as_secs(),
                "writes that the plugin handles took too long, again and again; none is taken for a while"
            );
        }
    }

    fn run(&self, mut connection: Box<dyn Connection>, writes: bool, time: Duration, sql_time: Duration) -> Ran {
        let began = processor_time();
        let Handler { plugin, operation, .. } = &*self.handler;
        let retired = plugin.component.retired();
        connection.set_deadline(Some(Deadline::of_work(sql_time, began, Arc::clone(&retired))));
        connection.set_result_bytes(plugin.result_bytes);
        let (handler, incoming) = (Arc::clone(&self.handler), Arc::clone(&self.incoming));
        let context = CallContext::new(connection, handler, self.target.clone(), incoming, Arc::clone(&self.clock), writes);
        let context = Arc::new(Mutex::new(context));
        let call = HandlerCall { plugin: &plugin.name, operation, time, began };
        let answer = plugin.component.handle(call, &self.incoming, Arc::clone(&context) as Arc<Mutex<dyn runtime::RequestContext>>);
        // The call let go of it.
        let Some(context) = Arc::into_inner(context) else {
            return (None, Err(CallError::Fault("the guest kept its request's context".into())));
        };
        let Finished { mut connection, failure, later, told } = context.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
        connection.set_deadline(None);
        let is_broken = matches!(failure, Some(CallError::Fault(_) | CallError::Full(_)));
        let result = match answer {
            Err(runtime::CallError::Host(cause)) => Err(CallError::Fault(cause)),
            // However the call took it, unless something else is wrong.
            Err(_) if retired.load(Ordering::Relaxed) && !is_broken => Err(CallError::Crowded(runtime::CallError::Retired.to_string())),
            Ok(answer) => answer::outcome(answer, later).map_err(|message| self.broke(runtime::CallError::Trap { message })),
            Err(runtime::CallError::Problem(problem)) => Err(self.refusal(problem, &told)),
            Err(runtime::CallError::Deadline { .. }) => Err(self.too_long(writes, processor_time().saturating_sub(began) >= time)),
            Err(runtime::CallError::Saturated(full)) => Err(CallError::Crowded(format!("too many plugins run at this moment: {full}"))),
            Err(runtime::CallError::Over) => Err(failure.unwrap_or_else(|| CallError::Fault("the call ended for no reason".into()))),
            Err(other) => Err(self.broke(other)),
        };
        let result = result.and_then(|outcome| self.bounded(outcome));
        let result =
            result.and_then(|outcome| if outcome.status >= 400 { Err(CallError::Refusal(Box::new(outcome))) } else { Ok(outcome) });
        (Some(connection), result)
    }

    /// What a problem means that the handler answered. What is wrong with a statement is for its author and the operator to read, and for no
    /// client.
    fn refusal(&self, problem: Problem, told: &Told) -> CallError {
        if let Err(message) = answer::require_small(&problem) {
            return self.broke(runtime::CallError::Trap { message });
        }
        if told.is_in(&problem) {
            return CallError::Misasked { operation: self.handler.operation.clone(), problem: Box::new(problem) };
        }
        CallError::Problem(problem)
    }

    /// The outcome, if its body is not too large; counted among the bytes that wait to be sent.
    fn bounded(&self, mut outcome: Outcome) -> Result<Outcome, CallError> {
        outcome.body = match outcome.body.take() {
            Some(Content::Whole(body)) if body.len() > self.handler.plugin.answer_bytes => {
                let limit = self.handler.plugin.answer_bytes as u64;
                return Err(self.broke(runtime::CallError::Limit(LimitReached { which: Limited::Answer, limit })));
            }
            Some(Content::Whole(body)) => Some(Content::Whole(self.answers.count(&self.handler.plugin.answers, body)?)),
            other => other,
        };
        Ok(outcome)
    }

    fn broke(&self, error: runtime::CallError) -> CallError {
        CallError::Broke { operation: self.handler.operation.clone(), error: Box::new(error) }
    }

    fn too_long(&self, writes: bool, worked: bool) -> CallError {
        let times = self.handler.plugin.times;
        let (limit, setting) = if writes { (times.write, "write-time-ms") } else { (times.read, "read-time-ms") };
        CallError::TooLong { operation: self.handler.operation.clone(), limit, setting, worked }
    }
}
