//! Keeps what is served in step with the database and the plugins folder, while it is served.
//!
//! ```text
//! database   tenon upgrade, in another process   ─┐
//!                                                 ├─> served ── publishes a snapshot ──> the front door
//! folder     a file comes, changes or goes  ─> exchange ┘
//! ```
//!
//! With the operator's key, `administration` has the folder's thread install and remove files too.
//!
//! What cannot be used is never taken: the plugin that it was to replace goes on, and the reason is in the log.

mod administration;
mod auto;
mod database;
mod decision;
mod exchange;
mod folder;
mod served;

use std::sync::mpsc::{RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::ServiceError;
use super::serving::StartError;

pub use administration::{Administration, InstallError, Installed, Stopping};
pub(super) use auto::upgrade_all;
pub(super) use database::DatabaseWatch;
pub(super) use exchange::Exchange;
pub(super) use folder::FolderWatch;
pub(super) use served::Served;

/// How often is looked. A person who typed `tenon upgrade` or copied a file does not notice it; a look costs some microseconds.
const INTERVAL: Duration = Duration::from_millis(250);

/// How nice to others the thread is that exchanges plugins: it gets about a tenth of what one that answers requests does, and all when nobody asks.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Keeps up with what other processes apply and undo, and with the plugins folder, until it is dropped.
#[derive(Debug)]
pub struct Watches {
    pub(super) _database: Watch<DatabaseWatch>,
    pub(super) _folder: Watch<FolderWatch>,
}

/// A thread that looks, again and again. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Watch<S> {
    say: Sender<Said<S>>,
    thread: Option<JoinHandle<()>>,
}

/// What such a thread is told.
enum Said<S> {
    /// There is something to see, so look at once.
    Look,
    /// Something to do between two looks.
    Do(Box<dyn FnOnce(&mut S) + Send>),
    End,
}

impl<S: Send + 'static> Watch<S> {
    fn start(name: &str, begin: fn(), mut watch: S, look: fn(&mut S)) -> Result<Self, ServiceError> {
        let (say, said) = channel();
        let work = move || {
            begin();
            loop {
                look(&mut watch);
                // Many may have said something.
                let mut next = said.recv_timeout(INTERVAL);
                loop {
                    match next {
                        Ok(Said::Look) => {}
                        Ok(Said::Do(order)) => order(&mut watch),
                        Err(RecvTimeoutError::Timeout) => break,
                        Ok(Said::End) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                    next = said.try_recv().map_err(|error| match error {
                        TryRecvError::Empty => RecvTimeoutError::Timeout,
                        TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                    });
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(StartError)?;
        Ok(Self { say, thread: Some(thread) })
    }
}

impl Watch<DatabaseWatch> {
    /// Looks at the database; at once when a request finds it changed.
    pub(super) fn of_database(watch: DatabaseWatch) -> Result<Self, ServiceError> {
        let serving = watch.serving();
        let started = Self::start("tenon-database", || {}, watch, DatabaseWatch::look)?;
        let say = started.say.clone();
        serving.on_change(move || {
            // Nobody hears it when the server ends.
            let _ = say.send(Said::Look);
        });
        Ok(started)
    }
}

impl Watch<FolderWatch> {
    /// Looks at the plugins folder.
    pub(super) fn of_folder(watch: FolderWatch) -> Result<Self, ServiceError> {
        Self::start("tenon-folder", give_way, watch, FolderWatch::look)
    }
}

/// Compiling and proving take seconds, which requests should not notice. Processes that the thread starts take after it.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!("the thread that exchanges plugins could not be put behind the others: {error}");
    }
}

impl<S> Drop for Watch<S> {
    fn drop(&mut self) {
        // A thread that has ended hears nothing.
        let _ = self.say.send(Said::End);
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed when it happened; there is nobody to hand it to.
            let _ = thread.join();
        }
    }
}
