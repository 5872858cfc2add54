//! Keeps what is served in step with the database and the plugins folder, while it is served.
//!
//! ```text
//! database   tenon upgrade, in another process   ─┐
//!                                                 ├─> served ── publishes a snapshot ──> the front door
//! folder     a file comes, changes or goes  ─> exchange ┘
//! ```
//!
//! What cannot be used is never taken: the plugin that it was to replace goes on, and the reason is in the log.

mod auto;
mod database;
mod exchange;
mod folder;
mod served;

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::ServiceError;
use super::serving::StartError;

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

/// A thread that looks, again and again. Dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    say: Sender<Said>,
    thread: Option<JoinHandle<()>>,
}

/// What such a thread is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// There is something to see, so look at once.
    Look,
    End,
}

impl Watch {
    fn start(name: &str, begin: fn(), mut look: impl FnMut() + Send + 'static) -> Result<Self, ServiceError> {
        let (say, said) = channel();
        let work = move || {
            begin();
            loop {
                look();
                let mut next = said.recv_timeout(INTERVAL);
                // Many may have said the same.
                while let Ok(Said::Look) = next {
                    next = said.try_recv().map_err(|_| RecvTimeoutError::Timeout);
                }
                if next != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(StartError)?;
        Ok(Self { say, thread: Some(thread) })
    }

    /// Looks at the database; at once when a request finds it changed.
    pub(super) fn of_database(mut watch: DatabaseWatch) -> Result<Self, ServiceError> {
        let serving = watch.serving();
        let started = Self::start("tenon-database", || {}, move || watch.look())?;
        let say = started.say.clone();
        serving.on_change(move || {
            // Nobody hears it when the server ends.
            let _ = say.send(Said::Look);
        });
        Ok(started)
    }

    /// Looks at the plugins folder.
    pub(super) fn of_folder(mut watch: FolderWatch) -> Result<Self, ServiceError> {
        Self::start("tenon-folder", give_way, move || watch.look())
    }
}

/// Compiling and proving take seconds, which requests should not notice. Processes that the thread starts take after it.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!("the thread that exchanges plugins could not be put behind the others: {error}");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // A thread that has ended hears nothing.
        let _ = self.say.send(Said::End);
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed when it happened; there is nobody to hand it to.
            let _ = thread.join();
        }
    }
}
