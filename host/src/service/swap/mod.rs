//! Keeps what is served in step with the database and the plugins folder, while it is served.
//!
//! ```text
//! database   tenon upgrade, in another process   ─┐
//!                                                 ├─> served ── publishes a snapshot ──> the front door
//! folder     a file comes, changes or goes  ─> exchange ┘
//! ```
//!
//! `decision` says which of the files are served when not all can be. With the operator's key, `administration` has the folder's thread install
//! and remove files too.
//!
//! What cannot be used is never taken: the plugin that it was to replace goes on, and the reason is in the log.

mod administration;
mod auto;
mod database;
mod decision;
mod exchange;
mod folder;
mod hidden;
mod served;
mod settling;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::ServiceError;
use super::serving::StartError;

pub use administration::{Administration, InstallError, Installed, Undone};
pub(super) use auto::Auto;
pub(super) use database::DatabaseWatch;
pub(super) use exchange::Exchange;
pub(super) use folder::FolderWatch;
pub(super) use served::Served;

/// How often is looked. A person who typed `tenon upgrade` or copied a file does not notice it; a look costs some microseconds.
const INTERVAL: Duration = Duration::from_millis(250);

/// How long it waits after a panic, unless it is told something: what made it panic may be there still, and cost much.
const AFTER_PANIC: Duration = Duration::from_secs(10);

/// How long the end waits for what a thread has begun. It may compile, which takes up to a minute for each file.
const PATIENCE: Duration = Duration::from_secs(3);

/// How nice to others the thread is that exchanges plugins: it gets about a tenth of what one that answers requests does, and all when nobody asks.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Keeps up with what other processes apply and undo, and with the plugins folder, until it is dropped.
#[derive(Debug)]
pub struct Watches {
    pub(super) _database: Watch<DatabaseWatch>,
    pub(super) _folder: Watch<FolderWatch>,
}

/// A thread that looks, again and again. Dropping it ends it, or leaves it behind when it takes too long: then the process ends, and whatever
/// it had begun is a transaction or a file without its name.
#[derive(Debug)]
pub(super) struct Watch<S> {
    say: Sender<Said<S>>,
    /// Nothing is to be begun any more.
    ending: Arc<AtomicBool>,
    /// Closed when the thread has let go of everything.
    ended: Receiver<Infallible>,
    thread: Option<JoinHandle<()>>,
}

/// What a look found to be wrong, for whoever asks for the service's health; none where all is well.
type Wrong = Option<&'static str>;

/// What such a thread is told.
enum Said<S> {
    /// There is something to see, so look at once.
    Look,
    /// Something to do between two looks.
    Do(Box<dyn FnOnce(&mut S) + Send>),
    End,
}

impl<S: Send + 'static> Watch<S> {
    /// `look` is done again and again; `tell` hears what each found to be wrong.
    fn start(
        name: &str,
        begin: fn(),
        watch: S,
        look: fn(&mut S) -> Wrong,
        tell: impl Fn(Wrong) + Send + 'static,
    ) -> Result<Self, ServiceError> {
        let ((say, said), (alive, ended)) = (channel(), channel());
        let ending = Arc::new(AtomicBool::new(false));
        let is_ending = Arc::clone(&ending);
        let work = move || {
            // Dropped in the reverse order.
            let _alive = alive;
            let (mut watch, said) = (watch, said);
            begin();
            loop {
                let looked = guarded(|| look(&mut watch));
                tell(looked.unwrap_or(Some("looking at it failed, and is tried again")));
                let pause = if looked.is_some() { INTERVAL } else { AFTER_PANIC };
                // Many may have said something.
                let mut next = said.recv_timeout(pause);
                loop {
                    if is_ending.load(Ordering::Relaxed) {
                        // Who gave an order that is left hears it: nobody answers.
                        return;
                    }
                    match next {
                        Ok(Said::Look) => {}
                        Ok(Said::Do(order)) => _ = guarded(|| order(&mut watch)),
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
        Ok(Self { say, ending, ended, thread: Some(thread) })
    }
}

/// What came of it; none when it panicked, which is told.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    // What is left half done is found by the next look, which compares what is there with what is served; that is exchanged as a whole.
    let done = catch_unwind(AssertUnwindSafe(work));
    if let Err(panic) = &done {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("a panic without a message");
        tracing::error!("looking at the plugins folder or the database failed, and is tried again; please report it: {text}");
    }
    done.ok()
}

impl Watch<DatabaseWatch> {
    /// Looks at the database; at once when a request finds it changed.
    pub(super) fn of_database(watch: DatabaseWatch) -> Result<Self, ServiceError> {
        let serving = watch.serving();
        let told = Arc::clone(&serving);
        let tell = move |wrong| told.note(|troubles| troubles.ledger = wrong);
        let started = Self::start("tenon-database", || {}, watch, DatabaseWatch::look, tell)?;
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
        let told = watch.serving();
        let tell = move |wrong| told.note(|troubles| troubles.plugins_folder = wrong);
        Self::start("tenon-folder", give_way, watch, FolderWatch::look, tell)
    }
}

/// Compiling and proving take seconds, which requests should not notice. Processes that the thread starts take after it.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!("the thread that exchanges plugins could not be put behind the others: {error}");
    }
}

impl<S> Watch<S> {
    /// Whether the thread ended in time.
    fn end(&mut self, patience: Duration) -> bool {
        self.ending.store(true, Ordering::Relaxed);
        // A thread that has ended hears nothing.
        let _ = self.say.send(Said::End);
        let Some(thread) = self.thread.take() else { return true };
        if self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            let (name, seconds) = (thread.thread().name().unwrap_or_default(), patience.as_secs());
            tracing::warn!("{name} is still at work after {seconds} s, and is left behind; what it has not finished is not kept");
            return false;
        }
        // A panic in it was printed when it happened; there is nobody to hand it to.
        let _ = thread.join();
        true
    }
}

impl<S> Drop for Watch<S> {
    fn drop(&mut self) {
        self.end(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    /// Tells of each look, and panics at the first.
    struct Clumsy(u32, Sender<u32>);

    impl Clumsy {
        fn look(&mut self) -> Wrong {
            self.0 += 1;
            self.1.send(self.0).unwrap();
            assert!(self.0 > 1, "the first look goes wrong");
            None
        }
    }

    #[test]
    fn what_panics_is_looked_at_again_and_goes_on_being_ordered() {
        let (tell, told) = channel();
        let (note, noted) = channel();
        let note = move |wrong| note.send(wrong).unwrap();
        let mut watch = Watch::start("clumsy", || {}, Clumsy(0, tell), Clumsy::look, note).unwrap();
        assert_eq!(told.recv(), Ok(1));
        assert!(noted.recv().unwrap().is_some());
        watch.say.send(Said::Do(Box::new(|_| panic!("so does an order")))).unwrap();
        assert_eq!(told.recv(), Ok(2));
        assert_eq!(noted.recv(), Ok(None));
        let (answer, answered) = sync_channel(1);
        watch.say.send(Said::Do(Box::new(move |clumsy: &mut Clumsy| answer.send(clumsy.0).unwrap()))).unwrap();
        assert!(answered.recv().unwrap() >= 2);
        assert!(watch.end(Duration::from_secs(60)));
    }

    #[test]
    fn the_end_does_not_wait_for_long_work_and_carries_out_no_orders() {
        let (let_go, wait) = channel();
        let (begun, has_begun) = sync_channel(1);
        let order = |tell: SyncSender<()>, wait: Receiver<()>| {
            let order = move |_: &mut ()| {
                tell.send(()).unwrap();
                // Fails when it is let go.
                let _ = wait.recv();
            };
            Said::Do(Box::new(order))
        };
        let mut watch = Watch::start("busy", || {}, (), |()| None, |_| {}).unwrap();
        watch.say.send(order(begun, wait)).unwrap();
        has_begun.recv().unwrap();
        let (never, has_never) = sync_channel(1);
        watch.say.send(order(never, channel().1)).unwrap();
        assert!(!watch.end(Duration::ZERO));
        drop::<Sender<()>>(let_go);
        assert!(has_never.recv().is_err(), "an order was carried out after the end");
        assert_eq!(watch.ended.recv_timeout(Duration::from_secs(60)), Err(RecvTimeoutError::Disconnected));
    }
}
