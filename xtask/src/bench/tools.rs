//! What is run beside the contestants.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::toolchain;

/// Installs what the load needs, unless it is there.
pub(super) fn ensure() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the benchmark reads what a process used from /proc, so it runs on Linux only");
    toolchain::ensure_program("wrk", "wrk", "the load is made by it")?;
    toolchain::ensure_program("setpriv", "util-linux", "through it, no server outlives the run")?;
    toolchain::ensure_sqlite_shell()
}

/// Installs what measuring migrations needs, unless it is there.
pub(super) fn ensure_to_migrate() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the benchmark reads what a process used from /proc, so it runs on Linux only");
    toolchain::ensure_program("setpriv", "util-linux", "through it, no process outlives the run")?;
    toolchain::ensure_program("script", "bsdutils", "it is the terminal on which Ctrl-C is pressed")?;
    toolchain::ensure_sqlite_shell()
}

/// Installs what replacing a plugin under load needs, but for the load itself, unless it is there.
pub(super) fn ensure_to_swap() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "no server may outlive the run, and only Linux's kernel sees to that");
    toolchain::ensure_program("setpriv", "util-linux", "through it, no server outlives the run")
}

/// The first line that a program says, on whichever stream.
pub(super) fn said(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().with_context(|| format!("{program} could not be started"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok(out.lines().chain(err.lines()).next().unwrap_or_default().trim().to_owned())
}
