//! From nothing to a served database.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::build;
use crate::cargo::Cargo;

/// Options of `tenon serve` that are not `tenon upgrade`'s.
const OF_SERVE: [&str; 2] = ["--host", "--port"];

/// Builds everything, upgrades the database, by default `tenon.db` at the workspace's root, and serves it.
pub(crate) fn serve(cargo: &Cargo, options: &[&str]) -> Result<ExitCode> {
    build::plugins(cargo)?;
    let tenon = build::host(cargo)?;

    let upgrade = [&["upgrade", "head"], &of_upgrade(options)[..]].concat();
    eprintln!("> tenon {}", upgrade.join(" "));
    let status = command(cargo, &tenon, &upgrade).status().with_context(|| format!("{} could not be started", tenon.display()))?;
    if !status.success() {
        // It has said why. From its status alone nobody can tell a file that was left out from a step that failed half-way.
        eprintln!("> nothing is served, because not all was upgraded; `cargo run -p tenon -- serve` serves what there is");
        return Ok(ExitCode::FAILURE);
    }
    let serve = [&["serve"], options].concat();
    eprintln!("> tenon {}", serve.join(" "));
    become_it(command(cargo, &tenon, &serve))
}

/// The options that also hold for the upgrade: which database, which plugins.
fn of_upgrade<'a>(options: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        if OF_SERVE.contains(option) {
            // Its value goes with it.
            options.next();
        } else if !OF_SERVE.iter().any(|own| option.strip_prefix(own).is_some_and(|rest| rest.starts_with('='))) {
            kept.push(*option);
        }
    }
    kept
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

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_served_is_what_was_upgraded() {
        let options = ["--port", "8001", "--database", "sqlite:a.db", "--host=::1", "-v", "--plugins=p", "--port"];
        assert_eq!(super::of_upgrade(&options), ["--database", "sqlite:a.db", "-v", "--plugins=p"]);
    }
}
