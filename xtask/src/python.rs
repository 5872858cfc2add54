//! What comes from PyPI, in folders of its own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Installs packages of PyPI in a folder of their own; those that are there in these versions already are not asked for.
///
/// # Errors
/// There is no Python, or pip cannot install one of them.
pub(crate) fn install(venv: &Path, packages: &[&str]) -> Result<()> {
    if !venv.join("bin/pip").exists() {
        eprintln!("> python3 -m venv");
        let made = Command::new("python3").args(["-m", "venv"]).arg(venv).status().context("python3 could not be started")?;
        ensure!(made.success(), "python3 could not make a virtual environment in {}", venv.display());
    }
    eprintln!("> pip install {}", packages.join(" "));
    let installed = Command::new(venv.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check"]).args(packages).status();
    ensure!(installed.context("pip could not be started")?.success(), "pip could not install {}", packages.join(" "));
    Ok(())
}
