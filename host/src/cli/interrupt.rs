//! Ctrl-C or SIGTERM while the schema is changed, or a revision is written: what the revision did that ran is undone with its transaction, and
//! a file that is not built yet is taken away; that is said, and the program ends.

use std::io;
use std::thread;

use super::output::Output;
use crate::service::{author, unfinished};

/// The shell's own number for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// The same for one that SIGTERM ended: whoever stops a container, or a service, sends that.
#[cfg(unix)]
const TERMINATED: i32 = 143;

/// What is left of a run that is ended in its midst.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaves {
    /// What was done before it.
    WholeRevisions,
    /// Nothing at all.
    Nothing,
    /// Nothing of a file that was to be written.
    NoFile,
}

/// From now on who asks the program to end is answered with a word. Where that cannot be listened for, it ends without one.
pub(super) fn watch(output: Output, leaves: Leaves) {
    if let Err(error) = listen(output, leaves) {
        tracing::debug!(%error, "signals are not listened for");
    }
}

fn listen(output: Output, leaves: Leaves) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let asked = {
        let _inside = runtime.enter();
        asked_to_end()?
    };
    let wait = move || {
        let status = runtime.block_on(asked);
        unfinished::abandon();
        author::abandon();
        output.error(match leaves {
            Leaves::WholeRevisions => {
                "interrupted: what was not committed is undone, the revisions before it stay; run the command again to go on"
            }
            Leaves::Nothing => "interrupted: the database is as it was",
            Leaves::NoFile => "interrupted: nothing is written",
        });
        // SQLite undoes what was not committed when the file is opened next; nothing else is left to be done.
        std::process::exit(status);
    };
    thread::Builder::new().name("tenon-interrupt".to_owned()).spawn(wait).map(drop)
}

/// Done when the program is asked to end; answers the status to end with. The handlers are installed when this is called, not when the future is
/// first polled: from then on nothing can be left behind.
#[cfg(unix)]
fn asked_to_end() -> io::Result<impl Future<Output = i32> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => INTERRUPTED,
            _ = terminate.recv() => TERMINATED,
        }
    })
}

#[cfg(not(unix))]
fn asked_to_end() -> io::Result<impl Future<Output = i32> + Send + 'static> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
        INTERRUPTED
    })
}
