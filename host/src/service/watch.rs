//! Keeps what is served in step with what is applied: `tenon upgrade` and `downgrade` run in other processes.
//!
//! Asks the database now and then whether anything was committed, and only then what; a plugin whose revisions are at head and whose
//! tables are its own becomes ready, another stops answering. The files are not looked at again.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::ServiceError;
use super::handlers::Handlers;
use super::live::Live;
use super::load::PluginSet;
use super::serving::{Readiness, Serving, StartError};
use super::start::snapshot;
use super::state::State;
use crate::store::ledger::Mark;

/// How often the database is asked. A person who typed `tenon upgrade` does not notice it; the question costs some microseconds.
const INTERVAL: Duration = Duration::from_millis(250);

/// The thread that looks. Dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(live: Live, set: PluginSet, handlers: Handlers, serving: Arc<Serving>) -> Result<Self, ServiceError> {
        let (stop, stopped) = channel();
        // What is served was read through another connection, and may be old already: the first look is taken at once.
        let mut watcher = Watcher { live, set, handlers, serving, seen: None };
        let work = move || loop {
            if let Err(error) = watcher.look() {
                watcher.seen = None;
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "what is applied could not be read; endpoints stay as they are, and it is tried again");
            }
            if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        };
        let thread = std::thread::Builder::new().name("tenon-watch".to_owned()).spawn(work).map_err(StartError)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed when it happened; there is nobody to hand it to.
            let _ = thread.join();
        }
    }
}

struct Watcher {
    live: Live,
    set: PluginSet,
    handlers: Handlers,
    serving: Arc<Serving>,
    /// What the served state was read at; none when that is not known.
    seen: Option<Mark>,
}

impl Watcher {
    fn look(&mut self) -> Result<(), ServiceError> {
        if !self.live.changed_by_others()? && self.seen.is_some() {
            return Ok(());
        }
        let mark = Some(self.live.mark()?);
        if mark == self.seen {
            return Ok(());
        }
        let state = State::read(&self.live, &self.set)?;
        let snapshot = snapshot(&self.set, &self.handlers, &state, &self.live.tables()?);
        self.seen = mark;
        let before = self.serving.snapshot();
        if before.plugins == snapshot.plugins && before.endpoints == snapshot.endpoints && before.routes == snapshot.routes {
            return Ok(());
        }
        for plugin in snapshot.plugins.iter().filter(|plugin| !before.plugins.contains(plugin)) {
            match &plugin.readiness {
                Readiness::Ready => {
                    tracing::info!(plugin = %plugin.name, "its revisions are applied and its tables there; its endpoints answer")
                }
                Readiness::NotReady { reason, command } => {
                    tracing::info!(plugin = %plugin.name, reason, command, "not all of its endpoints answer any more")
                }
            }
        }
        self.serving.publish(snapshot);
        Ok(())
    }
}
