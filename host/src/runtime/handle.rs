//! Calling a plugin's handler.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use wasmtime::component::Resource;

use super::bindings::tenon::plugin::types::Response;
use super::component::Component;
use super::error::CallError;
use super::imports::{Request, problem_from_guest};
use super::instance::Instance;
use super::journal::Journal;
use super::request::{Answer, AnswerBody, HandlerCall, Incoming, RequestContext};
use super::state::{HostState, RequestTask, Stopwatch, Task};
use super::warm::Kept;

/// Numbers of requests: no two of one instance have the same, or a kept handle to one would be a handle to the other.
static NUMBERS: AtomicU32 = AtomicU32::new(0);

impl Component {
    /// Lets the plugin answer a request. What it asks for goes to `context`; the caller commits or rolls back by the answer.
    ///
    /// When it returns, nothing of the guest holds `context` any more.
    ///
    /// # Errors
    /// [`CallError::Problem`] is the plugin's own answer; all others mean that it did not come to its end.
    pub fn handle(
        &self,
        call: HandlerCall<'_>,
        incoming: &Arc<Incoming>,
        context: Arc<Mutex<dyn RequestContext>>,
    ) -> Result<Answer, CallError> {
        let limits = &*self.0.limits;
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let journal = Journal::new(call.plugin.to_string(), call.operation.to_owned(), limits.log_lines).of_request(incoming.id.clone());
        let stopwatch = Stopwatch::of_request(call.time, call.began, Arc::clone(&self.0.retired));
        let task = Task::Handle(RequestTask { context, incoming: Arc::clone(incoming), number });
        let (mut instance, before) = match self.0.warm.take().map(Kept::out) {
            Some((mut instance, before)) => {
                let state = instance.state();
                (state.journal, state.stopwatch, state.task) = (journal, stopwatch, task);
                (instance, Some(before))
            }
            None => {
                let state = HostState::new(limits, journal, stopwatch, task);
                (Instance::new(&self.0.pre, limits, &self.0.activity, state)?, None)
            }
        };
        let request = Resource::<Request>::new_borrow(number);
        let answer = instance
            .call(limits, &self.0.activity, |plugin, store| plugin.tenon_plugin_handlers().call_handle(store, call.operation, request))?;
        let answer = match answer {
            Ok(response) => Ok(taken(response, instance.state())?),
            Err(problem) => Err(CallError::Problem(problem_from_guest(problem))),
        };
        let state = instance.state();
        state.task = Task::Idle;
        state.journal.end();
        let holds = state.documents.clear(&mut state.limiter);
        if !holds && state.limiter.is_half_empty() {
            self.0.warm.keep(instance, before);
        }
        answer
    }
}

/// The answer, with the body taken out of the guest's hands.
fn taken(response: Response, state: &mut HostState) -> Result<Answer, CallError> {
    let body = response.body.map(|handle| {
        let document = state.documents.remove(&handle, &mut state.limiter);
        let document = document.map_err(|stop| CallError::Host(stop.to_string().into()))?;
        Ok::<_, CallError>(AnswerBody { media_type: document.media_type.into_owned(), content: document.content, about: document.about })
    });
    Ok(Answer { status: response.status, headers: response.headers, body: body.transpose()? })
}
