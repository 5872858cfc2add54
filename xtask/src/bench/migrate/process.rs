//! Running a program to its end, and what that took.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::bench::machine::ticks_per_second;
use crate::bench::server::ticks_of_children;

/// What one process took, from its start to its end.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Took {
    pub(super) seconds: f64,
    /// Processor time of it and of whatever it started.
    pub(super) cpu_seconds: f64,
}

/// Runs a program to its end; what it prints on standard output is the answer.
///
/// # Errors
/// It cannot be started, or fails: the error ends with what it said.
pub(super) fn run(command: &mut Command) -> Result<(Took, String)> {
    let name = || format!("{command:?}");
    let spoken = name();
    let ticks = ticks_of_children()?;
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{spoken} could not be started"))?;
    let seconds = began.elapsed().as_secs_f64();
    let ticks = ticks_of_children()?.saturating_sub(ticks);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().collect();
        bail!("{spoken} ended with {}: {}", output.status, lines[lines.len().saturating_sub(10)..].join("\n"));
    }
    let took = Took { seconds, cpu_seconds: ticks as f64 / ticks_per_second()? as f64 };
    Ok((took, String::from_utf8_lossy(&output.stdout).into_owned()))
}
