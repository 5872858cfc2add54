//! From nothing to a served database.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::build;
use crate::cargo::Cargo;

/// Builds everything, upgrades `tenon.db` at the workspace's root and serves it.
pub(crate) fn serve(cargo: &Cargo, options: &[&str]) -> Result<ExitCode> {
    build::plugins(cargo)?;
    let built = cargo.build(["--package", "tenon", "--bins"])?;
    let tenon = built.into_iter().find(|built| built.target == "tenon").context("the build of the host left no program")?.file;

    eprintln!("> tenon upgrade head");
    let status =
        command(cargo, &tenon, &["upgrade", "head"]).status().with_context(|| format!("{} could not be started", tenon.display()))?;
    if !status.success() {
        // It has said why.
        return Ok(ExitCode::FAILURE);
    }
    eprintln!("> tenon serve {}", options.join(" "));
    become_it(command(cargo, &tenon, &[&["serve"], options].concat()))
}

fn command(cargo: &Cargo, tenon: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(tenon);
    command.args(arguments).current_dir(&cargo.root);
    command
}

/// The server takes this process over, so that a signal reaches it and nothing stands between.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("the server could not be started")
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<ExitCode> {
    let status = command.status().context("the server could not be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
