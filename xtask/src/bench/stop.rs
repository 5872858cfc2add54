//! Being told to stop, and making sure that nobody stays behind.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether somebody wants the run to end.
#[derive(Debug, Clone)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for signals: the first ends the run in order, the second at once.
    pub(super) fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&asked)).context("signals cannot be listened for")?;
            flag::register(signal, Arc::clone(&asked)).context("signals cannot be listened for")?;
        }
        Ok(Self(asked))
    }

    /// # Errors
    /// The run is to end.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(!self.0.load(Ordering::Relaxed), "stopped; nothing was written");
        Ok(())
    }
}

/// A command whose process ends with ours, however we end: the kernel kills it. It has the same process id as if it were started directly.
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
