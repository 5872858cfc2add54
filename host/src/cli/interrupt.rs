//! Ctrl-C while the schema is changed: what the revision did that ran is undone with its transaction; that is said, and the program ends.

use std::thread;

use super::output::Output;
use crate::service::simulate;

/// The shell's own number for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// What Ctrl-C leaves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaves {
    /// What was done before it.
    WholeRevisions,
    /// Nothing at all.
    Nothing,
}

/// From now on Ctrl-C ends the program with a word. Where it cannot be listened for, it ends it without one.
pub(super) fn watch(output: Output, leaves: Leaves) {
    let listen = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::debug!(%error, "Ctrl-C is not listened for"),
        };
        match runtime.block_on(tokio::signal::ctrl_c()) {
            Ok(()) => {
                simulate::abandon();
                output.error(match leaves {
                    Leaves::WholeRevisions => {
                        "interrupted: what was not committed is undone, the revisions before it stay; run the command again to go on"
                    }
                    Leaves::Nothing => "interrupted: the database is as it was",
                });
                // SQLite undoes what was not committed when the file is opened next; nothing else is left to be done.
                std::process::exit(INTERRUPTED);
            }
            Err(error) => tracing::debug!(%error, "Ctrl-C is not listened for"),
        }
    };
    if let Err(error) = thread::Builder::new().name("tenon-interrupt".to_owned()).spawn(listen) {
        tracing::debug!(%error, "Ctrl-C is not listened for");
    }
}
